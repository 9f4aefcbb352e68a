"""Who comes first: of rows by their way here, of events by when they happened."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from tests.transform.reference.typed import Row


def last_if_missing(value: Any) -> tuple[bool, Any]:
    """A key that puts null behind everything."""
    return (value is None, 0 if value is None else value)


def as_it_came(row: Row) -> tuple[Any, ...]:
    """The order of rows: by upload, then by where the row stands."""
    return last_if_missing(row["server_upload_time"]), row["source_file"], row["source_row"]


def as_it_happened(event: Row) -> tuple[Any, ...]:
    """The order of a device's events, and of a session's."""
    return (
        last_if_missing(event["event_time"]),
        last_if_missing(event["event_id"]),
        event["uuid"],
    )


def day_of(event: Row) -> date:
    """The day on which an event counts."""
    moment = event["event_time"] or event["server_upload_time"]
    found: date = moment.date() if moment else event["export_day"]
    return found


def units(rows: Iterable[Row], key: Callable[[Row], Hashable]) -> dict[Any, list[Row]]:
    """The rows of each key, in their order; rows whose key is null are in none."""
    found: dict[Any, list[Row]] = defaultdict(list)
    for row in rows:
        if key(row) is not None:
            found[key(row)].append(row)
    return dict(found)


def first(rows: Iterable[Row], column: str) -> Any:
    """The column's first value that is not null."""
    return next((row[column] for row in rows if row[column] is not None), None)


def earliest(rows: Iterable[Row], column: str = "event_time") -> datetime | None:
    """The smallest time; null if none has one."""
    return min((row[column] for row in rows if row[column] is not None), default=None)


def latest(rows: Iterable[Row], column: str = "event_time") -> datetime | None:
    """The largest time; null if none has one."""
    return max((row[column] for row in rows if row[column] is not None), default=None)


def seconds(start: datetime | None, end: datetime | None) -> Decimal | None:
    """From one to the other, to the millisecond, half up; null if one is missing."""
    if start is None or end is None:
        return None
    between = end - start
    microseconds = (between.days * 86_400 + between.seconds) * 1_000_000 + between.microseconds
    exact = Decimal(microseconds) / 1_000_000
    return exact.quantize(Decimal("0.001"), ROUND_HALF_UP)
