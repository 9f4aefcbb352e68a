"""What the ledgers have recorded: the files and the hours of loaded days."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

from amplitude_export.warehouse.session import Session

QUARANTINED = "quarantined"


@dataclass(frozen=True)
class RecordedFile:
    """A row of AMPLITUDE_FILES; bytes and CRC-32 are None where they are unknown."""

    project: str
    day: date
    is_quarantined: bool
    key: str
    events: int
    bytes: int | None
    crc32: str | None


@dataclass(frozen=True)
class RecordedHour:
    """A row of AMPLITUDE_LOADS."""

    files: int
    bytes: int
    quarantined: int


@dataclass(frozen=True)
class Ledgers:
    """The rows of both ledgers: files by project and key, hours by project and day.

    `projects` has the projects of each id at Amplitude that the rows have.
    """

    files: Mapping[tuple[str, str], RecordedFile] = field(default_factory=dict)
    hours: Mapping[tuple[str, date], Mapping[int, RecordedHour]] = field(default_factory=dict)
    projects: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, files: Iterable[Mapping[str, Any]], hours: Iterable[Mapping[str, Any]]) -> Ledgers:
        """Build the ledgers from the rows of the two queries."""
        ids: defaultdict[str, set[str]] = defaultdict(set)
        by_day: defaultdict[tuple[str, date], dict[int, RecordedHour]] = defaultdict(dict)
        for row in hours:
            if row["PROJECT_ID"]:
                ids[row["PROJECT_ID"]].add(row["PROJECT"])
            numbers = (int(row[name] or 0) for name in ("FILES", "BYTES", "QUARANTINED"))
            hour = row["EXPORT_HOUR"].hour
            by_day[row["PROJECT"], row["EXPORT_DAY"]][hour] = RecordedHour(*numbers)
        recorded = {}
        for row in files:
            ids[row["PROJECT_ID"]].add(row["PROJECT"])
            recorded[row["PROJECT"], row["KEY"]] = RecordedFile(
                row["PROJECT"],
                row["EXPORT_DAY"],
                row["KIND"] == QUARANTINED,
                row["KEY"],
                int(row["EVENTS"]),
                None if row["BYTES"] is None else int(row["BYTES"]),
                row["CRC32"],
            )
        return cls(recorded, by_day, {name: frozenset(of) for name, of in ids.items()})

    @classmethod
    def read(cls, session: Session, first_day: date, last_day: date) -> Ledgers:
        """Read the days of all projects: an object's name has its id, and not its project."""
        period = {"first_day": f"{first_day}", "last_day": f"{last_day}"}
        files = session.run("inventory/select_files", **period)
        return cls.of(files, session.run("inventory/select_hours", **period))

    def is_loaded(self, project: str, day: date) -> bool:
        """Return True if the day is loaded, also with no event."""
        return (project, day) in self.hours

    @cached_property
    def unfilled(self) -> frozenset[tuple[str, date]]:
        """The days that only AMPLITUDE_LOADS has files of: `amplitude_setup` fills them in."""
        filled = {(file.project, file.day) for file in self.files.values()}
        return frozenset(
            day
            for day, hours in self.hours.items()
            if day not in filled and any(hour.files or hour.quarantined for hour in hours.values())
        )
