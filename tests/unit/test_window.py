"""Windows cover every hour of a day once, and days are UTC days."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta, timezone
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pendulum
import pytest
from amplitude_export.errors import BadSetting, DayInFuture, LogicalDateRefused
from amplitude_export.record import from_record, to_record
from amplitude_export.window import Window, day_complete_at, export_day, plan_windows, run_day
from hypothesis import given
from hypothesis import strategies as st

DAYS = [
    pytest.param(date(2026, 3, 29), id="DST begins in Europe"),
    pytest.param(date(2026, 10, 25), id="DST ends in Europe"),
    pytest.param(date(2028, 2, 29), id="leap day"),
    pytest.param(date(2026, 12, 31), id="year's end"),
    pytest.param(date(2027, 1, 1), id="year's beginning"),
]
NOW = datetime(2026, 11, 30, 9, tzinfo=UTC)
RUN_TYPES = ["scheduled", "backfill", "manual", "operator_triggered"]
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


@given(days, st.sampled_from(RUN_TYPES))
def test_a_run_exports_the_utc_day_that_begins_at_its_logical_date(
    day: date, run_type: str
) -> None:
    """In whatever zone it is written; run_after does not matter."""
    run_after = datetime(2001, 1, 1, tzinfo=UTC)
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    assert export_day(midnight, run_after, run_type) == day
    elsewhere = pendulum.instance(midnight).in_timezone("Asia/Tokyo")
    assert export_day(elsewhere, run_after, run_type) == day


@given(st.datetimes(datetime(2015, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)))
def test_a_run_by_hand_has_an_hour_for_its_logical_date(moment: datetime) -> None:
    """Airflow allows one run per logical date: 00:00 to 00:59 UTC are the same day."""
    first_hour = moment.replace(hour=0)
    for run_type in ("manual", "operator_triggered"):
        assert export_day(first_hour, NOW, run_type) == moment.date()
    if first_hour == moment.replace(hour=0, minute=0, second=0, microsecond=0):
        return
    for run_type in ("scheduled", "backfill"):
        with pytest.raises(LogicalDateRefused):
            export_day(first_hour, NOW, run_type)


@given(
    st.datetimes(datetime(2015, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),
    st.integers(1, 23),
    st.sampled_from(RUN_TYPES),
)
def test_every_other_time_is_refused(moment: datetime, hour: int, run_type: str) -> None:
    """The message has the string to type, and the way to the last complete day."""
    with pytest.raises(LogicalDateRefused) as refused:
        export_day(moment.replace(hour=hour), NOW, run_type)
    assert f"{moment:%Y-%m-%d}T{hour:02}:{moment:%M:%S}Z is not" in str(refused.value)
    assert f"{moment:%Y-%m-%d}T00:00:00Z" in refused.value.do
    assert "A run without a logical date loads the last complete day" in refused.value.do


@pytest.mark.parametrize("end", [datetime.min, datetime.max.replace(microsecond=0)], ids=str)
@pytest.mark.parametrize("zone", [timezone(timedelta(hours=hours)) for hours in (-14, 14)], ids=str)
def test_a_time_at_the_calendars_end_is_refused(end: datetime, zone: timezone) -> None:
    """Airflow stores it; the day before or after it is no date of Python."""
    moment = end.replace(tzinfo=zone)
    with pytest.raises(LogicalDateRefused):
        export_day(moment, NOW, "manual")
    with suppress(LogicalDateRefused):
        export_day(None, moment, "manual")


@pytest.mark.parametrize("zone", sorted(available_timezones()))
def test_no_other_zones_midnight_is_a_day(zone: str) -> None:
    """A bare date is midnight in Airflow's default_timezone: the message has the day meant."""
    for day in (date(2026, month, n) for month in range(1, 13) for n in (1, 25, 28)):
        midnight = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone))
        if midnight.utcoffset() == timedelta():
            assert export_day(midnight, NOW, "manual") == day
            continue
        with pytest.raises(LogicalDateRefused, match=f"{day}T00:00:00Z"):
            export_day(midnight, NOW, "manual")


@pytest.mark.parametrize(
    ("logical_date", "also"),
    [
        pytest.param("2026-09-24T05:00:00Z", False, id="no midnight of the 25th anywhere"),
        pytest.param("2026-09-24T10:00:00Z", True, id="midnight 14 hours east of Greenwich"),
        pytest.param("2026-09-24T15:00:00Z", True, id="midnight in Tokyo"),
    ],
)
def test_the_next_day_is_offered_where_it_is_midnight(logical_date: str, also: bool) -> None:
    """The UTC day always is."""
    with pytest.raises(LogicalDateRefused, match="2026-09-24T00:00:00Z") as refused:
        export_day(datetime.fromisoformat(logical_date), NOW, "manual")
    assert ("2026-09-25T00:00:00Z" in str(refused.value)) is also


@given(moments)
def test_the_page_shows_a_run_at_the_utc_day_of_its_logical_date(moment: datetime) -> None:
    """Also one that is refused, and one that an earlier version did not refuse."""
    assert run_day(moment, NOW) == moment.astimezone(UTC).date()
    assert run_day(None, moment) == export_day(None, moment, "manual")


@given(moments)
def test_without_a_logical_date_a_run_exports_the_last_complete_day(run_after: datetime) -> None:
    """That day can be exported at once, and the next one cannot."""
    day = export_day(None, run_after, "manual")
    assert day_complete_at(day, run_after) <= run_after
    tomorrow = day + timedelta(days=1)
    assert day_complete_at(tomorrow, run_after + timedelta(days=1)) > run_after


@given(days, moments)
def test_a_day_is_complete_at_half_past_two_on_the_next(day: date, now: datetime) -> None:
    """Past days and today have such a time; a day that has not begun is refused."""
    if day > now.astimezone(UTC).date():
        with pytest.raises(DayInFuture, match=str(day)) as refused:
            day_complete_at(day, now)
        assert f"{now.astimezone(UTC):%Y-%m-%d}T00:00:00Z" in refused.value.do
        return
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    assert day_complete_at(day, now) == midnight + timedelta(days=1, hours=2, minutes=30)


def test_an_hour_is_complete_three_hours_after_it_began() -> None:
    """The events of 20:00 to 21:00 are available at 23:00."""
    window = Window("2026-09-24T20", "2026-09-24T20")
    assert window.complete_at == datetime(2026, 9, 24, 23, tzinfo=UTC)
