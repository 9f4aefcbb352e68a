"""A database of Airflow with many projects, written without running them."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from airflow.models.asset import AssetEvent, AssetModel
from airflow.models.backfill import Backfill
from airflow.models.dag import DagModel, DagTag
from airflow.models.dagbundle import DagBundleModel
from airflow.models.dagrun import DagRun
from airflow.models.serialized_dag import SerializedDagModel
from airflow.utils.types import DagRunTriggeredByType, DagRunType
from amplitude_export.projects import daily_dag_id
from amplitude_export.window import midnight
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from tests.unit.page.records import hours, ledger_day

DAYS = 30
BUNDLE = "dags-folder"


def name(number: int) -> str:
    return f"p{number:03}"


def failed(number: int, back: int) -> bool:
    """Three projects of ten have a failed day; the first one has two."""
    return back == 1 and number % 10 < 3 or number == 0 and back < 3


def write_projects(session: Session, count: int, today: date) -> None:
    """Add the DAGs, runs and events of so many projects, and their ledger."""
    if session.get(DagBundleModel, BUNDLE) is None:
        session.add(DagBundleModel(name=BUNDLE))
        session.flush()
    for number in range(count):
        write_dag(session, name(number))
        session.flush()
        for back in range(1, DAYS):
            day = today - timedelta(days=back)
            session.add(run_of(name(number), day, failed=failed(number, back)))
            if not failed(number, back):
                session.add(load_of(session, name(number), day))
        session.add(ledger_of(session, name(number), today, number))
    session.commit()


def forget_projects(session: Session) -> None:
    """Delete the DAGs of all projects but `default`, and all runs and events."""
    for model in (AssetEvent, DagRun, Backfill):
        session.execute(delete(model))
    for model in (DagTag, SerializedDagModel, DagModel):
        session.execute(delete(model).where(model.dag_id.like("amplitude_to_snowflake_%")))
    session.execute(delete(DagTag).where(DagTag.name == "project:default"))


def asset(session: Session, called: str) -> AssetModel:
    """Return the asset, which is added if Airflow does not have it."""
    found = session.scalar(select(AssetModel).where(AssetModel.name == called))
    if found is None:
        found = AssetModel(name=called, uri=f"{called}/", group="")
        session.add(found)
        session.flush()
    return found


def write_dag(session: Session, project: str, **changed: Any) -> None:
    """Add a daily DAG as the dag-processor does, but for what serializes it."""
    dag_id = daily_dag_id(project)
    names = ("amplitude", "snowflake", f"project:{project}")
    tags = [DagTag(name=tag, dag_id=dag_id) for tag in names]
    known = {"bundle_name": BUNDLE, "is_stale": False, "is_paused": False, "tags": tags}
    session.add(DagModel(dag_id=dag_id, **{**known, **changed}))


def run_of(project: str, day: date, *, failed: bool = False) -> DagRun:
    """Return the scheduled run of the day."""
    begin = midnight(day)
    end = begin + timedelta(days=1)
    run = DagRun(
        dag_id=daily_dag_id(project),
        run_id=f"scheduled__{begin.isoformat()}",
        logical_date=begin,
        data_interval=(begin, end),
        run_after=end,
        queued_at=end,
        start_date=end + timedelta(hours=3),
        run_type=DagRunType.SCHEDULED,
        triggered_by=DagRunTriggeredByType.TIMETABLE,
        state="failed" if failed else "success",
    )
    run.end_date = end + timedelta(hours=3, minutes=2)
    return run


def load_of(session: Session, project: str, day: date) -> AssetEvent:
    """Return the event of the day's load."""
    end = midnight(day) + timedelta(days=1, hours=3)
    extra = {"day": f"{day}", "run_id": "run", "files": 24, "events": 24 * 4321, "quarantined": 0}
    extra |= {"bytes": 24 * 900_000, "hours": hours(4321), "query_ids": ["01b2"] * 3}
    return AssetEvent(
        asset_id=asset(session, "AMPLITUDE_RAW").id,
        extra={**extra, "project": project},
        source_task_id="load",
        source_dag_id=daily_dag_id(project),
        source_run_id="run",
        timestamp=end,
    )


def ledger_of(session: Session, project: str, today: date, index: int) -> AssetEvent:
    """Return the event of the doctor, two days ago: the mapped task `index` has read the ledger."""
    at = midnight(today - timedelta(days=2))
    days = [ledger_day(at.date() - timedelta(days=back), 4321) for back in range(DAYS, 0, -1)]
    span = {"first_day": f"{today - timedelta(days=401)}", "last_day": f"{at.date()}"}
    return AssetEvent(
        asset_id=asset(session, "AMPLITUDE_LOADS").id,
        extra={"read_at": at.isoformat(), **span, "days": days, "project": project},
        source_task_id="record_ledger",
        source_dag_id="amplitude_doctor",
        source_run_id="manual",
        source_map_index=index,
        timestamp=at,
    )
