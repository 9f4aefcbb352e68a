"""How busy each day and hour is: pure arithmetic over dates, all in UTC."""

from __future__ import annotations

from datetime import date

# The first day of every project: no events before it.
FIRST_DAY = date(2024, 1, 1)
# The day of the archive in local/samples.
SAMPLE_DAY = date(2026, 9, 24)

WEEKEND_SHARE = 0.55
# Relative number of visits begun in each UTC hour; the zeros are the empty hours of the night.
HOUR_WEIGHTS = (
    1.0, 0.6, 0, 0, 0, 0.6, 1.5, 3, 6, 8.5, 9, 8.5,
    7, 8, 8.5, 8, 7, 5, 4, 4, 4, 3.5, 2.5, 1.5,
)  # fmt: skip


def weekday_share(day: date) -> float:
    """Return a day's volume as a share of a normal weekday's."""
    return WEEKEND_SHARE if is_weekend(day) else 1.0


def hour_share(hour: int) -> float:
    """Return an hour's share of its day's volume."""
    return HOUR_WEIGHTS[hour] / sum(HOUR_WEIGHTS)


def is_weekend(day: date) -> bool:
    """Return whether the day is a Saturday or Sunday."""
    return day.weekday() >= 5


def is_quiet(hour: int) -> bool:
    """Return whether the hour has no visits; 24 is hour 0 of the next day."""
    return HOUR_WEIGHTS[hour % 24] == 0
