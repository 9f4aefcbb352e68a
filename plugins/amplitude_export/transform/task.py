"""The tasks of the transform: dbt's layers, each a command of dbt in an environment of its own.

The heavy imports stand inside, so that the file of the DAG is parsed without them.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from airflow.sdk import BaseSensorOperator, task
from airflow.sdk.exceptions import AirflowSkipException

from amplitude_export.settings import DAILY
from amplitude_export.tasks.assets import AMPLITUDE_RAW, GOLD_ASSETS
from amplitude_export.workspace import TransformFolder

SILVER, GOLD = "silver", "gold"
# The first run over years of events, on the smallest warehouse; after a day it takes minutes.
LONGEST_BUILD = timedelta(hours=12)
# "null" is Airflow's word for a task instance that has not been scheduled yet.
TO_COME = ["null", "scheduled", "queued", "running", "restarting", "up_for_retry", "deferred"]


class WaitForLoadsSensor(BaseSensorOperator):
    """Waits while days are being loaded, so that a backfill of many days is transformed once.

    After `longest` it lets the run go on: days that are loaded later make another run.
    """

    def __init__(self, *, longest: timedelta, **kwargs: Any) -> None:
        super().__init__(mode="reschedule", **kwargs)
        self.longest = longest

    def poke(self, context: Any) -> bool:
        """True once no day is to be loaded but those that Amplitude has not finished yet."""
        count = context["ti"].get_ti_count
        loads = count(DAILY, task_ids=["load"], states=TO_COME)
        loads -= count(DAILY, task_ids=["wait_for_day"], states=["deferred"])
        if loads <= 0:
            return True
        self.log.info("%d loads are to come.", loads)
        started: datetime = context["dag_run"].start_date
        return datetime.now(UTC) - started >= self.longest


@task
def find_changes(
    data_dir: str, run_id: str, params: Any = None, triggering_asset_events: Any = None
) -> dict[str, int]:
    """Which export days have changed since the last run, and whose devices; skips when none has.

    A run by hand, or by new IP networks, goes on in any case: the summaries may change.
    """
    from amplitude_export.transform.changes import count_changes
    from amplitude_export.warehouse.hook import WarehouseHook
    from amplitude_export.warehouse.names import TRANSFORMER

    for layer in (SILVER, GOLD):
        _left_of(layer, data_dir, run_id).unlink(missing_ok=True)
    _dbt().run("run", "--select", "tag:changes", *_options(params))
    hook = WarehouseHook(query_tag="amplitude_transform", role=TRANSFORMER)
    changes = count_changes(hook.get_conn)
    by_loads_alone = set(triggering_asset_events or ()) == {AMPLITUDE_RAW}
    if by_loads_alone and not any(changes.values()):
        raise AirflowSkipException("No day has changed since the last run.")
    return changes


@task(execution_timeout=LONGEST_BUILD)
def build_silver(data_dir: str, run_id: str, params: Any = None) -> dict[str, float]:
    """Staging, sessions, clicks and what gold adds up, with their tests; seconds by model."""
    left = _left_of(SILVER, data_dir, run_id)
    return _seconds(_dbt().build(["tag:seeds", "tag:silver"], _options(params), left))


@task(outlets=GOLD_ASSETS, execution_timeout=LONGEST_BUILD)
def build_gold(
    changes: dict[str, int],
    data_dir: str,
    run_id: str,
    params: Any = None,
    outlet_events: Any = None,
) -> dict[str, float]:
    """Facts, dimensions and answers with their tests; then the days are noted as done."""
    left = _left_of(GOLD, data_dir, run_id)
    nodes = _dbt().build(["tag:gold", "tag:staged"], _options(params), left)
    for asset in GOLD_ASSETS:
        outlet_events[asset].extra = {"run_id": run_id, **changes}
    return _seconds(nodes)


@task
def write_docs(data_dir: str) -> str:
    """dbt's own documentation of all models, as one file on the shared volume."""
    place = TransformFolder.of(Path(data_dir)).open().documentation
    _dbt().document(place)
    return str(place)


def _left_of(layer: str, data_dir: str, run_id: str) -> Path:
    return TransformFolder.of(Path(data_dir)).open().remaining(layer, run_id)


def _dbt() -> Any:
    from amplitude_export.transform.dbt import Dbt
    from amplitude_export.transform.profile import Profile
    from amplitude_export.warehouse.hook import WarehouseHook

    return Dbt.found(Profile.of(WarehouseHook().arguments()))


def _options(params: Any) -> list[str]:
    return ["--full-refresh"] if params and params["full_refresh"] else []


def _seconds(nodes: Any) -> dict[str, float]:
    return {node.name: node.seconds for node in nodes if node.kind == "model"}
