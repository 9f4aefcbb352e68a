"""Days and the inclusive windows of hours that the Export API is asked for. All times are UTC."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TypedDict

from amplitude_export.errors import BadSetting, DayInFuture

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

# An hour H is complete at H + 3 h: what was sent from 20:00 to 21:00 begins to load at 21:00 and is
# there at 23:00 (amplitude.com/docs/apis/analytics/export, "Considerations").
HOUR_COMPLETE_AFTER = timedelta(hours=3)
# Amplitude's two hours are a rule of thumb; half an hour more costs nobody anything.
MARGIN = timedelta(minutes=30)


class WindowRecord(TypedDict):
    """A window as it travels between tasks; `label` names the mapped task in the UI."""

    start: str
    end: str
    label: str


@dataclass(frozen=True, order=True)
class Window:
    """Whole hours of one day, both ends included.

    >>> Window.parse("2026-09-24T00", "2026-09-24T23").label
    '00–23'
    """

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if self.start.date() != self.end.date() or self.end < self.start:
            raise BadSetting(f"{self.start} to {self.end} is not a window of hours of one day.")

    @classmethod
    def parse(cls, start: str, end: str) -> Window:
        """From `YYYY-MM-DDTHH`, twice."""
        return cls(*(datetime.strptime(h, "%Y-%m-%dT%H").replace(tzinfo=UTC) for h in (start, end)))

    @classmethod
    def of(cls, record: WindowRecord) -> Window:
        """The window that `record` describes."""
        return cls.parse(record["start"], record["end"])

    @property
    def record(self) -> WindowRecord:
        """The window for an XCom."""
        start, end = (f"{hour:%Y-%m-%dT%H}" for hour in (self.start, self.end))
        return {"start": start, "end": end, "label": self.label}

    @property
    def label(self) -> str:
        """First and last hour, as the UI shows the mapped task."""
        return f"{self.start:%H}–{self.end:%H}"

    @property
    def day(self) -> date:
        """The UTC day that the hours belong to."""
        return self.start.date()

    @property
    def hours(self) -> list[int]:
        """Hours of the day, 0 to 23, in order."""
        return list(range(self.start.hour, self.end.hour + 1))

    @property
    def complete_at(self) -> datetime:
        """When Amplitude has all events of the last hour, without margin."""
        return self.end + HOUR_COMPLETE_AFTER

    def halves(self) -> tuple[Window, Window]:
        """Two windows that meet and together are this one; it needs two hours at the least."""
        middle = self.start + len(self.hours) // 2 * HOUR
        return Window(self.start, middle - HOUR), Window(middle, self.end)


def midnight(day: date) -> datetime:
    """When the UTC day begins."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def utc_day(moment: datetime) -> date:
    """The UTC day that the moment lies in."""
    return moment.astimezone(UTC).date()


def plan_windows(day: date, hours_each: int) -> list[Window]:
    """The day, hours 0 to 23, in windows of `hours_each` hours (1 to 24); the last may be shorter.

    Raises BadSetting for another number of hours.
    """
    if not 1 <= hours_each <= 24:
        raise BadSetting(
            f"amplitude_window_hours is {hours_each}; a day has windows of 1 to 24 hours.",
            "set the Airflow Variable amplitude_window_hours to a number from 1 to 24.",
        )
    return list(_cut(midnight(day), hours_each))


def _cut(midnight: datetime, hours_each: int) -> Iterator[Window]:
    for first in range(0, 24, hours_each):
        last = min(first + hours_each, 24) - 1
        yield Window(midnight + first * HOUR, midnight + last * HOUR)


def export_day(logical_date: datetime | None, run_after: datetime) -> date:
    """The UTC day a run is about: its logical date, floored.

    A run triggered without a logical date is about the last day that was complete at `run_after`.
    The data interval is never asked: it means another day in manual runs than in scheduled ones.
    """
    if logical_date is not None:
        return utc_day(logical_date)
    return (run_after.astimezone(UTC) - (HOUR_COMPLETE_AFTER - HOUR) - MARGIN - DAY).date()


def day_complete_at(day: date, now: datetime) -> datetime:
    """When the day may be exported: its last hour is complete, and the margin has passed.

    Raises DayInFuture for a day that has not begun at `now`.
    """
    if day > utc_day(now):
        raise DayInFuture(
            f"{day} has not begun: it is {now.astimezone(UTC):%Y-%m-%d %H:%M} UTC now.",
            "trigger the run with a logical date of today at the latest, or delete it.",
        )
    return plan_windows(day, 24)[0].complete_at + MARGIN
