"""The task `load`, of a day and of provisional hours, and those of the reload from the bucket.

The heavy imports are inside, so that the DAG file parses without them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from airflow.sdk import task
from airflow.sdk.exceptions import AirflowSkipException

from amplitude_export.errors import BadSetting
from amplitude_export.ledger import DEFAULT_PROJECT
from amplitude_export.projects import is_name
from amplitude_export.settings import LOAD, RELOAD
from amplitude_export.tasks.assets import AMPLITUDE_PROVISIONAL, AMPLITUDE_RAW
from amplitude_export.tasks.own_day import own_days, require_own_day

# Of one run: Airflow maps a task over 1,024 values at most.
MAX_DAYS = 1000


@task(outlets=[AMPLITUDE_RAW])
def load(
    day: str,
    manifests: Any,
    run_id: str,
    bucket: str,
    windows: Any = None,
    data_dir: str = "",
    project: str = DEFAULT_PROJECT,
    ages: Sequence[int] = (),
    params: Any = None,
    dag_run: Any = None,
    outlet_events: Any = None,
) -> Any:
    """Replace the project's day in one transaction, and commit only when every count agrees.

    Then the manifest goes into the bucket. If that fails, the retry loads the day again.

    If Snowflake refuses lines of a run with `quarantine`, they are recorded on the volume for
    `decompress`, which then has to be cleared.
    """
    from amplitude_export.bucket.hook import BucketHook
    from amplitude_export.errors import WarehouseRefused
    from amplitude_export.load.load import load_day
    from amplitude_export.load.manifests import put_manifest
    from amplitude_export.load.refused import record_refused_lines
    from amplitude_export.manifest import DayManifest
    from amplitude_export.record import from_record, to_record
    from amplitude_export.warehouse.errors import is_invalid_json
    from amplitude_export.warehouse.hook import WarehouseHook

    own = require_own_day(from_record(date, day), dag_run, ages)
    manifest = DayManifest.of(own, manifests, windows)
    given = params or {}
    # First: with a connection that cannot work, nothing is loaded.
    client = BucketHook().upload_client()
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
    put_manifest(client, bucket, manifest, project, run_id)
    outlet_events[AMPLITUDE_RAW].extra = loaded
    return loaded


@task(task_id=LOAD, outlets=[AMPLITUDE_PROVISIONAL])
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


@task
def plan_days(params: Any = None) -> list[str]:
    """Return the days from `from` to `to`, both inclusive; fail if one cannot be loaded again."""
    from amplitude_export.load.reload import require_days
    from amplitude_export.warehouse.hook import WarehouseHook

    days = _days(params)
    require_days(WarehouseHook(query_tag=RELOAD).get_conn, _project(params), days)
    return [f"{day}" for day in days]


@task(task_id=LOAD, outlets=[AMPLITUDE_RAW], map_index_template="{{ task.op_kwargs['day'] }}")
def load_again(
    day: str, bucket: str, params: Any = None, run_id: Any = None, outlet_events: Any = None
) -> Any:
    """Replace one day by its objects in the bucket, as `load` of the daily DAG does."""
    from amplitude_export.bucket.hook import BucketHook
    from amplitude_export.errors import RecordInvalid
    from amplitude_export.load.manifests import put_manifest
    from amplitude_export.load.reload import reload_day
    from amplitude_export.record import from_record, to_record
    from amplitude_export.warehouse.hook import WarehouseHook

    own, project = from_record(date, day), _project(params)
    if own not in _days(params):
        raise RecordInvalid(
            f"{own} is not among the days of this run. Nothing was changed.", "clear plan_days."
        )
    client = BucketHook().upload_client()
    connect = WarehouseHook(query_tag=f"amplitude {day} {run_id} {project}").get_conn
    manifest, loaded = reload_day(connect, own, run_id, project)
    put_manifest(client, bucket, manifest, project, run_id)
    outlet_events[AMPLITUDE_RAW].extra = to_record(loaded)
    return to_record(loaded)


def _days(params: Any) -> list[date]:
    first, last = (date.fromisoformat(params[name]) for name in ("from", "to"))
    number = (last - first).days + 1
    if not 1 <= number <= MAX_DAYS:
        raise BadSetting(
            f"From {first} to {last} is not a range of 1 to {MAX_DAYS} days.",
            "trigger a run with other days; both are inclusive.",
        )
    return [first + timedelta(days=n) for n in range(number)]


def _project(params: Any) -> str:
    """Return the project, which is a part of a path."""
    if not is_name(params["project"]):
        raise BadSetting(
            f"{params['project']!r} is not the name of a project.",
            "trigger a run with a project of include/amplitude.yaml, or `default`.",
        )
    return str(params["project"])
