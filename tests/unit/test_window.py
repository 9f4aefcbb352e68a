"""Windows cover every hour of a day once, and days are UTC days."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from itertools import pairwise
from zoneinfo import ZoneInfo

import pendulum
import pytest
from amplitude_export.errors import BadSetting, DayInFuture
from amplitude_export.record import from_record, to_record
from amplitude_export.window import Window, day_complete_at, export_day, plan_windows
from hypothesis import given
from hypothesis import strategies as st

DAYS = [
    pytest.param(date(2026, 3, 29), id="DST begins in Europe"),
    pytest.param(date(2026, 10, 25), id="DST ends in Europe"),
    pytest.param(date(2028, 2, 29), id="leap day"),
    pytest.param(date(2026, 12, 31), id="year's end"),
    pytest.param(date(2027, 1, 1), id="year's beginning"),
]
days = st.dates(date(2015, 1, 1), date(2100, 12, 31))
hours_each = st.integers(1, 24)
moments = st.datetimes(
    datetime(2015, 1, 1),
    datetime(2100, 1, 1),
    timezones=st.sampled_from(
        [UTC, ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Kolkata"), timezone(timedelta(hours=-11))]
    ),
)


@given(days, hours_each)
def test_every_hour_of_a_day_is_in_exactly_one_window(day: date, each: int) -> None:
    """The windows' hours in sequence are 0 to 23."""
    windows = plan_windows(day, each)
    assert [hour for window in windows for hour in window.hours] == list(range(24))
    assert {window.day for window in windows} == {day}
    assert max(len(window.hours) for window in windows) == each
    for before, after in pairwise(windows):
        assert after.start - before.end == timedelta(hours=1)


@given(days, st.integers(0, 23), st.integers(0, 23))
def test_two_halves_make_up_the_window(day: date, one: int, other: int) -> None:
    """Splitting neither loses nor doubles an hour; one hour has no halves."""
    first, last = sorted((one, other))
    window = Window(f"{day}T{first:02}", f"{day}T{last:02}")
    if first == last:
        with pytest.raises(BadSetting):
            window.halves()
        return
    left, right = window.halves()
    assert left.hours + right.hours == window.hours
    assert abs(len(left.hours) - len(right.hours)) <= 1


@given(days, hours_each)
def test_a_window_survives_its_record(day: date, each: int) -> None:
    """The record that tasks exchange reads back as the same window."""
    for window in plan_windows(day, each):
        assert from_record(Window, to_record(window)) == window


@pytest.mark.parametrize("day", DAYS)
def test_unusual_days_have_24_hours(day: date) -> None:
    """UTC has no daylight saving time."""
    (window,) = plan_windows(day, 24)
    assert (window.hours, window.day) == (list(range(24)), day)


@pytest.mark.parametrize("each", [-1, 0, 25, 100])
def test_a_window_has_1_to_24_hours(each: int) -> None:
    """Any other number is refused as a bad setting."""
    with pytest.raises(BadSetting, match="amplitude_window_hours"):
        plan_windows(date(2026, 9, 24), each)


@pytest.mark.parametrize(
    ("start", "end"),
    [
        pytest.param("2026-09-24T05", "2026-09-24T04", id="backwards"),
        pytest.param("2026-09-24T00", "2026-09-25T00", id="inclusive end on the next day"),
    ],
)
def test_a_window_is_within_one_day(start: str, end: str) -> None:
    """A window of no hours, or of two days, is refused."""
    with pytest.raises(BadSetting):
        Window(start, end)


@given(moments)
def test_a_run_exports_the_utc_day_of_its_logical_date(moment: datetime) -> None:
    """Neither the logical date's time zone nor run_after matters."""
    run_after = datetime(2001, 1, 1, tzinfo=UTC)
    assert export_day(moment, run_after) == moment.astimezone(UTC).date()
    assert export_day(pendulum.instance(moment), run_after) == moment.astimezone(UTC).date()


@pytest.mark.parametrize(
    ("logical_date", "day"),
    [
        pytest.param("2026-09-25T01:30:00+02:00", date(2026, 9, 24), id="east of Greenwich"),
        pytest.param("2026-09-23T20:00:00-05:00", date(2026, 9, 24), id="west of Greenwich"),
        pytest.param("2026-09-24T23:59:59.999999+00:00", date(2026, 9, 24), id="last moment"),
        pytest.param("2026-10-25T02:30:00+01:00", date(2026, 10, 25), id="repeated hour"),
    ],
)
def test_examples_of_export_days(logical_date: str, day: date) -> None:
    """The logical date is floored in UTC."""
    assert export_day(datetime.fromisoformat(logical_date), datetime.now(UTC)) == day


@given(moments)
def test_without_a_logical_date_a_run_exports_the_last_complete_day(run_after: datetime) -> None:
    """That day can be exported at once, and the next one cannot."""
    day = export_day(None, run_after)
    assert day_complete_at(day, run_after) <= run_after
    tomorrow = day + timedelta(days=1)
    assert day_complete_at(tomorrow, run_after + timedelta(days=1)) > run_after


@given(days, moments)
def test_a_day_is_complete_at_half_past_two_on_the_next(day: date, now: datetime) -> None:
    """Past days and today have such a time; a day that has not begun is refused."""
    if day > now.astimezone(UTC).date():
        with pytest.raises(DayInFuture, match=str(day)):
            day_complete_at(day, now)
        return
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    assert day_complete_at(day, now) == midnight + timedelta(days=1, hours=2, minutes=30)


def test_an_hour_is_complete_three_hours_after_it_began() -> None:
    """The events of 20:00 to 21:00 are available at 23:00."""
    window = Window("2026-09-24T20", "2026-09-24T20")
    assert window.complete_at == datetime(2026, 9, 24, 23, tzinfo=UTC)
