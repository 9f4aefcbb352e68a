"""The first and the last task of an hourly run.

The heavy imports are inside, so that the DAG file parses without them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from airflow.sdk import task
from airflow.sdk.exceptions import AirflowSkipException

from amplitude_export.ledger import DEFAULT_PROJECT
from amplitude_export.record import Record, from_record, to_record
from amplitude_export.tasks.own_day import own_days


@task
def plan_windows(
    run_id: str,
    ages: Sequence[int],
    project: str = DEFAULT_PROJECT,
    first_day: str | None = None,
    dag_run: Any = None,
) -> list[Record]:
    """Find the hours that are complete at Amplitude and not loaded, as windows of one request."""
    from datetime import date

    from amplitude_export.hourly.hours import missing_windows
    from amplitude_export.warehouse.hook import WarehouseHook

    begin = from_record(date, first_day) if first_day else date.min
    days = [day for day in own_days(dag_run, ages) if day >= begin]
    connect = WarehouseHook(query_tag=f"amplitude hourly {run_id} {project}").get_conn
    windows = missing_windows(connect, days, datetime.now(UTC), project) if days else []
    if not windows:
        raise AirflowSkipException("Each complete hour is loaded already.")
    return [to_record(window) for window in windows]


@task(trigger_rule="none_failed")
def clean_up(
    data_dir: str,
    run_id: str,
    ages: Sequence[int],
    project: str = DEFAULT_PROJECT,
    dag_run: Any = None,
) -> Any:
    """Remove the run's files from the volume, and what failed runs of earlier days have left."""
    from amplitude_export.hourly.clean_up import remove_hours

    return remove_hours(Path(data_dir), own_days(dag_run, ages), run_id, project)
