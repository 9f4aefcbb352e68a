"""Days and the inclusive windows of hours that are requested from Amplitude. All times are UTC."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import msgspec

from amplitude_export.errors import BadSetting, DayInFuture, LogicalDateRefused

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

# An hour H is complete at H + 3 h: what was sent from 20:00 to 21:00 begins to load at 21:00 and is
# there at 23:00 (amplitude.com/docs/apis/analytics/export, "Considerations").
HOUR_COMPLETE_AFTER = timedelta(hours=3)
# Amplitude's two hours are a rule of thumb, and a day that loads half an hour later costs nothing.
MARGIN = timedelta(minutes=30)

# Airflow's types of runs that a person or another DAG triggers. No other time zone's midnight is
# from 00:00 to 00:59 UTC.
BY_HAND = ("manual", "operator_triggered")
# UTC+14 is the zone farthest east.
_FIRST_MIDNIGHT_OF_NEXT_DAY = 10

_FORMAT = "%Y-%m-%dT%H"


class Window(msgspec.Struct, frozen=True, order=True):
    """Whole hours of one day, both ends included.

    The hours are text, `YYYY-MM-DDTHH`, as the window travels between tasks; `label` is made of
    them and names the mapped task in the UI. Raises BadSetting for hours of two days, or when the
    last comes before the first.

    >>> Window("2026-09-24T00", "2026-09-24T23").label
    '00–23'
    """

    first_hour: str = msgspec.field(name="start")
    last_hour: str = msgspec.field(name="end")
    label: str = ""

    def __post_init__(self) -> None:
        """Check the hours and make the label."""
        if self.start.date() != self.end.date() or self.end < self.start:
            raise BadSetting(f"{self.start} to {self.end} is not a window of hours of one day.")
        msgspec.structs.force_setattr(self, "label", f"{self.start:%H}–{self.end:%H}")

    @classmethod
    def between(cls, start: datetime, end: datetime) -> Window:
        """Return the window from the hour `start` to the hour `end`."""
        return cls(f"{start:{_FORMAT}}", f"{end:{_FORMAT}}")

    @property
    def start(self) -> datetime:
        """The beginning of the first hour."""
        return _hour(self.first_hour)

    @property
    def end(self) -> datetime:
        """The beginning of the last hour."""
        return _hour(self.last_hour)

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
        """The time at which Amplitude has all events of the last hour, without margin."""
        return self.end + HOUR_COMPLETE_AFTER

    def parts(self, hours_each: int) -> list[Window]:
        """Cut it into windows of `hours_each` hours; the last can be shorter.

        Raises BadSetting unless `hours_each` is from 1 to 24.
        """
        _require_hours(hours_each)
        starts = range(self.start.hour, self.end.hour + 1, hours_each)
        return [
            Window.between(
                self.start.replace(hour=first),
                self.start.replace(hour=min(first + hours_each - 1, self.end.hour)),
            )
            for first in starts
        ]

    def halves(self) -> tuple[Window, Window]:
        """Return two windows that meet and together are this one.

        Raises BadSetting for a window of one hour.
        """
        middle = self.start + len(self.hours) // 2 * HOUR
        return Window.between(self.start, middle - HOUR), Window.between(middle, self.end)


def _hour(text: str) -> datetime:
    return datetime.strptime(text, _FORMAT).replace(tzinfo=UTC)


def midnight(day: date) -> datetime:
    """Return the beginning of the UTC day."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def utc_day(moment: datetime) -> date:
    """Return the UTC day that the moment falls on."""
    return moment.astimezone(UTC).date()


def whole_day(day: date) -> Window:
    """Return the window of the day's 24 hours."""
    return Window.between(midnight(day), midnight(day) + DAY - HOUR)


def plan_windows(day: date, hours_each: int) -> list[Window]:
    """Cut hours 0 to 23 of the day into windows, as `Window.parts` does."""
    return whole_day(day).parts(hours_each)


def _require_hours(hours_each: int) -> None:
    if not 1 <= hours_each <= 24:
        raise BadSetting(
            f"amplitude_window_hours is {hours_each}; a day has windows of 1 to 24 hours.",
            "set the Airflow Variable amplitude_window_hours to a number from 1 to 24.",
        )


def export_day(logical_date: datetime | None, run_after: datetime, run_type: str) -> date:
    """Return the UTC day that a run exports: the one that begins at its logical date.

    A run by hand has the whole first hour, because Airflow allows one run per logical date. Without
    a logical date, it is the last day that was complete at `run_after`. Raises LogicalDateRefused
    for every other time. The data interval is not used: it means another day in manual runs than in
    scheduled ones.
    """
    try:
        if logical_date is not None:
            _check_day(logical_date.astimezone(UTC), run_type)
        return run_day(logical_date, run_after)
    except OverflowError as error:
        raise LogicalDateRefused(
            f"The run of {logical_date or run_after} is at the end of the calendar.",
            "delete the run, and trigger one with the day that you mean.",
        ) from error


def run_day(logical_date: datetime | None, run_after: datetime) -> date:
    """Return the UTC day of a run's logical date, whether or not `wait_for_day` accepts it.

    Versions up to 0.6 accepted every time. Without a logical date, it is the last day that was
    complete at `run_after`.
    """
    if logical_date is not None:
        return utc_day(logical_date)
    return (run_after.astimezone(UTC) - (HOUR_COMPLETE_AFTER - HOUR) - MARGIN - DAY).date()


def _check_day(given: datetime, run_type: str) -> None:
    """Raise LogicalDateRefused unless a UTC day begins at `given`, or in its hour by hand."""
    begin = midnight(given.date())
    if given == begin or (run_type in BY_HAND and given - begin < HOUR):
        return
    meant = _typed(begin)
    if given.hour >= _FIRST_MIDNIGHT_OF_NEXT_DAY:
        following = begin + DAY
        meant += f", or {_typed(following)} if you meant the midnight of {following:%F} elsewhere"
    raise LogicalDateRefused(
        f"The logical date {_typed(given)} is not the beginning of a UTC day.",
        f"delete the run, and trigger one with the logical date {meant}. If another run has that "
        "date, any time until 00:59 UTC is the same day. A run without a logical date loads the "
        "last complete day.",
    )


def _typed(moment: datetime) -> str:
    """Return the UTC time as it is typed, so that Airflow's default_timezone does not matter."""
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def day_complete_at(day: date, now: datetime) -> datetime:
    """Return when the day can be exported: its last hour is complete and the margin has passed.

    Raises DayInFuture for a day that has not begun at `now`.
    """
    if day > utc_day(now):
        raise DayInFuture(
            f"{day} has not begun: it is {now.astimezone(UTC):%Y-%m-%d %H:%M} UTC now.",
            f"delete the run; the latest logical date is {_typed(midnight(utc_day(now)))}, today.",
        )
    last_hour = midnight(day) + DAY - HOUR
    return last_hour + HOUR_COMPLETE_AFTER + MARGIN
