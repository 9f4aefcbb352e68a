"""Loaded days with confirmed gaps: from the windows' results to the message."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from airflow.models.dagrun import DagRun
from airflow.models.xcom import XComModel
from airflow.utils.session import create_session
from amplitude_export.manifest import Manifest
from amplitude_export.record import to_record
from amplitude_export.settings import DECOMPRESS
from amplitude_export.window import plan_windows

from tests.notices.steps import DAILY, at, change, succeed


@pytest.fixture(scope="module")
def run(bag: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DagRun]:
    """A successful run that was planned with three windows; its tasks have left no result."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AIRFLOW_VAR_AMPLITUDE_DATA_DIR", str(tmp_path_factory.mktemp("volume")))
        patch.setenv("AIRFLOW_VAR_AMPLITUDE_WINDOW_HOURS", "8")
        unable = r"stage_window\..*|load|clean_up"
        yield bag.dags[DAILY].test(logical_date=at(28), mark_success_pattern=unable)


def decompressed(run: DagRun, *gaps: Sequence[int]) -> None:
    """Store a plan of two halves, and the result of `decompress` for each of them.

    More gaps are results of the earlier plan, which Airflow keeps.
    """
    halves = plan_windows(at(28).date(), 12)
    store(run, "plan_windows", -1, [to_record(window) for window in halves])
    windows = [*halves, *plan_windows(at(28).date(), 8)[len(halves) :]]
    for index, (window, hours) in enumerate(zip(windows, gaps, strict=False)):
        store(run, DECOMPRESS, index, to_record(Manifest(window, [], gaps=list(hours))))


def store(run: DagRun, task_id: str, map_index: int, value: Any) -> None:
    key = {"key": "return_value", "task_id": task_id, "map_index": map_index, "serialize": False}
    with create_session() as session:
        XComModel.set(value=value, dag_id=run.dag_id, run_id=run.run_id, session=session, **key)


def test_a_loaded_day_with_gaps_sends_one_notice(bag: Any, sent: list[str], run: DagRun) -> None:
    """It names the hours of all windows, and links to the run and the runbook."""
    decompressed(run, [5, 6], [20])
    succeed(run, bag)
    (text,) = sent
    lines = text.splitlines()
    assert lines[0] == "Amplitude 2025-06-28: loaded, 3 usual hours without events"
    assert lines[1].endswith("had none: 05, 06, 20.")
    assert "clear plan_windows" in lines[2]
    assert lines[4].startswith(f"Run: http://airflow.example:8080/dags/{DAILY}/runs/")
    assert lines[5] == "Runbook: http://airflow.example:8080/amplitude/runbook#gapnotconfirmed"


def test_gaps_of_an_earlier_plan_send_none(bag: Any, sent: list[str], run: DagRun) -> None:
    """Its last window lacked hour 20, and those of the newest plan have all hours."""
    decompressed(run, [], [], [20])
    succeed(run, bag)
    assert sent == []


def test_a_loaded_day_without_gaps_sends_none(bag: Any, sent: list[str], run: DagRun) -> None:
    """The day is as it usually is."""
    decompressed(run, [], [])
    succeed(run, bag)
    assert sent == []


def test_a_backfill_sends_none(bag: Any, sent: list[str], run: DagRun) -> None:
    """Its user watches it, and the log has the warning."""
    change(run, run_type="backfill")
    decompressed(run, [5], [])
    succeed(run, bag)
    assert sent == []
