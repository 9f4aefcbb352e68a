"""Failed runs: from the tasks to the message, without a scheduler."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from airflow.models.dagrun import DagRun
from airflow.models.xcom import XComModel
from airflow.utils.session import create_session
from amplitude_export.notices.run import COMPLETE_WITHIN
from sqlalchemy import select

from tests.notices.recorder import RECORDER
from tests.notices.steps import DAILY, at, change, fail, queue_run, state_of

SECOND = timedelta(seconds=1)
STARTED = at(21)
HOSTILE = [
    "{{ conn.planted.password }}",
    "{{ var.value.planted }}",
    "{{ dag.fileloc }}",
    "{{ macros.datetime.now() }}",
    "{% include 'amplitude_setup.py' %}",
    "{{ notice.__class__.__init__.__globals__ }}",
    "{{ cycler.__init__.__globals__.os.environ }}",
    "{{ '{0.__class__.__mro__}'.format(notice) }}",
]


@pytest.fixture(scope="module")
def failed(bag: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DagRun]:
    """A run with four windows and no volume."""
    with pytest.MonkeyPatch.context() as patch:
        nowhere = tmp_path_factory.mktemp("volume") / "nowhere"
        patch.setenv("AIRFLOW_VAR_AMPLITUDE_DATA_DIR", str(nowhere))
        patch.setenv("AIRFLOW_VAR_AMPLITUDE_WINDOW_HOURS", "6")
        yield bag.dags[DAILY].test(logical_date=at(20))


@pytest.fixture
def again(failed: DagRun, bag: Any) -> Iterator[Callable[..., None]]:
    """Return a function that runs the callback, as if the run had these values."""

    def as_if(run_type: str = "scheduled", took: timedelta = SECOND, cleared: int = 0) -> None:
        ended = {"start_date": STARTED, "end_date": STARTED + took}
        change(failed, run_type=run_type, clear_number=cleared, **ended)
        fail(failed, bag)

    yield as_if
    assert state_of(failed) == "failed"


def test_each_failed_task_has_a_record(failed: DagRun) -> None:
    """An XCom of its own, with the message of the error."""
    query = select(XComModel).where(XComModel.run_id == failed.run_id, XComModel.key == "failure")
    with create_session() as session:
        pushed = session.scalars(query.order_by(XComModel.map_index)).all()
    assert [(x.task_id, x.map_index) for x in pushed] == [
        ("stage_window.export", n) for n in range(4)
    ]
    reason = XComModel.deserialize_value(pushed[0])
    assert reason["error"] == "VolumeRefused"
    assert "does not exist" in reason["message"]
    assert reason["runbook"] == "volumerefused"


def test_several_failed_windows_send_one_notice(
    again: Callable[..., None], sent: list[str]
) -> None:
    """With the day, the tasks, the reason, the advice, and the links."""
    again()
    (text,) = sent
    lines = text.splitlines()
    assert lines[0] == "Amplitude 2025-06-20: not loaded"
    assert lines[2].endswith("stage_window.export[2] (failed) and 1 more")
    assert lines[3].startswith("Why: ")
    assert "What to do: create the directory that amplitude_data_dir names" in lines[3]
    assert (
        lines[4]
        == "All days: http://airflow.example:8080/plugin/amplitude/amplitude/?project=default"
    )
    assert lines[5].endswith("/tasks/stage_window.export/mapped/0")
    assert lines[6] == "Runbook: http://airflow.example:8080/amplitude/runbook#volumerefused"


def test_a_template_sees_nothing_but_the_notice(
    again: Callable[..., None], sent: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """No connection, Variable, file or object of Python, though the callback's context has them."""
    planted = {"conn_type": "http", "host": "planted", "password": "planted"}
    monkeypatch.setenv("AIRFLOW_CONN_PLANTED", json.dumps(planted))
    monkeypatch.setenv("AIRFLOW_VAR_PLANTED", "planted")
    given = [{"notifier": RECORDER, "arguments": {"text": text}} for text in HOSTILE]
    given.append({"notifier": RECORDER, "arguments": {"text": "{{ notice.subject }}"}})
    monkeypatch.setenv("AIRFLOW_VAR_AMPLITUDE_NOTICES", json.dumps(given))
    again()
    assert sent == ["Amplitude 2025-06-20: not loaded"]


@pytest.mark.parametrize(
    ("run", "messages"),
    [
        ({"run_type": "backfill"}, 0),
        ({"run_type": "manual"}, 1),
        ({"run_type": "manual", "took": COMPLETE_WITHIN + SECOND}, 1),
        ({"took": COMPLETE_WITHIN}, 1),
        ({"took": COMPLETE_WITHIN + SECOND}, 0),
        ({"took": COMPLETE_WITHIN + SECOND, "cleared": 1}, 1),
    ],
    ids=["backfill", "manual", "long manual", "at the deadline", "after it", "cleared"],
)
def test_a_day_sends_one_notice(
    again: Callable[..., None], sent: list[str], run: dict[str, Any], messages: int
) -> None:
    """None for a backfill, or after the notice of a missed deadline."""
    again(**run)
    assert len(sent) == messages


def test_without_the_variable_no_notice_is_sent(
    again: Callable[..., None], caplog: pytest.LogCaptureFixture
) -> None:
    """Off by default, and without a line in the log."""
    again()
    assert [r for r in caplog.records if r.name.startswith("amplitude_export")] == []


def test_a_wrong_variable_is_an_error_in_the_log(
    again: Callable[..., None], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """One line; the run is unchanged."""
    monkeypatch.setenv("AIRFLOW_VAR_AMPLITUDE_NOTICES", "data@example.com")
    again()
    (record,) = (r for r in caplog.records if r.name.startswith("amplitude_export"))
    assert "The Airflow Variable amplitude_notices is not JSON" in record.getMessage()


def test_a_notice_about_a_dead_worker_has_no_reason(bag: Any, sent: list[str]) -> None:
    """Its task failed without an XCom."""
    run = queue_run(at(22))
    change(run, {"plan_windows": "failed"}, state="failed", start_date=at(23), end_date=at(23, 1))
    fail(run, bag)
    assert "Why: no reason was recorded: see the log; perhaps the worker died." in sent[0]


def test_a_run_whose_id_alone_is_known_sends_a_notice(bag: Any, sent: list[str]) -> None:
    """Without a failed task, Airflow's callback lacks the run."""
    run = queue_run(at(23))
    change(run, state="failed", start_date=at(24), end_date=at(24, 1))
    fail(run, bag)
    assert sent[0].startswith("Amplitude scheduled__2025-06-24T00:00:00+00:00: not loaded\n")


def test_a_loaded_day_is_not_reported_as_missing(bag: Any, sent: list[str]) -> None:
    """Only `clean_up` failed."""
    run = queue_run(at(24))
    change(run, {"load": "success", "clean_up": "failed"}, start_date=at(25), end_date=at(25, 1))
    fail(run, bag)
    assert sent[0].startswith("Amplitude 2025-06-24: loaded, but the run failed\n")


def test_a_run_with_a_refused_logical_date_is_about_no_day(bag: Any, sent: list[str]) -> None:
    """The UTC day of that time can be loaded, and is perhaps not the one that was meant."""
    for time, subject in ((at(27, 15), "manual__"), (at(27, 0) + SECOND, "2025-06-27")):
        run = queue_run(time, "manual")
        change(run, {"wait_for_day": "failed"}, state="failed", start_date=time, end_date=time)
        fail(run, bag)
        assert sent[-1].startswith(f"Amplitude {subject}")


def test_a_test_of_the_dag_sends_no_notice(
    bag: Any, sent: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`airflow dags test`, successful or not: its user sees the outcome."""
    monkeypatch.setenv("AIRFLOW_VAR_AMPLITUDE_WINDOW_HOURS", "none")
    daily = bag.dags[DAILY]
    assert daily.test(logical_date=at(25)).state == "failed"
    monkeypatch.delenv("AIRFLOW_VAR_AMPLITUDE_WINDOW_HOURS")
    monkeypatch.setenv("AIRFLOW_VAR_AMPLITUDE_DATA_DIR", str(tmp_path))
    unable = r"stage_window\..*|load|clean_up"
    assert daily.test(logical_date=at(26), mark_success_pattern=unable).state == "success"
    assert sent == []
    assert daily.deadline
    assert daily.has_on_failure_callback
