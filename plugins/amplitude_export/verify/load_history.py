"""Reads the load history from ledger and table, for days whose asset events were purged."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from itertools import groupby
from operator import itemgetter
from typing import Any

from amplitude_export.ledger import DEFAULT_PROJECT, HOURS, Recorded, RecordedDay
from amplitude_export.warehouse.session import Connect, Session
from amplitude_export.window import DAY, utc_day

# The most that the page shows.
DAYS = 400
# Names in one line of the log.
_NAMED = 10


def read_ledger(connect: Connect, now: datetime, project: str = DEFAULT_PROJECT) -> Recorded:
    """Read the project's last DAYS days; the UTC day of `now` is the last of them.

    Raises WarehouseRefused and WarehouseUnavailable.
    """
    last = utc_day(now)
    first = last - (DAYS - 1) * DAY
    about = {"project": project, "first_day": f"{first}", "last_day": f"{last}"}
    with Session.opened(connect, about) as session:
        rows = session.run("verify/select_recorded_hours")
    days = [_day(day, list(of_day)) for day, of_day in groupby(rows, itemgetter("EXPORT_DAY"))]
    return Recorded(_to_the_second(now), first, last, days, project)


def loaded_projects(connect: Connect) -> list[str]:
    """Return the names of the projects that the ledger has, in order.

    Raises WarehouseRefused and WarehouseUnavailable.
    """
    with Session.opened(connect, {}) as session:
        return [str(row["PROJECT"]) for row in session.run("verify/select_projects")]


def _day(day: date, rows: Sequence[dict[str, Any]]) -> RecordedDay:
    """Add up the rows of each hour.

    An hour that the ledger has twice then differs from the table.
    """
    hours = [[row for row in rows if row["EXPORT_HOUR"].hour == hour] for hour in HOURS]

    def column(name: str) -> list[int]:
        return [sum(row[name] for row in of_hour) for of_hour in hours]

    ledger = [row for row in rows if row["STATE"]]
    return RecordedDay(
        day=day,
        run_id=ledger[-1]["RUN_ID"] if ledger else None,
        loaded_at=_to_the_second(ledger[-1]["LOADED_AT"].replace(tzinfo=UTC)) if ledger else None,
        verified_at=_verified_at(ledger),
        state=[next((row["STATE"] for row in of_hour if row["STATE"]), None) for of_hour in hours],
        files=column("FILES"),
        events=column("EVENTS"),
        bytes=column("BYTES"),
        quarantined=column("QUARANTINED"),
        rows=column("STORED"),
    )


def _verified_at(ledger: Sequence[dict[str, Any]]) -> datetime | None:
    """Return the time at which the whole day was verified, or None."""
    times = [row["VERIFIED_AT"] for row in ledger]
    return _to_the_second(min(times).replace(tzinfo=UTC)) if times and all(times) else None


def _to_the_second(moment: datetime) -> datetime:
    """Return the moment in UTC without fractions of a second, which the page does not need."""
    return moment.astimezone(UTC).replace(microsecond=0)


def findings(recorded: Recorded) -> list[str]:
    """Return three lines for the log of one project: its days, differences and gaps."""
    days = [day.day for day in recorded.days if any(day.state)]
    count = f"{len(days)} ({days[0]} to {days[-1]})" if days else "none"
    span = f"{recorded.first_day} to {recorded.last_day}"
    return [
        f"Days in the ledger, of {span}: {count}.",
        f"Hours whose rows differ from the ledger's events: {_some([*_differences(recorded)])}.",
        f"Days missing between the ledger's first and last: {_some(_gaps(days))}.",
    ]


def _differences(recorded: Recorded) -> Iterator[str]:
    for day in recorded.days:
        for hour, (events, rows) in enumerate(zip(day.events, day.rows, strict=True)):
            if events != rows:
                yield f"{day.day} {hour:02}:00, {rows:,} rows and {events:,} events"


def _gaps(days: Sequence[date]) -> list[str]:
    span = (days[-1] - days[0]).days if days else 0
    between = [days[0] + number * DAY for number in range(span)]
    return [f"{day}" for day in between if day not in set(days)]


def _some(names: Sequence[str]) -> str:
    more = "; …" if len(names) > _NAMED else ""
    return f"{len(names)} ({'; '.join(names[:_NAMED])}{more})" if names else "none"
