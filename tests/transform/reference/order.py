"""The order of rows, by upload, and of events, by their time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from tests.transform.reference.typed import Row


def last_if_missing(value: Any) -> tuple[bool, Any]:
    """Return a sort key that puts null last."""
    return (value is None, 0 if value is None else value)


def as_it_came(row: Row) -> tuple[Any, ...]:
    """Return the sort key of rows: by upload, then by file and line."""
    return last_if_missing(row["server_upload_time"]), row["source_file"], row["source_row"]


def as_it_happened(event: Row) -> tuple[Any, ...]:
    """Return the sort key of the events of a device or session."""
    return (
        last_if_missing(event["event_time"]),
        last_if_missing(event["event_id"]),
        event["uuid"],
    )


def day_of(event: Row) -> date:
    """Return the day on which an event counts."""
    moment = event["event_time"] or event["server_upload_time"]
    found: date = moment.date() if moment else event["export_day"]
    return found


def units(rows: Iterable[Row], key: Callable[[Row], Hashable]) -> dict[Any, list[Row]]:
    """Group the rows by key, in their order; rows whose key is null are omitted."""
    found: dict[Any, list[Row]] = defaultdict(list)
    for row in rows:
        if key(row) is not None:
            found[key(row)].append(row)
    return dict(found)


def first(rows: Iterable[Row], column: str) -> Any:
    """Return the column's first value that is not null."""
    return next((row[column] for row in rows if row[column] is not None), None)


def earliest(rows: Iterable[Row], column: str = "event_time") -> datetime | None:
    """Return the earliest time; null if no row has one."""
    return min((row[column] for row in rows if row[column] is not None), default=None)


def latest(rows: Iterable[Row], column: str = "event_time") -> datetime | None:
    """Return the latest time; null if no row has one."""
    return max((row[column] for row in rows if row[column] is not None), default=None)


def seconds(start: datetime | None, end: datetime | None) -> Decimal | None:
    """Return the seconds between two times to the millisecond, half up; null if one is missing."""
    if start is None or end is None:
        return None
    between = end - start
    microseconds = (between.days * 86_400 + between.seconds) * 1_000_000 + between.microseconds
    exact = Decimal(microseconds) / 1_000_000
    return exact.quantize(Decimal("0.001"), ROUND_HALF_UP)
