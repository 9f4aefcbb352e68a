"""Which runs are told of, and of which tasks."""

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
    ("kind", "told"), [("backfill", False), ("manual", True), ("asset_triggered", True)]
)
def test_a_failure_is_told_unless_somebody_watches(
    kind: str, told: bool, ended: datetime, cleared: bool
) -> None:
    """However long the run took: only scheduled ones have a message by deadline."""
    run = replace(RUN, kind=kind, ended=ended, cleared=cleared)
    assert run.notifies_failure is told


@pytest.mark.parametrize("ended", [START + SECOND, IN_TIME, LATE, LATE + timedelta(days=3)])
def test_a_scheduled_run_that_fails_is_told_of_once(ended: datetime) -> None:
    """By its failure or by its deadline, and neither by both nor by none."""
    run = replace(RUN, ended=ended)
    assert run.notifies_failure is not run.notifies_deadline


@pytest.mark.parametrize("ended", [IN_TIME, LATE])
def test_what_a_person_has_cleared_is_told_anew(ended: datetime) -> None:
    """Its deadline may have been missed long ago, and is not watched a second time."""
    assert replace(RUN, ended=ended, cleared=True).notifies_failure


@pytest.mark.parametrize(
    ("kind", "state", "told"),
    [
        ("scheduled", "queued", True),
        ("scheduled", "running", True),
        ("scheduled", "success", False),
        ("scheduled", "failed", False),
        ("manual", "running", False),
        ("backfill", "queued", False),
    ],
)
def test_lateness_is_told_of_scheduled_runs_that_have_not_ended(
    kind: str, state: str, told: bool
) -> None:
    """One that failed before has had its message; the others are somebody's own."""
    ended = None if state in ("queued", "running") else IN_TIME
    assert replace(RUN, kind=kind, state=state, ended=ended).notifies_deadline is told


def test_a_run_of_which_only_the_id_is_known_is_told() -> None:
    """Airflow's callback may come without the run's times."""
    run = DailyRun("amplitude_to_snowflake", "scheduled__x", "scheduled", "failed")
    assert run.notifies_failure


def test_tasks_come_in_the_order_in_which_they_are_looked_at() -> None:
    """Errors first, then what works, then what waits; what is done or has not begun is left out."""
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
    """An underscore is no map index."""
    assert urgent_tasks({"clean_up": "failed"}) == [Task("clean_up", -1, "failed")]
