"""The runs that send a notice, and the tasks that it names."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from amplitude_export.notices.run import COMPLETE_WITHIN, DailyRun, Task, urgent_tasks

START = datetime(2026, 9, 24, 0, 0, 5, tzinfo=UTC)
RUN = DailyRun("amplitude_to_snowflake", "scheduled__x", "scheduled", "failed", started=START)
SECOND = timedelta(seconds=1)
IN_TIME, LATE = START + COMPLETE_WITHIN, START + COMPLETE_WITHIN + SECOND


@pytest.mark.parametrize("cleared", [False, True])
@pytest.mark.parametrize("ended", [IN_TIME, LATE])
@pytest.mark.parametrize(
    ("kind", "sends"), [("backfill", False), ("manual", True), ("asset_triggered", True)]
)
def test_a_failure_sends_a_notice_unless_it_is_a_backfills(
    kind: str, sends: bool, ended: datetime, cleared: bool
) -> None:
    """However long the run took: only scheduled runs have a deadline."""
    run = replace(RUN, kind=kind, ended=ended, cleared=cleared)
    assert run.notifies_failure is sends


@pytest.mark.parametrize("ended", [START + SECOND, IN_TIME, LATE, LATE + timedelta(days=3)])
def test_a_failed_scheduled_run_sends_one_notice(ended: datetime) -> None:
    """For its failure or for its deadline, never for both and never for none."""
    run = replace(RUN, ended=ended)
    assert run.notifies_failure is not run.notifies_deadline


@pytest.mark.parametrize("ended", [IN_TIME, LATE])
def test_a_cleared_run_sends_a_notice_again(ended: datetime) -> None:
    """Its first deadline may be long past."""
    assert replace(RUN, ended=ended, cleared=True).notifies_failure


@pytest.mark.parametrize(
    ("kind", "state", "sends"),
    [
        ("scheduled", "queued", True),
        ("scheduled", "running", True),
        ("scheduled", "success", False),
        ("scheduled", "failed", False),
        ("manual", "running", False),
        ("backfill", "queued", False),
    ],
)
def test_a_missed_deadline_sends_a_notice_for_scheduled_runs_that_have_not_ended(
    kind: str, state: str, sends: bool
) -> None:
    """A run that failed before has sent its notice; users watch the runs that they started."""
    ended = None if state in ("queued", "running") else IN_TIME
    assert replace(RUN, kind=kind, state=state, ended=ended).notifies_deadline is sends


def test_a_run_without_times_sends_a_notice() -> None:
    """Airflow's callback can lack the run."""
    run = DailyRun("amplitude_to_snowflake", "scheduled__x", "scheduled", "failed")
    assert run.notifies_failure


def test_the_most_urgent_tasks_are_first() -> None:
    """Failed, running, then waiting tasks; those that succeeded or have not started are omitted."""
    states = {
        "wait_for_day": "success",
        "stage_window.export_10": "running",
        "stage_window.export_2": "running",
        "stage_window.export_1": "up_for_retry",
        "stage_window.decompress_0": "queued",
        "stage_window.upload_0": "failed",
        "load": None,
        "clean_up": "upstream_failed",
    }
    assert [(task.name, task.state) for task in urgent_tasks(states)] == [
        ("stage_window.upload[0]", "failed"),
        ("stage_window.export[1]", "up_for_retry"),
        ("stage_window.export[2]", "running"),
        ("stage_window.export[10]", "running"),
        ("stage_window.decompress[0]", "queued"),
    ]


def test_tasks_that_are_not_mapped_keep_their_names() -> None:
    """An underscore alone does not mark a map index."""
    assert urgent_tasks({"clean_up": "failed"}) == [Task("clean_up", -1, "failed")]
