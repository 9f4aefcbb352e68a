"""Records that a user has written by hand: the trouble of their run alone, which the page names."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from amplitude_export.manifest import LandedFile, Manifest
from amplitude_export.page.days import Day, Records, days_of
from amplitude_export.page.reader import Attempt, read_attempt, read_records
from amplitude_export.page.records import Run, ledgers_of, newest_loads, newest_runs
from amplitude_export.page.responses import day_body
from amplitude_export.page.rest import Airflow
from amplitude_export.record import to_record
from amplitude_export.window import plan_windows
from amplitude_export.workspace import object_key
from fastapi import FastAPI, HTTPException

from tests.unit.page.records import (
    NOW,
    TODAY,
    ago,
    hours,
    ledger_day,
    ledger_event,
    load_event,
    project,
    run_record,
)

GOOD, ODD = f"run of {ago(2)}", "odd"
RUNS = [run_record(ago(2), "failed"), run_record(ago(1), "failed", dag_run_id=ODD)]
GOOD_REASON = {"error": "VolumeFull", "message": "It is full.", "runbook": "volumefull"}


def manifest(back: int = 1, **changed: Any) -> dict[str, Any]:
    """Return the manifest of a day with five events at 03:00."""
    (day,) = plan_windows(ago(back), 24)
    name = f"1_{ago(back)}_03_0.json"
    file = LandedFile(3, 0, name, object_key(ago(back), name), 5, 50, "AAAAAA==")
    return to_record(Manifest(day, [file])) | changed


def with_file(**changed: Any) -> dict[str, Any]:
    """Return the manifest with a file that was changed."""
    return manifest(files=[manifest()["files"][0] | changed])


class Fails:
    """A value that Airflow's API cannot return, such as NaN or half of a surrogate pair."""


def airflow(results: dict[str, Any], failure: Any = None, runs: Any = RUNS) -> Airflow:
    """Return an Airflow with a failed run of two days ago, and the odd one of yesterday."""
    app = FastAPI()
    ids = [run["dag_run_id"] for run in runs]

    @app.get("/api/v2/assets/events")
    async def events() -> Any:
        return {"asset_events": [], "total_entries": 0}

    @app.get("/api/v2/dags/{dag}/dagRuns")
    async def dag_runs(state: str | None = None) -> Any:
        found = [] if state else runs
        return {"dag_runs": found, "total_entries": len(found)}

    @app.get("/api/v2/dags/{dag}/dagRuns/{run}/taskInstances")
    async def tasks(run: str) -> Any:
        found = [
            {
                "id": f"{task} of {each}",
                "task_id": task,
                "dag_run_id": each,
                "map_index": -1,
                "state": state,
                "start_date": f"{TODAY}T00:00:02Z",
                **dict.fromkeys(["rendered_map_index", "try_number", "end_date", "duration"]),
            }
            for each in (ids if run == "~" else [run])
            for task, state in [
                ("stage_window.decompress", "success"),
                ("stage_window.upload", "success"),
                ("load", "failed"),
            ]
        ]
        if run not in [*ids, "~"]:
            raise HTTPException(404, "no such run")
        return {"task_instances": found, "total_entries": len(found)}

    @app.get("/api/v2/dags/{dag}/dagRuns/{run}/taskInstances/{task}/xcomEntries/{key}")
    async def xcom(run: str, task: str, key: str) -> Any:
        if run == GOOD:
            value = GOOD_REASON if key == "failure" else manifest(2)
        else:
            value = failure if key == "failure" else results.get(task)
        if value is None:
            raise HTTPException(404, "no XCom")
        if value is Fails:
            raise HTTPException(500, "Out of range float values are not JSON compliant")
        return {"value": value}

    return Airflow(app, {}, "a_dag")


def read(found: Airflow) -> tuple[Records, dict[int, Day], Attempt]:
    """Read the grid, and the odd day in detail; every response can be sent."""
    records = asyncio.run(read_records(found, ago(9), TODAY))
    days = dict(enumerate(days_of(records, NOW, 10)))
    run = days[1].run
    assert run
    attempt = asyncio.run(read_attempt(found, run))
    for day in days.values():
        body = json.dumps(day_body(project(), day, attempt), ensure_ascii=False, allow_nan=False)
        assert body.encode()
    assert (records.reasons[ago(2)], records.landed[ago(2)][3]) == ("It is full.", 5)
    return records, days, attempt


CRAFTED: dict[str, Any] = {
    "text": "manifest",
    "a list": [manifest()],
    "another record": {"rows": 1},
    "cannot be returned": Fails,
    "deep": {"window": json.loads("[" * 300 + "]" * 300)},
    "another day": manifest(2),
    "no hours": manifest(window={"start": "yesterday", "end": "today"}),
    "hours of two days": manifest(window={"start": f"{ago(1)}T00", "end": f"{TODAY}T00"}),
    "a year of five digits": manifest(window={"start": "99999-01-01T00", "end": "99999-01-01T23"}),
    "an hour of another window": manifest(
        window={"start": f"{ago(1)}T04", "end": f"{ago(1)}T23"},
    ),
    "hour 24": with_file(hour=24),
    "text for a number": with_file(events="5"),
    "a negative number": with_file(events=-5),
    "a number beyond all": with_file(events=2**70),
    "a path": with_file(file=f"../1_{ago(1)}_03_0.json"),
    "another key": with_file(key="python-import/1.json"),
    "no part": with_file(part=-1),
}


@pytest.mark.parametrize("crafted", CRAFTED.values(), ids=CRAFTED)
def test_a_result_by_hand_is_the_trouble_of_its_run(crafted: Any) -> None:
    """It shows no number, and why; the other days are as they were."""
    results = {"stage_window.decompress": crafted, "stage_window.upload": crafted}
    records, days, attempt = read(airflow(results))
    assert records.landed[ago(1)] == {}
    assert days[1].state == "failed"
    assert "task's result" in (days[1].reason or "")
    assert attempt.counts.exported == attempt.counts.uploaded == {}
    assert set(attempt.failures) == {f"{task} of {ODD}" for task in results}


FAILURES: dict[str, Any] = {
    "text": "because",
    "cannot be returned": Fails,
    "no text": GOOD_REASON | {"message": {"a": [None]}},
    "another address": GOOD_REASON | {"runbook": "/../../x#\n"},
}


@pytest.mark.parametrize("crafted", FAILURES.values(), ids=FAILURES)
def test_a_reason_by_hand_is_the_trouble_of_its_run(crafted: Any) -> None:
    """The page names it as a result that was not written by the pipeline."""
    records, _, attempt = read(airflow({}, crafted))
    assert "task's result" in records.reasons[ago(1)]
    assert [why.get("runbook") for why in attempt.failures.values()] == [None]


def test_a_reason_is_cut_and_can_be_sent() -> None:
    """Half of a surrogate pair is not UTF-8."""
    huge = GOOD_REASON | {"message": b"\\ud800".decode("unicode_escape") + "a" * 10**6}
    found = airflow({})
    found._resolve = lambda key, stored: huge if stored == "elsewhere" else stored
    records, _, _ = read(_with_failure(found, "elsewhere"))
    assert len(records.reasons[ago(1)]) < 11_000


def _with_failure(found: Airflow, failure: Any) -> Airflow:
    """Return the Airflow with an XCom backend's reference as the odd run's reason."""
    other = airflow({}, failure)
    other._resolve = found._resolve
    return other


RUN_IDS = ["~", ".", "..", "a/b", "../../x", "a?b", "a#b", "a%2Fb", "a b\n", "x" * 250, "'; rm -rf"]


@pytest.mark.parametrize("run_id", RUN_IDS)
def test_a_run_id_leads_to_its_own_run_or_nowhere(run_id: str) -> None:
    """Airflow takes ~ for all runs, and cannot look up an id with a slash."""
    runs = [RUNS[0], run_record(ago(1), "failed", dag_run_id=run_id)]
    results = {"stage_window.decompress": manifest(), "stage_window.upload": manifest()}
    records, days, attempt = read(airflow(results, runs=runs))
    assert {task["dag_run_id"] for task in attempt.tasks} <= {run_id}
    if run_id == "~" or "/" in run_id:
        assert "cannot look up the run id" in records.reasons[ago(1)]
        assert attempt.problem == records.reasons[ago(1)]
        assert (days[1].state, records.landed[ago(1)]) == ("failed", {})
    else:
        assert (days[1].state, records.landed[ago(1)][3]) == ("exported", 5)


EVENTS: dict[str, dict[str, Any]] = {
    "another project": {"project": "app"},
    "another run": {"run_id": f"run of {ago(3)}"},
    "another day": {"day": f"{ago(3)}"},
    "negative": {"hours": hours(-1)},
    "beyond all": {"hours": hours(2**70)},
}


@pytest.mark.parametrize("crafted", EVENTS.values(), ids=EVENTS)
def test_an_event_counts_for_its_own_run_day_and_project(crafted: dict[str, Any]) -> None:
    """It is skipped, and the day that it names is as its own load left it."""
    runs = newest_runs(map(Run.of, [run_record(ago(1)), run_record(ago(3))]))
    own = load_event(ago(3), at=NOW.replace(hour=1))
    event = load_event(ago(1))
    event["extra"] |= crafted
    loads = newest_loads([own, event], "default", runs)
    assert list(loads) == [ago(3)]
    assert loads[ago(3)].run_id == f"run of {ago(3)}"


def test_a_ledger_is_not_newer_than_its_event() -> None:
    """A worker's clock is fast: later loads count all the same."""
    extra = ledger_event(ledger_day(ago(1)))["extra"] | {"read_at": "9999-12-31T23:59:59Z"}
    assert ledgers_of([(json.dumps(extra), NOW)], ago(9))["default"].at == NOW


@pytest.mark.parametrize("at", ["2026-11-24T09:00:00", "tomorrow", 1e300])
def test_a_ledger_without_a_time_is_skipped(at: Any) -> None:
    """A time without its zone cannot be compared with others."""
    extra = ledger_event(ledger_day(ago(1)))["extra"] | {"read_at": at}
    assert ledgers_of([(json.dumps(extra), NOW)], ago(9)) == {}
