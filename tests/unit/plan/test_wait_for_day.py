"""The day that a run exports, and the time until which it waits."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk.exceptions import TaskDeferred
from amplitude_export.errors import DayInFuture
from amplitude_export.plan.operator import WaitForDayOperator

TODAY = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def execute(logical_date: datetime | None, run_after: datetime = TODAY) -> Any:
    run = SimpleNamespace(logical_date=logical_date, run_after=run_after)
    return WaitForDayOperator(task_id="wait_for_day").execute({"dag_run": run})


def test_a_past_day_passes_at_once() -> None:
    """The day is the logical date, floored."""
    assert execute(datetime(2026, 9, 24, 17, 30, tzinfo=UTC)) == "2026-09-24"


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
