"""What the ledger and the table say of many days, for whoever has lost the loads' own events."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, date, datetime
from itertools import groupby
from operator import itemgetter
from typing import Any, TypedDict

from snowflake.connector import DictCursor, SnowflakeConnection

from amplitude_export.warehouse.session import Session
from amplitude_export.window import DAY, utc_day

# As many as the page shows at the most.
DAYS = 400
# So many names in a line of the log are enough to know where to look.
_NAMED = 10


class RecordedDay(TypedDict):
    """One day; each list has 24 entries, one an hour.

    `rows` is what the table holds, the other numbers are the ledger's. What the ledger does not
    have is None: the `state` of an hour, `run_id` and `loaded_at` (UTC) of a day.
    """

    day: str
    run_id: str | None
    loaded_at: str | None
    state: list[str | None]
    files: list[int]
    events: list[int]
    bytes: list[int]
    quarantined: list[int]
    rows: list[int]


class Recorded(TypedDict):
    """Of the days asked for, both ends inclusive, those that ledger or table know, ascending.

    `read_at` (UTC) is before the reading began: what is loaded later is newer.
    """

    read_at: str
    first_day: str
    last_day: str
    days: list[RecordedDay]


def read_ledger(connect: Callable[[], SnowflakeConnection], now: datetime) -> Recorded:
    """The last DAYS days, of which the UTC day of `now` is the last.

    Raises WarehouseRefused and WarehouseUnavailable.
    """
    last = utc_day(now)
    first_day, last_day = f"{last - (DAYS - 1) * DAY}", f"{last}"
    with closing(connect()) as connection, closing(connection.cursor(DictCursor)) as cursor:
        session = Session(cursor, {"first_day": first_day, "last_day": last_day})
        rows = session.run("verify/select_recorded_hours")
    days = [_day(day, list(of_day)) for day, of_day in groupby(rows, itemgetter("EXPORT_DAY"))]
    read_at = f"{now.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    return {"read_at": read_at, "first_day": first_day, "last_day": last_day, "days": days}


def _day(day: date, rows: Sequence[dict[str, Any]]) -> RecordedDay:
    """Sums up each hour: what the ledger has twice then differs from the table."""
    hours = [[row for row in rows if row["EXPORT_HOUR"].hour == hour] for hour in range(24)]

    def column(name: str) -> list[int]:
        return [sum(row[name] for row in of_hour) for of_hour in hours]

    ledger = [row for row in rows if row["STATE"]]
    return {
        "day": f"{day}",
        "run_id": ledger[-1]["RUN_ID"] if ledger else None,
        "loaded_at": f"{ledger[-1]['LOADED_AT']:%Y-%m-%dT%H:%M:%SZ}" if ledger else None,
        "state": [
            next((row["STATE"] for row in of_hour if row["STATE"]), None) for of_hour in hours
        ],
        "files": column("FILES"),
        "events": column("EVENTS"),
        "bytes": column("BYTES"),
        "quarantined": column("QUARANTINED"),
        "rows": column("STORED"),
    }


def findings(recorded: Recorded) -> list[str]:
    """What there is to know of it at once: a line of each kind."""
    days = [date.fromisoformat(day["day"]) for day in recorded["days"] if any(day["state"])]
    count = f"{len(days)} ({days[0]} to {days[-1]})" if days else "none"
    asked = f"{recorded['first_day']} to {recorded['last_day']}"
    return [
        f"Of the days {asked} the ledger has: {count}.",
        f"Hours whose rows are not the ledger's events: {_some([*_differences(recorded)])}.",
        f"Days missing between the ledger's first and last: {_some(_gaps(days))}.",
    ]


def _differences(recorded: Recorded) -> Iterator[str]:
    for day in recorded["days"]:
        for hour, (events, rows) in enumerate(zip(day["events"], day["rows"], strict=True)):
            if events != rows:
                yield f"{day['day']} {hour:02}:00, {rows:,} rows and {events:,} events"


def _gaps(days: Sequence[date]) -> list[str]:
    span = (days[-1] - days[0]).days if days else 0
    between = [days[0] + number * DAY for number in range(span)]
    return [f"{day}" for day in between if day not in set(days)]


def _some(names: Sequence[str]) -> str:
    more = "; …" if len(names) > _NAMED else ""
    return f"{len(names)} ({'; '.join(names[:_NAMED])}{more})" if names else "none"
