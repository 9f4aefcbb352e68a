"""The task `take_inventory`.

The heavy imports are inside, so that the DAG file parses without them.
"""

from __future__ import annotations

import logging
from collections.abc import Collection
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from airflow.sdk import task

from amplitude_export.projects import writing_dag_ids
from amplitude_export.record import Record, to_record
from amplitude_export.settings import ARCHIVE_DAYS, INVENTORY, whole_number
from amplitude_export.tasks.assets import AMPLITUDE_INVENTORY
from amplitude_export.window import midnight
from amplitude_export.workspace import run_folder

log = logging.getLogger(__name__)

_UNDER_WAY = ["queued", "running"]
# A run by hand of a day begins in its first hour, see window.export_day.
_MINUTES = [timedelta(minutes=minute) for minute in range(60)]


@task(outlets=[AMPLITUDE_INVENTORY])
def take_inventory(
    data_dir: str,
    archive_days: str,
    params: Any = None,
    outlet_events: Any = None,
    ti: Any = None,
) -> Any:
    """Name what bucket and volume have; with `clean`, remove what is safe from the volume."""
    from amplitude_export.inventory.inventory import take_inventory
    from amplitude_export.inventory.kinds import Scope
    from amplitude_export.inventory.report import lines
    from amplitude_export.warehouse.hook import WarehouseHook

    first, last = (params[name] and date.fromisoformat(params[name]) for name in ("from", "to"))
    found = take_inventory(
        WarehouseHook(query_tag=INVENTORY).get_conn,
        Path(data_dir),
        Scope(first, last, params["project"] or None),
        RunsOfAirflow(ti).are_under_way,
        whole_number(ARCHIVE_DAYS, archive_days) if params["clean"] else None,
    )
    for line in lines(found):
        log.info(line)
    counted: Record = to_record(found.counted)
    outlet_events[AMPLITUDE_INVENTORY].extra = counted
    return counted


class RunsOfAirflow:
    """Whether runs are under way, by Airflow's own records, which a task can query."""

    def __init__(self, instance: Any) -> None:
        self._instance = instance
        self._ids: dict[str, dict[str, str]] = {}

    def are_under_way(self, project: str, day: date, runs: Collection[str]) -> bool:
        """Return True if a run of the day is, or one that has one of these run folders."""
        return any(self._is_busy(dag_id, day, runs) for dag_id in writing_dag_ids(project))

    def _is_busy(self, dag_id: str, day: date, runs: Collection[str]) -> bool:
        count = self._instance.get_dr_count
        if not count(dag_id, states=_UNDER_WAY):
            return False
        dates = [midnight(day) + minutes for minutes in _MINUTES]
        if count(dag_id, logical_dates=dates, states=_UNDER_WAY):
            return True
        # Airflow's API for tasks has no list of runs. Each run has a task that is not mapped.
        if dag_id not in self._ids:
            states = self._instance.get_task_states(dag_id, map_index=-1)
            self._ids[dag_id] = {run_folder(run_id): run_id for run_id in states}
        own = [self._ids[dag_id][name] for name in runs if name in self._ids[dag_id]]
        return any(self._instance.get_dagrun_state(dag_id, each) in _UNDER_WAY for each in own)
