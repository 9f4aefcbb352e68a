"""A database of Airflow with many projects, written without running them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

from airflow.models.asset import AssetEvent, AssetModel
from airflow.models.dag import DagModel, DagTag
from airflow.models.dagbundle import DagBundleModel
from airflow.models.dagrun import DagRun
from airflow.utils.types import DagRunTriggeredByType, DagRunType
from amplitude_export.projects import daily_dag_id
from amplitude_export.window import midnight
from sqlalchemy.orm import Session

from tests.unit.page.records import hours, ledger_day

DAYS = 30
BUNDLE = "dags-folder"


def name(number: int) -> str:
    return f"p{number:03}"


def failed(number: int, back: int) -> bool:
    """Three projects of ten have a failed day; the first project has most of them."""
    return back == 1 and number % 10 < 3 or number == 0 and back < 6


def write_projects(session: Session, count: int, today: date) -> None:
    """Add the DAGs, runs and events of so many projects, and their ledger."""
    if session.get(DagBundleModel, BUNDLE) is None:
        session.add(DagBundleModel(name=BUNDLE))
    assets = {}
    for asset in ("AMPLITUDE_RAW", "AMPLITUDE_LOADS"):
        assets[asset] = AssetModel(name=asset, uri=f"{asset}/", group="")
        session.add(assets[asset])
    session.flush()
    for number in range(count):
        _write_dag(session, name(number))
        session.flush()
        for back in range(1, DAYS):
            session.add_all(_of_day(number, today - timedelta(days=back), back, assets))
        session.add(_recorded(number, today, assets))
    session.commit()


def _write_dag(session: Session, project: str) -> None:
    dag_id = daily_dag_id(project)
    tags = [
        DagTag(name=tag, dag_id=dag_id) for tag in ("amplitude", "snowflake", f"project:{project}")
    ]
    session.add(
        DagModel(dag_id=dag_id, bundle_name=BUNDLE, is_stale=False, is_paused=False, tags=tags)
    )


def _of_day(number: int, day: date, back: int, assets: dict[str, AssetModel]) -> Iterator[Any]:
    dag_id = daily_dag_id(name(number))
    begin = midnight(day)
    end = begin + timedelta(days=1, hours=3)
    run = DagRun(
        dag_id=dag_id,
        run_id=f"scheduled__{begin.isoformat()}",
        logical_date=begin,
        data_interval=(begin, begin + timedelta(days=1)),
        run_after=begin + timedelta(days=1),
        start_date=end,
        run_type=DagRunType.SCHEDULED,
        triggered_by=DagRunTriggeredByType.TIMETABLE,
        state="failed" if failed(number, back) else "success",
        queued_at=begin + timedelta(days=1),
    )
    run.end_date = end + timedelta(minutes=2)
    yield run
    if not failed(number, back):
        extra = {"day": f"{day}", "run_id": run.run_id, "files": 24, "events": 24 * 4321}
        extra |= {"bytes": 24 * 900_000, "hours": hours(4321), "query_ids": ["01b2"] * 3}
        extra |= {"quarantined": 0, "project": name(number)}
        yield AssetEvent(
            asset_id=assets["AMPLITUDE_RAW"].id,
            extra=extra,
            source_task_id="load",
            source_dag_id=dag_id,
            source_run_id=run.run_id,
            timestamp=end,
        )


def _recorded(number: int, today: date, assets: dict[str, AssetModel]) -> AssetEvent:
    at = datetime.combine(today - timedelta(days=2), datetime.min.time(), UTC)
    days = [ledger_day(at.date() - timedelta(days=back), 4321) for back in range(DAYS, 0, -1)]
    span = {"first_day": f"{today - timedelta(days=401)}", "last_day": f"{at.date()}"}
    extra = {"read_at": at.isoformat(), **span, "days": days, "project": name(number)}
    return AssetEvent(
        asset_id=assets["AMPLITUDE_LOADS"].id,
        extra=extra,
        source_task_id="record_ledger",
        source_dag_id="amplitude_doctor",
        source_run_id="manual",
        source_map_index=number,
        timestamp=at,
    )
