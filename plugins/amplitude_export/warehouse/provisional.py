"""What the warehouse has of days that an hourly run is about."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime

from amplitude_export.warehouse.session import Session


@dataclass(frozen=True)
class KnownHours:
    """The days that are loaded, and when the provisional hours of others were exported (UTC).

    The time of an export that the warehouse's clock has not reached yet is unknown: a clock was
    wrong, and no export could ever follow it.
    """

    final: frozenset[date]
    exported: Mapping[datetime, datetime | None]

    @classmethod
    def read(cls, session: Session, days: Collection[date]) -> KnownHours:
        """Read the days, of which there is at least one; the session binds its `project`.

        Raises WarehouseRefused and WarehouseUnavailable.
        """
        span = {"first_day": f"{min(days)}", "last_day": f"{max(days)}"}
        final = session.run("warehouse/select_final_days", **span)
        hours = session.run("warehouse/select_provisional_hours", **span)
        return cls(
            frozenset(row["EXPORT_DAY"] for row in final),
            {
                _utc(row["EXPORT_HOUR"]): _utc(row["EXPORTED_AT"])
                if row["EXPORTED_AT"] <= row["NOW"]
                else None
                for row in hours
            },
        )


def _utc(moment: datetime) -> datetime:
    """Return a TIMESTAMP_NTZ of these tables as the time in UTC that it is."""
    return moment.replace(tzinfo=UTC)
