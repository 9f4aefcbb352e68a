"""The tasks of the transform: each runs a command of dbt, which has an environment of its own.

The heavy imports are inside, so that the DAG file parses without them.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from airflow.sdk import BaseSensorOperator, task
from airflow.sdk.exceptions import AirflowSkipException

from amplitude_export.deployment import Deployment
from amplitude_export.projects import read_config
from amplitude_export.settings import LOAD, TRANSFORM, WAIT_FOR_DAY
from amplitude_export.shared_folders import TransformFolder
from amplitude_export.tasks.assets import AMPLITUDE_RAW, GOLD_ASSETS

SILVER, GOLD = "silver", "gold"
# For a first run over years of events on the smallest warehouse; a usual day takes minutes.
MAX_BUILD = timedelta(hours=12)
# Airflow calls the state of a task instance that is not scheduled yet "null".
PENDING = ["null", "scheduled", "queued", "running", "restarting", "up_for_retry", "deferred"]


class WaitForLoadsSensor(BaseSensorOperator):
    """Waits until no day is being loaded, so that a backfill of many days is transformed once.

    After `longest` the run goes on: days that are loaded later trigger another run.
    """

    def __init__(self, *, longest: timedelta, **kwargs: Any) -> None:
        super().__init__(mode="reschedule", **kwargs)
        self.longest = longest

    def poke(self, context: Any) -> bool:
        """Return True if the only days to load are those that Amplitude has not completed yet."""
        loads = sum(_pending(context["ti"], each.dag_id) for each in read_config().projects)
        if loads <= 0:
            return True
        self.log.info("%d loads are pending.", loads)
        started: datetime = context["dag_run"].start_date
        return datetime.now(UTC) - started >= self.longest


def _pending(instance: Any, dag_id: str) -> int:
    """Return the number of days that one project's daily DAG is loading."""
    count = instance.get_ti_count
    loads: int = count(dag_id, task_ids=[LOAD], states=PENDING)
    # The tasks of a run that a cancelled backfill has marked failed stay pending.
    loads = min(loads, instance.get_dr_count(dag_id, states=["queued", "running"]))
    waiting: int = count(dag_id, task_ids=[WAIT_FOR_DAY], states=["deferred"])
    return max(0, loads - waiting)


@task
def find_changes(
    data_dir: str,
    run_id: str,
    deployment: str = "",
    params: Any = None,
    triggering_asset_events: Any = None,
) -> dict[str, int]:
    """Count the export days and devices that have changed since the last run; skip if none has.

    A run that is triggered by hand or by new IP networks is not skipped: its summaries can change.
    """
    from amplitude_export.transform.changes import count_changes
    from amplitude_export.volume import remove_file
    from amplitude_export.warehouse.hook import WarehouseHook

    for layer in (SILVER, GOLD):
        remove_file(_remaining(layer, data_dir, run_id))
    _dbt(deployment).run("run", "--select", "tag:changes", *_options(params))
    hook = WarehouseHook(query_tag=TRANSFORM, role=Deployment.of(deployment).transformer)
    changes = count_changes(hook.get_conn)
    by_loads_alone = set(triggering_asset_events or ()) == {AMPLITUDE_RAW}
    if by_loads_alone and not any(changes.values()):
        raise AirflowSkipException("No day has changed since the last run.")
    return changes


@task(execution_timeout=MAX_BUILD)
def build_silver(
    data_dir: str, run_id: str, deployment: str = "", params: Any = None
) -> dict[str, float]:
    """Build and test staging, sessions, clicks and the inputs of gold; return seconds by model."""
    remaining = _remaining(SILVER, data_dir, run_id)
    return _seconds(
        _dbt(deployment).build(["tag:seeds", "tag:silver"], _options(params), remaining)
    )


@task(outlets=GOLD_ASSETS, execution_timeout=MAX_BUILD)
def build_gold(
    changes: dict[str, int],
    data_dir: str,
    run_id: str,
    deployment: str = "",
    params: Any = None,
    outlet_events: Any = None,
) -> dict[str, float]:
    """Build and test facts, dimensions and answers, then mark the days as done."""
    remaining = _remaining(GOLD, data_dir, run_id)
    nodes = _dbt(deployment).build(["tag:gold", "tag:staged"], _options(params), remaining)
    for asset in GOLD_ASSETS:
        outlet_events[asset].extra = {"run_id": run_id, **changes}
    return _seconds(nodes)


@task
def write_docs(data_dir: str, deployment: str = "") -> str:
    """Write dbt's documentation of all models to one file on the shared volume; return its path."""
    path = TransformFolder.of(Path(data_dir)).open().documentation
    _dbt(deployment).document(path)
    return str(path)


def _remaining(layer: str, data_dir: str, run_id: str) -> Path:
    return TransformFolder.of(Path(data_dir)).open().remaining(layer, run_id)


def _dbt(deployment: str) -> Any:
    from amplitude_export.transform.dbt import Dbt
    from amplitude_export.transform.profile import Profile
    from amplitude_export.warehouse.hook import WarehouseHook

    return Dbt.found(Profile.of(WarehouseHook().arguments(), Deployment.of(deployment)))


def _options(params: Any) -> list[str]:
    return ["--full-refresh"] if params and params["full_refresh"] else []


def _seconds(nodes: Any) -> dict[str, float]:
    return {node.name: node.seconds for node in nodes if node.kind == "model"}
