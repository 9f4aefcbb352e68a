"""Which hours are complete at Amplitude and not loaded yet."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date, datetime, timedelta

from amplitude_export.ledger import DEFAULT_PROJECT, HOURS
from amplitude_export.warehouse.provisional import KnownHours
from amplitude_export.warehouse.session import Connect, Session
from amplitude_export.window import HOUR, HOUR_COMPLETE_AFTER, Window, midnight

# Minutes. Amplitude's two hours are a rule of thumb. A later run does not request an hour again, so
# that what comes later than this is there when the day is final.
MARGIN = timedelta(minutes=10)


def missing_windows(
    connect: Connect, days: Collection[date], now: datetime, project: str = DEFAULT_PROJECT
) -> list[Window]:
    """Return the project's complete hours of these days that no load has brought, as windows.

    Hours that follow each other on one day are one window, which is one request. Raises
    WarehouseRefused and WarehouseUnavailable.
    """
    with Session.opened(connect, {"project": project}) as session:
        known = KnownHours.read(session, days)
    return [
        window
        for day in sorted(set(days) - known.final)
        for window in _windows(_missing(day, known, now))
    ]


def _missing(day: date, known: KnownHours, now: datetime) -> list[datetime]:
    begins = [midnight(day) + timedelta(hours=hour) for hour in HOURS]
    return [
        begin
        for begin in begins
        if begin not in known.exported and begin + HOUR_COMPLETE_AFTER + MARGIN <= now
    ]


def _windows(hours: list[datetime]) -> Iterator[Window]:
    for first in (hour for hour in hours if hour - HOUR not in hours):
        last = first
        while last + HOUR in hours:
            last += HOUR
        yield Window.between(first, last)
