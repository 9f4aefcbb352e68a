"""The task `load`, of a day and of provisional hours.

The heavy imports are inside, so that the DAG file parses without them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from airflow.sdk import task
from airflow.sdk.exceptions import AirflowSkipException

from amplitude_export.ledger import DEFAULT_PROJECT
from amplitude_export.tasks.assets import AMPLITUDE_PROVISIONAL, AMPLITUDE_RAW
from amplitude_export.tasks.own_day import own_days, require_own_day


@task(outlets=[AMPLITUDE_RAW])
def load(
    day: str,
    manifests: Any,
    run_id: str,
    windows: Any = None,
    data_dir: str = "",
    project: str = DEFAULT_PROJECT,
    ages: Sequence[int] = (),
    params: Any = None,
    dag_run: Any = None,
    outlet_events: Any = None,
) -> Any:
    """Replace the project's day in one transaction, and commit only when every count agrees.

    If Snowflake refuses lines of a run with `quarantine`, they are recorded on the volume for
    `decompress`, which then has to be cleared.
    """
    from amplitude_export.errors import WarehouseRefused
    from amplitude_export.load.load import load_day
    from amplitude_export.load.refused import record_refused_lines
    from amplitude_export.manifest import DayManifest
    from amplitude_export.record import from_record, to_record
    from amplitude_export.warehouse.errors import is_invalid_json
    from amplitude_export.warehouse.hook import WarehouseHook

    own = require_own_day(from_record(date, day), dag_run, ages)
    manifest = DayManifest.of(own, manifests, windows)
    given = params or {}
    connect = WarehouseHook(query_tag=f"amplitude {day} {run_id} {project}").get_conn
    try:
        loaded = to_record(
            load_day(
                connect,
                manifest,
                run_id,
                project=project,
                accept_fewer=bool(given.get("accept_fewer")),
                accept_project_id=given.get("accept_project_id"),
            )
        )
    except WarehouseRefused as error:
        if given.get("quarantine") and is_invalid_json(error):
            record_refused_lines(connect, manifest, Path(data_dir), run_id, project)
        raise
    outlet_events[AMPLITUDE_RAW].extra = loaded
    return loaded


@task(task_id="load", outlets=[AMPLITUDE_PROVISIONAL])
def load_hours(
    manifests: Any,
    run_id: str,
    ages: Sequence[int],
    project: str = DEFAULT_PROJECT,
    dag_run: Any = None,
    outlet_events: Any = None,
) -> Any:
    """Replace provisional hours in one transaction; skip if their days are loaded by now."""
    from amplitude_export.load.hours import load_hours
    from amplitude_export.manifest import Manifest
    from amplitude_export.record import to_record
    from amplitude_export.warehouse.hook import WarehouseHook

    days = own_days(dag_run, ages)
    # The result of a task group that is mapped over one window comes by itself.
    results = [manifests] if isinstance(manifests, dict) else manifests
    found = [Manifest.of(each, *days, provisional=True) for each in results if each]
    connect = WarehouseHook(query_tag=f"amplitude hourly {run_id} {project}").get_conn
    loaded = load_hours(connect, found, run_id, project)
    if loaded is None:
        raise AirflowSkipException("No hour is left to load: see the log above.")
    outlet_events[AMPLITUDE_PROVISIONAL].extra = record = to_record(loaded)
    return record
