"""The day as it is loaded: the ledger's hours, and the checksums of their files."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from amplitude_export.ledger import HOURS
from amplitude_export.second_look.exported import FileSum
from amplitude_export.warehouse.session import Session

Row = Mapping[str, Any]


@dataclass(frozen=True)
class LoadedHour:
    """Loaded events and quarantined lines of an hour, and the time of its export (UTC), if known.

    `files` is None if the checksums of the whole hour are not known: it was loaded by 0.6 or
    earlier, or lines of it were quarantined.
    """

    events: int
    quarantined: int
    exported_at: datetime | None
    files: Counter[FileSum] | None

    @property
    def lines(self) -> int:
        """Lines of the export: loaded or quarantined."""
        return self.events + self.quarantined


@dataclass(frozen=True)
class LoadedOnce:
    """A day whose 24 hours one load of the run has written, at these times: `written`.

    A day that was loaded again since, also by the same run, has other times.
    """

    run_id: str
    written: tuple[datetime, ...]
    hours: Sequence[LoadedHour]

    @classmethod
    def read(cls, session: Session, day: date) -> LoadedOnce | None:
        """Read the day, which the session binds with its `project`; None if it is not loaded.

        Raises WarehouseRefused, also if a table or column of this version is missing, and
        WarehouseUnavailable.
        """
        rows = session.run("second_look/select_loaded_hours")
        runs = {str(row["RUN_ID"]) for row in rows}
        whole = [datetime(day.year, day.month, day.day, hour) for hour in HOURS]
        if [row["EXPORT_HOUR"] for row in rows] != whole or len(runs) != 1:
            return None
        files = _files(session.run("load/select_files"))
        hours = [_hour(row, files.get(row["EXPORT_HOUR"], [])) for row in rows]
        return cls(runs.pop(), tuple(row["LOADED_AT"] for row in rows), hours)

    def uuids(self, session: Session, day: date, hour: int) -> Iterator[str | None]:
        """Yield the uuid of each row of the hour, 0 to 23; None for an event that has none."""
        begin = f"{day:%Y-%m-%d} {hour:02}:00:00"
        for row in session.stream("verify/select_uuids", hour=begin):
            yield row["UUID"]


def _files(rows: Sequence[Row]) -> dict[datetime, list[Row]]:
    found: dict[datetime, list[Row]] = defaultdict(list)
    for row in rows:
        found[row["EXPORT_HOUR"]].append(row)
    return found


def _hour(row: Row, files: Sequence[Row]) -> LoadedHour:
    exported_at = row["EXPORTED_AT"]
    return LoadedHour(
        int(row["EVENTS"]),
        int(row["QUARANTINED"]),
        exported_at and exported_at.replace(tzinfo=UTC),
        _sums(files, row),
    )


def _sums(files: Sequence[Row], hour: Row) -> Counter[FileSum] | None:
    sums: Counter[FileSum] = Counter()
    for file in files:
        if file["JSON_BYTES"] is None or file["JSON_CRC32"] is None:
            return None
        size, crc32 = int(file["JSON_BYTES"]), str(file["JSON_CRC32"])
        sums[FileSum(int(file["EVENTS"]), size, crc32)] += 1
    # Not so if the files are not in the ledger, or if some have quarantined lines.
    return sums if sum(file.events * n for file, n in sums.items()) == hour["EVENTS"] else None
