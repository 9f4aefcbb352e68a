"""A missed deadline: from the scheduler's row to the message."""

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


def test_a_cleared_run_has_six_hours_again(bag: Any) -> None:
    """Clearing works: with a timedelta as the deadline it fails in Airflow 3.3.2."""
    run = queue_run(at(2))
    before = deadline_of(run)
    cleared = clear(run)
    assert deadline_of(run) == cleared.queued_at + COMPLETE_WITHIN > before


def test_a_scheduled_run_that_has_not_ended_sends_a_notice(bag: Any, sent: list[str]) -> None:
    """With the day, the deadline, the state of the run, and a link."""
    run = queue_run(at(3))
    change(run, {"wait_for_day": "deferred"}, state="running", start_date=at(4))
    assert miss_deadline(run, bag) == ENDED_WELL
    (text,) = sent
    subject, status, tasks, *_ = text.splitlines()
    assert subject == f"Amplitude 2025-06-03: not complete by {deadline_of(run):%H:%M} UTC"
    assert status.startswith(f"The run {run.run_id} is running.")
    assert tasks == "Tasks: wait_for_day (deferred)"
    assert (
        f"/dags/{DAILY}/runs/scheduled__2025-06-04T00%3A00%3A00%2B00%3A00/tasks/wait_for_day"
        in text
    )


def test_the_notice_has_the_error_of_the_last_try(bag: Any, sent: list[str]) -> None:
    """From the XCom of the task."""
    run = queue_run(at(4))
    change(run, {"load": "up_for_retry"}, state="running", start_date=at(5))
    push_failure(run, "load", "A lock was held.")
    miss_deadline(run, bag)
    assert "\nWhy: A lock was held.\n" in sent[0]


def push_failure(run: DagRun, task_id: str, message: str) -> None:
    """Push the XCom as `log_failure_links` does."""
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
def test_other_runs_send_no_notice(
    bag: Any, sent: list[str], day: int, kind: str, values: dict[str, Any]
) -> None:
    """The day is loaded, its notice was sent, or a user watches the run."""
    run = queue_run(at(day), kind)
    change(run, state=values.pop("state"), **values)
    assert miss_deadline(run, bag) == ENDED_WELL
    assert sent == []


def test_without_the_variable_no_notice_is_sent(bag: Any) -> None:
    """Off by default: the callback succeeds at once."""
    run = queue_run(at(9))
    assert miss_deadline(run, bag) == ENDED_WELL


def test_a_wrong_variable_is_an_error_in_the_triggerers_log(
    bag: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The callback succeeds, and the run is unchanged."""
    monkeypatch.setenv("AIRFLOW_VAR_AMPLITUDE_NOTICES", "data@example.com")
    run = queue_run(at(10))
    assert miss_deadline(run, bag) == ENDED_WELL
    assert "The Airflow Variable amplitude_notices is not JSON" in caplog.text
    assert state_of(run) == "queued"
