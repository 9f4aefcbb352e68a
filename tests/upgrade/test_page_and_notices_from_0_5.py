"""Today's page and notices read the records of 0.5.0."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pkgutil import resolve_name
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.models.deadline import Deadline
from airflow.models.trigger import Trigger
from airflow.models.xcom import XComModel
from airflow.utils.session import create_session
from amplitude_export.page.reader import read_attempt, read_records
from amplitude_export.page.records import ledgers_of
from amplitude_export.page.rest import Airflow
from fastapi import FastAPI, HTTPException
from sqlalchemy import select

from tests.notices.recorder import RECORDER
from tests.notices.recorder import Recorder as Mailbox
from tests.notices.steps import at, change, fail, forget_runs, miss_deadline, queue_run
from tests.upgrade.recorder import DAILY, Recorder
from tests.upgrade.recordings import OLD

RUNS = ("daily", "daily_windows", "daily_unfinished")


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The texts sent by a notifier that is configured as under 0.5.0."""
    entry = {"notifier": RECORDER, "arguments": {"text": "{{ notice.subject }}: {{ notice.text }}"}}
    monkeypatch.setenv("AIRFLOW_VAR_AMPLITUDE_NOTICES", json.dumps([entry]))
    Mailbox.sent.clear()
    yield Mailbox.sent
    forget_runs()


@pytest.fixture
def bag(recorded: Recorder, dags: dict[str, Any]) -> Any:
    """Today's DAGs in the form of the scheduler's bag."""
    return SimpleNamespace(dags=dags)


def run_record(name: str) -> dict[str, Any]:
    """Return a run as Airflow's API returns it."""
    run = OLD.run(name)
    at = f"{OLD.day(name) + timedelta(days=1)}T00:00:00Z"
    times = dict.fromkeys(("run_after", "queued_at", "start_date", "end_date"), at)
    known = {"dag_run_id": run["run_id"], "run_type": "manual", "state": run["state"]}
    return {**known, **times, "logical_date": run["logical_date"]}


def airflow() -> Airflow:
    """Return a fake Airflow API with three recorded runs of the daily DAG."""
    app = FastAPI()
    runs = {OLD.run(name)["run_id"]: name for name in RUNS}

    @app.get("/api/v2/assets/events")
    async def events() -> Any:
        found = [event for name in RUNS for event in OLD.run(name)["asset_events"]]
        found = [{**event, "id": number} for number, event in enumerate(found)]
        return {"asset_events": found, "total_entries": len(found)}

    @app.get("/api/v2/dags/{dag}/dagRuns")
    async def dag_runs(state: str | None = None) -> Any:
        found = [run for run in map(run_record, RUNS) if state in (None, run["state"])]
        return {"dag_runs": found, "total_entries": len(found)}

    @app.get("/api/v2/dags/{dag}/dagRuns/{run_id}/taskInstances")
    async def tasks(run_id: str) -> Any:
        common = {"dag_run_id": run_id, "start_date": "2026-11-30T00:00:00Z"}
        found = [
            {**task, **common, "id": f"{task['task_id']}[{task['map_index']}]"}
            for task in OLD.run(runs[run_id])["tasks"]
        ]
        return {"task_instances": found, "total_entries": len(found)}

    @app.get("/api/v2/dags/{dag}/dagRuns/{run_id}/taskInstances/{task_id}/xcomEntries/{key}")
    async def xcom(run_id: str, task_id: str, key: str, map_index: int) -> Any:
        for found in OLD.run(runs[run_id])["xcoms"]:
            if (found["task_id"], found["key"], found["map_index"]) == (task_id, key, map_index):
                return {"value": found["value"]}
        raise HTTPException(404)

    return Airflow(app, {}, DAILY)


def records(name: str) -> Any:
    return asyncio.run(read_records(airflow(), OLD.day(name), OLD.day(name)))


@pytest.mark.parametrize("run", ["daily", "daily_windows"])
def test_the_page_reads_an_old_load(run: str) -> None:
    """The asset event of AMPLITUDE_RAW has all of its hours."""
    loaded, old = records(run).loads[OLD.day(run)], OLD.xcom(run, "load")
    numbers = [(h["hour"], h["state"], h["events"], h["quarantined"]) for h in old["hours"]]
    found = [(h.hour, h.state, h.events, h.quarantined) for h in loaded.hours]
    assert found == numbers
    assert list(loaded.query_ids) == old["query_ids"]


def test_the_page_reads_an_old_ledger() -> None:
    """The asset event of 0.5.0's doctor has the loads and rows of every day."""
    (event,) = OLD.run("doctor")["asset_events"]
    ledger = ledgers_of([(json.dumps(event["extra"]), datetime.max.replace(tzinfo=UTC))], date.min)[
        "default"
    ]
    days = [date.fromisoformat(day["day"]) for day in event["extra"]["days"]]
    assert sorted(ledger.loads) == sorted(ledger.rows) == days != []
    assert [sum(ledger.rows[day]) for day in days] == [
        sum(day["rows"]) for day in event["extra"]["days"]
    ]


def test_the_page_shows_why_an_old_run_failed() -> None:
    """The reason comes from its task's XCom; the files of its other window are counted."""
    day = OLD.day("daily_unfinished")
    failure = OLD.xcom("daily_unfinished", "stage_window.upload", "failure")
    found = records("daily_unfinished")
    assert found.reasons[day] == failure["message"]
    assert set(found.landed[day].values()) == {0}
    (run,) = found.runs[day]
    attempt = asyncio.run(read_attempt(airflow(), run))
    assert list(attempt.failures.values()) == [failure]
    assert sum(attempt.counts.exported.values()) == 6
    assert sum(attempt.counts.unpacked.values()) == 4


def test_a_notice_gives_the_reason_that_an_old_task_stored(bag: Any, sent: list[str]) -> None:
    """The run failed under 0.5.0; its callback runs with today's code."""
    failure = OLD.xcom("daily_unfinished", "stage_window.upload", "failure")
    run = queue_run(at(11), "manual")
    change(run, {"stage_window.upload": "failed"}, state="failed", start_date=at(12))
    with create_session() as session:
        task = {"dag_id": DAILY, "task_id": "stage_window.upload", "run_id": run.run_id}
        XComModel.set(key="failure", value=failure, serialize=False, **task, session=session)
    fail(run, bag)
    (text,) = sent
    assert text.startswith("Amplitude 2025-06-11: not loaded: Amplitude 2025-06-11: not loaded\n")
    assert f"\nWhy: {failure['message']}\n" in text
    assert f"docs/runbook.md#{failure['runbook']}" in text


def test_the_old_callback_of_a_deadline_is_todays_callback(recorded: Recorder) -> None:
    """Both dotted paths resolve to it: in the serialized DAG and in the row of a run's deadline."""
    new = json.loads((recorded.folder / "deadline.json").read_text())
    (stored,) = OLD.read("deadline.json")["serialized"]
    path = OLD.read("deadline.json")["callback"]["path"]
    assert stored["callback"]["__data__"]["path"] == path
    assert path == "amplitude_export.operators.notify.tell_of_lateness"
    assert resolve_name(path) is resolve_name(new["callback"]["path"])


def test_a_deadline_stored_by_0_5_sends_its_notice(bag: Any, sent: list[str]) -> None:
    """The triggerer gets the old path, and the message is sent."""
    run = queue_run(at(12))
    change(run, state="running", start_date=at(13))
    old = OLD.read("deadline.json")["callback"]
    with create_session() as session:
        deadline = session.scalars(select(Deadline).where(Deadline.dagrun_id == run.id)).one()
        deadline.callback.data = {**deadline.callback.data, **old}
    assert miss_deadline(run, bag) == ["running", "success"]
    with create_session() as session:
        kwargs = [t.kwargs for t in session.scalars(select(Trigger))]
    assert old["path"] in [each.get("callback_path") for each in kwargs]
    (text,) = sent
    assert text.startswith("Amplitude 2025-06-12: not complete by ")
