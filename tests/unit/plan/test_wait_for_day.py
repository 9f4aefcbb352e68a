"""The day that a run exports, and the time until which it waits."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from airflow.sdk.exceptions import TaskDeferred
from amplitude_export.errors import DayInFuture, LogicalDateRefused
from amplitude_export.plan.operator import WaitForDayOperator

TODAY = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def execute(
    logical_date: datetime | None, run_after: datetime = TODAY, run_type: str = "manual"
) -> Any:
    run = SimpleNamespace(logical_date=logical_date, run_after=run_after, run_type=run_type)
    return WaitForDayOperator(task_id="wait_for_day").execute({"dag_run": run})


def test_a_past_day_passes_at_once() -> None:
    """The day begins at the logical date; by hand, until 00:59."""
    for run_type in ("scheduled", "backfill", "manual"):
        assert execute(datetime(2026, 9, 24, tzinfo=UTC), run_type=run_type) == "2026-09-24"
    assert execute(datetime(2026, 9, 24, 0, 1, tzinfo=UTC)) == "2026-09-24"


def test_another_zones_midnight_is_refused() -> None:
    """What `airflow dags test … 2026-09-24` means where default_timezone is Asia/Tokyo."""
    with pytest.raises(LogicalDateRefused, match="2026-09-24T00:00:00Z"):
        execute(datetime(2026, 9, 24, tzinfo=ZoneInfo("Asia/Tokyo")))


def test_a_run_without_a_logical_date_takes_the_last_complete_day() -> None:
    """A run that is triggered with an empty date has none."""
    assert execute(None, datetime(2026, 9, 25, 2, 31, tzinfo=UTC)) == "2026-09-24"
    assert execute(None, datetime(2026, 9, 25, 2, 29, tzinfo=UTC)) == "2026-09-23"


def test_a_run_for_today_waits_until_half_past_two_tomorrow() -> None:
    """It waits in the triggerer, so that the task frees its worker."""
    with pytest.raises(TaskDeferred) as deferred:
        execute(TODAY)
    assert deferred.value.trigger.moment == TODAY + timedelta(days=1, hours=2, minutes=30)
    assert deferred.value.method_name == "execute"


def test_a_day_in_the_future_is_refused() -> None:
    """A wrong date is not waited for."""
    with pytest.raises(DayInFuture, match="has not begun"):
        execute(TODAY + timedelta(days=2))
