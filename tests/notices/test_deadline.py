"""A deadline that was missed: from the scheduler's row to the message."""

from __future__ import annotations

from typing import Any

import pytest
from airflow.models.dagrun import DagRun
from airflow.models.xcom import XComModel
from airflow.utils.session import create_session
from amplitude_export.notices.run import COMPLETE_WITHIN

from tests.notices.steps import (
    DAILY,
    at,
    change,
    clear,
    deadline_of,
    miss_deadline,
    queue_run,
    state_of,
)

ENDED_WELL = ["running", "success"]


def test_a_queued_run_has_six_hours(bag: Any) -> None:
    """Which is 06:00 UTC for a run that the schedule queues at midnight."""
    run = queue_run(at(1))
    assert deadline_of(run) == run.queued_at + COMPLETE_WITHIN


def test_a_run_that_is_cleared_has_six_hours_again(bag: Any) -> None:
    """Clearing works, which it does not in Airflow 3.3.2 where the deadline is a timedelta."""
    run = queue_run(at(2))
    before = deadline_of(run)
    cleared = clear(run)
    assert deadline_of(run) == cleared.queued_at + COMPLETE_WITHIN > before


def test_a_scheduled_run_that_has_not_ended_is_told(bag: Any, told: list[str]) -> None:
    """The day, the deadline, what the run does, and where to look."""
    run = queue_run(at(3))
    change(run, {"wait_for_day": "deferred"}, state="running", start_date=at(4))
    assert miss_deadline(run, bag) == ENDED_WELL
    (text,) = told
    subject, standing, tasks, *_ = text.splitlines()
    assert subject == f"Amplitude 2025-06-03: not complete by {deadline_of(run):%H:%M} UTC"
    assert standing.startswith(f"The run {run.run_id} is running.")
    assert tasks == "Tasks: wait_for_day (deferred)"
    assert (
        f"/dags/{DAILY}/runs/scheduled__2025-06-04T00%3A00%3A00%2B00%3A00/tasks/wait_for_day"
        in text
    )


def test_what_the_last_try_ended_with_is_told(bag: Any, told: list[str]) -> None:
    """The reason that the task has left."""
    run = queue_run(at(4))
    change(run, {"load": "up_for_retry"}, state="running", start_date=at(5))
    leave_reason(run, "load", "A lock was held. (docs/runbook.md#warehouseunavailable)")
    miss_deadline(run, bag)
    assert "\nWhy: A lock was held. (docs/runbook.md#warehouseunavailable)\n" in told[0]


def leave_reason(run: DagRun, task_id: str, message: str) -> None:
    """As `log_failure_links` does."""
    failure = {"error": "X", "message": message, "runbook": "x"}
    with create_session() as session:
        XComModel.set(
            key="failure",
            value=failure,
            serialize=False,
            dag_id=DAILY,
            task_id=task_id,
            run_id=run.run_id,
            session=session,
        )


@pytest.mark.parametrize(
    ("day", "kind", "values"),
    [
        (5, "scheduled", {"state": "success", "start_date": at(6), "end_date": at(6, 7)}),
        (6, "scheduled", {"state": "failed", "start_date": at(7), "end_date": at(7, 5)}),
        (7, "backfill", {"state": "running", "start_date": at(8)}),
        (8, "manual", {"state": "running", "start_date": at(9)}),
    ],
    ids=["succeeded meanwhile", "failed before", "backfill", "manual"],
)
def test_other_runs_are_not_told(
    bag: Any, told: list[str], day: int, kind: str, values: dict[str, Any]
) -> None:
    """The day is there, or its message was sent, or somebody watches."""
    run = queue_run(at(day), kind)
    change(run, state=values.pop("state"), **values)
    assert miss_deadline(run, bag) == ENDED_WELL
    assert told == []


def test_nobody_is_told_who_is_not_named(bag: Any) -> None:
    """Off by default: the callback ends at once."""
    run = queue_run(at(9))
    assert miss_deadline(run, bag) == ENDED_WELL


def test_a_wrong_variable_is_an_error_in_the_triggerers_log(
    bag: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The callback ends well, and the run is what it was."""
    monkeypatch.setenv("AIRFLOW_VAR_AMPLITUDE_NOTICES", "data@example.com")
    run = queue_run(at(10))
    assert miss_deadline(run, bag) == ENDED_WELL
    assert "The Airflow Variable amplitude_notices is not JSON" in caplog.text
    assert state_of(run) == "queued"
