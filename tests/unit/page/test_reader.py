"""The first day for which the page expects a load."""

from __future__ import annotations

import asyncio
from typing import Any

from amplitude_export.page.days import Records
from amplitude_export.page.reader import read_records
from amplitude_export.page.rest import Airflow
from fastapi import FastAPI

from tests.unit.page.records import TODAY, ago, load_event, run_record


def read(loads: list[Any], runs: list[Any]) -> Records:
    """Read ten days from an Airflow with these loads and runs."""
    app = FastAPI()
    succeeded = [run for run in runs if run["state"] == "success"]

    @app.get("/api/v2/assets/events")
    async def events(source_task_id: str) -> Any:
        found = loads if source_task_id == "load" else []
        return {"asset_events": found, "total_entries": len(found)}

    @app.get("/api/v2/dags/{dag}/dagRuns")
    async def dag_runs(state: str | None = None) -> Any:
        found = succeeded if state == "success" else runs
        return {"dag_runs": found, "total_entries": len(found)}

    @app.get("/api/v2/dags/{dag}/dagRuns/{run}/taskInstances")
    async def tasks() -> Any:
        return {"task_instances": [], "total_entries": 0}

    return asyncio.run(read_records(Airflow(app, {}, "a_dag"), ago(9), TODAY))


def test_a_failed_run_does_not_set_the_first_day() -> None:
    """One attempt to load an old day does not make a year of missing days."""
    runs = [run_record(ago(8), "failed"), run_record(ago(3))]
    assert read([], runs).first_day == ago(3)
    assert read([load_event(ago(5))], runs).first_day == ago(5)


def test_without_a_load_there_is_no_first_day() -> None:
    """Although runs failed."""
    assert read([], [run_record(ago(2), "failed")]).first_day is None
