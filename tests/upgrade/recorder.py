"""Run the DAGs of this checkout, and record their XComs, asset events and stored data.

It imports only names that version 0.5.0 has as well, because the recorder also runs there.
"""

from __future__ import annotations

import json
import shutil
import socket
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.archives import events, gz, name, zipped
from tests.upgrade.deployment import BUCKET, Deployment
from tests.upgrade.stub_dbt import dbt_that_builds

DAILY, TRANSFORM = "amplitude_to_snowflake", "amplitude_transform"
SAMPLE = date(2026, 9, 24)
# Both are among the days that record_ledger reads, and later than those that 0.5.0 recorded.
WINDOWS, UNFINISHED = (datetime.now(UTC).date() - timedelta(days=days) for days in (40, 39))
GIVEN = {
    "dry_run": False,
    "worker_arn": "arn:aws:iam::123456789012:user/worker",
    "retention_days": None,
    "external_id": None,
    "aws_account_id": None,
    "snowflake_user_arn": None,
    "accept_weaker": False,
}
BAD_LINES = b'{"cut": \n[1]\n'
# These replace values that differ between machines.
DATA_DIR, WORKER = "/data/amplitude", "worker-1"
TABLES = {
    "amplitude_raw": "select * exclude json_data, json_data:uuid::string as uuid"
    " from amplitude.raw.amplitude_raw order by source_file, source_row",
    "amplitude_loads": "select * from amplitude.raw.amplitude_loads order by export_hour",
    "ip_networks": "select * from amplitude.raw.ip_networks order by 1, 2, 3",
}


@dataclass
class Recorder:
    """A runner of DAGs on the deployment, which writes records below `folder`."""

    dags: dict[str, Any]
    deployment: Deployment
    folder: Path

    def run(self, name: str, dag_id: str, state: str, day: date | None = None, **conf: Any) -> None:
        """Run the DAG in this process, for `day` if one is given, and record the run."""
        at = datetime(day.year, day.month, day.day, tzinfo=UTC) if day else None
        run = self.dags[dag_id].test(logical_date=at, run_conf=conf)
        assert run.state == state, name
        self.write(f"runs/{name}.json", _record(run))

    def write(self, name: str, value: Any) -> None:
        """Write the value as JSON; values that differ between machines are replaced."""
        text = json.dumps(value, indent=1, ensure_ascii=False, default=str)
        text = text.replace(str(self.deployment.volume), DATA_DIR)
        text = text.replace(str(self.deployment.volume.parent), "/opt")
        text = text.replace(socket.gethostname(), WORKER)
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{text}\n")

    def record_stored(self) -> None:
        """Record the volume, the bucket and the tables."""
        volume = self.deployment.volume
        # dbt's documentation is large, and the project does not read it.
        ignored = shutil.ignore_patterns("index.html")
        shutil.copytree(volume, self.folder / "volume", dirs_exist_ok=True, ignore=ignored)
        for entry in self.deployment.s3.list_objects_v2(Bucket=BUCKET)["Contents"]:
            path = self.folder / "bucket" / entry["Key"]
            path.parent.mkdir(parents=True, exist_ok=True)
            body = self.deployment.s3.get_object(Bucket=BUCKET, Key=entry["Key"])["Body"]
            path.write_bytes(body.read())
        for table, query in TABLES.items():
            self.write(f"tables/{table}.json", self.deployment.rows(query))

    def record_layers(self) -> None:
        """Record a failed layer of the transform, and the asset events of a successful one."""
        events: Any = defaultdict(SimpleNamespace)
        place = {"data_dir": str(self.deployment.volume), "run_id": "manual__a-transform"}
        states = {"events": "success", "sessions": "error", "clicks": "skipped"}
        with dbt_that_builds(states), pytest.raises(Exception, match="sessions"):
            function(self.dags[TRANSFORM], "build_silver")(**place)
        with dbt_that_builds({"fct_events": "success"}):
            build_gold = function(self.dags[TRANSFORM], "build_gold")
            seconds = build_gold({"days": 1, "devices": 2}, **place, outlet_events=events)
        extras = {asset.name: event.extra for asset, event in events.items()}
        self.write("layers.json", {"build_gold": seconds, "asset_events": extras})

    def record_waiting(self) -> None:
        """Record Airflow's stored state of a run that waits for its day."""
        from airflow.sdk.exceptions import TaskDeferred

        today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        run = SimpleNamespace(logical_date=today, run_after=today, run_type="scheduled")
        with pytest.raises(TaskDeferred) as deferred:
            self.dags[DAILY].get_task("wait_for_day").execute({"dag_run": run})
        classpath, kwargs = deferred.value.trigger.serialize()
        method = {"method_name": deferred.value.method_name, "kwargs": deferred.value.kwargs}
        self.write("waiting.json", {"trigger": classpath, "trigger_kwargs": kwargs, **method})

    def record_deadline(self) -> None:
        """Record the deadline as the scheduler stores it, and the callback of a queued run."""
        from airflow.models.deadline import Deadline
        from airflow.serialization.serialized_objects import DagSerialization
        from airflow.utils.session import create_session
        from sqlalchemy import select

        from tests.notices.steps import forget_runs, queue_run, write_dags

        write_dags()
        run = queue_run(datetime(2025, 6, 2, tzinfo=UTC))
        with create_session() as session:
            query = select(Deadline).where(Deadline.dagrun_id == run.id)
            stored = session.scalars(query).one().callback.data
        forget_runs()
        serialized = DagSerialization.to_dict(self.dags[DAILY])["dag"]["deadline"]
        self.write("deadline.json", {"serialized": serialized, "callback": stored})


def function(dag: Any, task_id: str) -> Callable[..., Any]:
    """Return the Python function of the DAG's task."""
    found: Callable[..., Any] = dag.get_task(task_id).python_callable
    return found


def record(dags: dict[str, Any], deployment: Deployment, folder: Path) -> Recorder:
    """Record all DAGs except the transform, which needs dbt's environment."""
    recorder = Recorder(dags, deployment, folder)
    recorder.run("setup_rendered", "amplitude_setup", "success", **{**GIVEN, "dry_run": True})
    recorder.run("setup", "amplitude_setup", "success", **GIVEN)
    recorder.run("daily", DAILY, "success", SAMPLE)
    with _windows(), _bad_lines(deployment):
        recorder.run("daily_windows", DAILY, "success", WINDOWS, quarantine=True)
    with _windows(), _refused_file(deployment):
        recorder.run("daily_unfinished", DAILY, "failed", UNFINISHED, quarantine=True)
    recorder.run("ip_networks", "amplitude_ip_networks", "success")
    recorder.run("doctor", "amplitude_doctor", "success")
    recorder.record_layers()
    recorder.record_waiting()
    recorder.record_deadline()
    return recorder


@contextmanager
def _windows() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AIRFLOW_VAR_AMPLITUDE_WINDOW_HOURS", "12")
        yield


@contextmanager
def _bad_lines(deployment: Deployment) -> Iterator[None]:
    """Let Amplitude export two lines at 02:00 that are not events."""
    parts = {(2, 0): events(3) + BAD_LINES, (5, 0): events(2, 10), (5, 1): events(1, 20)}
    _export(deployment, WINDOWS, parts)
    _export(deployment, WINDOWS, {(14, 0): events(2, 30)})
    yield
    deployment.api.recover()


@contextmanager
def _refused_file(deployment: Deployment) -> Iterator[None]:
    """Let S3 refuse one of the files; the others are sent. The second window has no events."""
    parts = {(2, 0): events(3) + BAD_LINES, (2, 1): events(1, 10)}
    _export(deployment, UNFINISHED, parts)
    nothing = {"status": 404, "body": "Raw data files were not found"}
    deployment.api.fail("status", covers=f"{UNFINISHED:%Y%m%d}T12", times=None, **nothing)
    deployment.s3_proxy.fail("put_denied", path_has=f"{UNFINISHED}_02_1", times=None)
    yield
    deployment.api.recover()
    deployment.s3_proxy.recover()


def _export(deployment: Deployment, day: date, parts: dict[tuple[int, int], bytes]) -> None:
    """Let Amplitude export these parts of hours for the window of the first part."""
    (first, _), *_ = parts
    members = {name(hour, part, f"{day}"): gz(lines) for (hour, part), lines in parts.items()}
    body = zipped(deployment.volume.parent / "export.zip", members).read_bytes()
    response = {"status": 200, "body": body, "content_type": "application/zip"}
    deployment.api.fail("status", covers=f"{day:%Y%m%d}T{first:02}", times=None, **response)


def _record(run: Any) -> dict[str, Any]:
    from airflow.models.asset import AssetEvent, AssetModel
    from airflow.models.xcom import XComModel
    from airflow.utils.session import create_session
    from sqlalchemy import select

    xcoms = select(XComModel).where(XComModel.run_id == run.run_id, XComModel.dag_id == run.dag_id)
    events = (
        select(AssetEvent, AssetModel.name)
        .join(AssetModel, AssetModel.id == AssetEvent.asset_id)
        .where(
            AssetEvent.source_run_id == run.run_id,
            AssetEvent.source_dag_id == run.dag_id,
        )
    )
    with create_session() as session:
        return {
            "dag_id": run.dag_id,
            "run_id": run.run_id,
            "state": f"{run.state}",
            "conf": run.conf,
            "logical_date": run.logical_date and run.logical_date.isoformat(),
            "tasks": [
                {"task_id": ti.task_id, "map_index": ti.map_index, "state": f"{ti.state}"}
                for ti in run.get_task_instances(session=session)
            ],
            "xcoms": [
                {"task_id": x.task_id, "map_index": x.map_index, "key": x.key, "value": x.value}
                for x in session.scalars(xcoms.order_by(XComModel.task_id, XComModel.map_index))
            ],
            "asset_events": [
                {
                    "asset": name,
                    "source_task_id": event.source_task_id,
                    "source_run_id": event.source_run_id,
                    "timestamp": event.timestamp.isoformat(),
                    "extra": event.extra,
                }
                for event, name in session.execute(events.order_by(AssetModel.name))
            ],
        }
