"""What the warehouse has of a day before a load replaces it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from amplitude_export.ledger import HOURS
from amplitude_export.warehouse.session import Session


@dataclass(frozen=True)
class StoredHour:
    """Loaded events and quarantined lines of one hour, and the run that loaded it.

    `exported_at` (UTC) is None if it is unknown, as for hours that 0.6 and earlier loaded.
    """

    events: int
    quarantined: int
    run_id: str
    exported_at: datetime | None

    @property
    def lines(self) -> int:
        """Lines of the export: loaded or quarantined."""
        return self.events + self.quarantined


@dataclass(frozen=True)
class StoredDay:
    """The hours that are stored, by their beginning (UTC), and the warehouse's clock.

    An hour is as the ledger has it; one that the ledger does not have is as it is in the table.
    A row of the ledger outside the day's 24 hours is ignored.
    """

    hours: Mapping[datetime, StoredHour]
    clock: datetime

    @property
    def lines(self) -> dict[datetime, int]:
        """The lines of each hour that is stored."""
        return {begin: hour.lines for begin, hour in self.hours.items()}

    @classmethod
    def read(cls, session: Session, day: date) -> StoredDay:
        """Read the day, which the session binds with its `project`; the lock has to be held.

        Raises WarehouseRefused, also if the ledger lacks a column of this version, and
        WarehouseUnavailable.
        """
        ledger = {_utc(row["EXPORT_HOUR"]): row for row in session.run("load/select_ledger_hours")}
        hours = {hour: _stored(row) for hour, row in ledger.items() if hour in hours_of(day)}
        if len(hours) < len(HOURS):
            # The table can hold a day twice, so that it counts only where the ledger has nothing.
            for row in session.run("load/count_hours"):
                hours.setdefault(_utc(row["EXPORT_HOUR"]), _stored(row))
        (now,) = session.run("load/select_clock")
        return cls(hours, _utc(now["NOW"]))


def loaded_ids(session: Session, project_ids: Sequence[str]) -> dict[str, set[str]]:
    """Return, by project, the ids at Amplitude that the ledger has; the lock has to be held.

    Of the session's own project it returns all ids, of the others those of `project_ids`. An empty
    day has no ids, and nothing is read. Raises as `StoredDay.read` does.
    """
    found: dict[str, set[str]] = defaultdict(set)
    rows = session.run("load/select_project_ids", project_ids=project_ids) if project_ids else []
    for row in rows:
        found[str(row["PROJECT"])].add(str(row["PROJECT_ID"]))
    return found


def hours_of(day: date) -> list[datetime]:
    """Return the beginnings of the UTC day's hours."""
    return [datetime(day.year, day.month, day.day, hour, tzinfo=UTC) for hour in HOURS]


def _stored(row: Mapping[str, Any]) -> StoredHour:
    """Read a row of the ledger, or one of count_hours, which has fewer columns."""
    exported_at = row.get("EXPORTED_AT")
    return StoredHour(
        int(row["EVENTS"]),
        int(row.get("QUARANTINED", 0)),
        str(row["RUN_ID"]),
        _utc(exported_at) if exported_at else None,
    )


def _utc(moment: datetime) -> datetime:
    """Return a TIMESTAMP_NTZ of these tables as the time in UTC that it is."""
    return moment.replace(tzinfo=UTC)
