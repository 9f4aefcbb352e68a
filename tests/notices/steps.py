"""The steps of Airflow's components that lead to a notice, one at a time, in this process."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import psutil
import structlog
import uuid6
from airflow.callbacks.callback_requests import DagCallbackRequest
from airflow.dag_processing.bundles.manager import DagBundlesManager
from airflow.dag_processing.dagbag import BundleDagBag, sync_bag_to_db
from airflow.dag_processing.processor import _execute_dag_callbacks
from airflow.models.callback import Callback
from airflow.models.dagrun import DagRun
from airflow.models.deadline import Deadline
from airflow.models.serialized_dag import SerializedDagModel
from airflow.models.trigger import Trigger
from airflow.sdk.execution_time.supervisor import (
    InProcessSupervisorComms,
    InProcessTestSupervisor,
    set_supervisor_comms,
)
from airflow.triggers.callback import CallbackTrigger
from airflow.utils.session import create_session
from airflow.utils.state import DagRunState
from airflow.utils.types import DagRunTriggeredByType, DagRunType
from sqlalchemy import delete, select

DAILY = "amplitude_to_snowflake"
DAY = timedelta(days=1)


def write_dags() -> None:
    """Write the scheduler's copies of the DAGs to the database, as the dag-processor does."""
    manager = DagBundlesManager()
    manager.sync_bundles_to_db()
    (bundle,) = manager.get_all_dag_bundles()
    bundle.initialize()
    bag = BundleDagBag(bundle.path, bundle_path=bundle.path, bundle_name=bundle.name)
    sync_bag_to_db(bag, bundle.name, bundle.version)


def queue_run(day: datetime, kind: str = "scheduled") -> DagRun:
    """Create the day's run as the scheduler does, with its deadline."""
    run_type, after = DagRunType(kind), day + DAY
    run_id = DagRun.generate_run_id(run_type=run_type, logical_date=day, run_after=after)
    with create_session() as session:
        dag = SerializedDagModel.get_dag(DAILY, session=session)
        return dag.create_dagrun(
            run_id=run_id,
            logical_date=day,
            data_interval=(day, after),
            run_after=after,
            run_type=run_type,
            triggered_by=DagRunTriggeredByType.TIMETABLE,
            state=DagRunState.QUEUED,
            session=session,
        )


def change(run: DagRun, tasks: dict[str, str] | None = None, **values: Any) -> None:
    """Change the run's values and the states of its tasks."""
    with create_session() as session:
        found = session.get_one(DagRun, run.id)
        for name, value in values.items():
            setattr(found, name, value)
        for instance in found.get_task_instances(session=session):
            instance.state = (tasks or {}).get(instance.task_id, instance.state)


def forget_runs() -> None:
    """Delete these runs and their open callbacks: other tests share the database."""
    with create_session() as session:
        session.execute(delete(DagRun).where(DagRun.logical_date.between(at(1), at(30))))
        session.execute(delete(Callback))
        session.execute(delete(Trigger).where(Trigger.classpath.endswith("CallbackTrigger")))


def state_of(run: DagRun) -> str:
    """Return the run's state in the database."""
    with create_session() as session:
        return f"{session.get_one(DagRun, run.id).state}"


def clear(run: DagRun) -> DagRun:
    """Clear the run, as the button in the UI does."""
    with create_session() as session:
        dag = SerializedDagModel.get_dag(DAILY, session=session)
        dag.clear(run_id=run.run_id, session=session)
        return session.get_one(DagRun, run.id)


def callback(run: DagRun, success: bool) -> DagCallbackRequest:
    """Return the scheduler's request to the dag-processor for a run that has ended."""
    with create_session() as session:
        found = session.get_one(DagRun, run.id)
        state = "success" if success else "failed"
        ended = [i for i in found.get_task_instances(session=session) if i.state == state]
        request = found.produce_dag_callback(
            dag=SerializedDagModel.get_dag(DAILY, session=session),
            success=success,
            relevant_ti=ended[-1] if ended else None,
            reason="success" if success else "task_failure",
        )
        return DagCallbackRequest.from_json(request.to_json())


def fail(run: DagRun, bag: Any) -> None:
    """Run the callback of a failed run, as the dag-processor does."""
    _call_back(run, bag, success=False)


def succeed(run: DagRun, bag: Any) -> None:
    """Run the callback of a successful run, as the dag-processor does."""
    _call_back(run, bag, success=True)


def _call_back(run: DagRun, bag: Any, success: bool) -> None:
    with supervised(bag.dags[DAILY]):
        _execute_dag_callbacks(bag, callback(run, success), structlog.get_logger())


def deadline_of(run: DagRun) -> datetime | None:
    """Return the time by which the run has to be complete, or None."""
    query = select(Deadline.deadline_time).join(DagRun).where(DagRun.run_id == run.run_id)
    with create_session() as session:
        return session.scalar(query)


def queue_deadline_callback(run: DagRun) -> None:
    """Queue the callback of a missed deadline, as the scheduler does."""
    query = select(Deadline).join(DagRun).where(DagRun.run_id == run.run_id)
    with create_session() as session:
        session.scalars(query).one().handle_miss(session)


def miss_deadline(run: DagRun, bag: Any) -> list[str]:
    """Run the callback, as the triggerer does, and return the states of its trigger."""
    queue_deadline_callback(run)
    query = select(Deadline).join(DagRun).where(DagRun.run_id == run.run_id)
    with create_session() as session:
        trigger = CallbackTrigger(**session.scalars(query).one().callback.trigger.kwargs)
    with supervised(bag.dags[DAILY]):
        return asyncio.run(_states(trigger))


async def _states(trigger: CallbackTrigger) -> list[str]:
    return [f"{event.payload['state']}" async for event in trigger.run()]


@contextmanager
def supervised(dag: Any) -> Iterator[None]:
    """Give the block access to Variables, XComs and states, as in Airflow's component."""
    supervisor = InProcessTestSupervisor(
        id=uuid6.uuid7(),
        pid=os.getpid(),
        process=psutil.Process(),
        process_log=structlog.get_logger(),
        client=InProcessTestSupervisor._api_client(dag),
    )
    supervisor.comms = InProcessSupervisorComms(supervisor=supervisor)
    with set_supervisor_comms(supervisor.comms):
        yield


def at(day: int, hour: float = 0) -> datetime:
    """Return a time in June 2025, whose days no other test runs."""
    return datetime(2025, 6, day, tzinfo=UTC) + timedelta(hours=hour)
