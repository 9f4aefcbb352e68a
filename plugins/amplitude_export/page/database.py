"""What the page reads from Airflow's database itself.

Airflow's API leaves it out (the backfill of a run), or takes seconds for it (the runs and loads of
a hundred projects). None of these functions checks rights: the caller passes the ids of DAGs whose
runs the user is allowed to see.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any

from airflow.models.asset import AssetEvent, AssetModel
from airflow.models.backfill import Backfill
from airflow.models.dag import DagModel, DagTag
from airflow.models.dagrun import DagRun
from airflow.utils.session import create_session
from airflow.utils.state import DagRunState
from sqlalchemy import Select, Text, cast, func, or_, select

from amplitude_export.ledger import DEFAULT_PROJECT
from amplitude_export.page.overview import DagRecords
from amplitude_export.page.projects import DailyDag
from amplitude_export.page.records import project_of
from amplitude_export.projects import DAILY_TAGS, PROJECT_TAG, daily_dag_id
from amplitude_export.settings import (
    COMPARE_AGAIN,
    DOCTOR,
    INVENTORY,
    INVENTORY_TAKEN,
    LEDGER_READ,
    LOAD,
    LOAD_AGAIN,
    LOADED,
    LOOKED_AGAIN,
    RECORD_LEDGER,
    RELOAD,
    TAKE_INVENTORY,
)
from amplitude_export.window import midnight, utc_day


def daily_dags() -> list[DailyDag]:
    """Return every daily DAG that Airflow has ever parsed and not deleted, found by its tags."""
    query = select(DagModel.dag_id, DagModel.is_stale, DagModel.is_paused, DagTag.name)
    query = query.join(DagTag, DagTag.dag_id == DagModel.dag_id)
    query = query.where(DagTag.name.startswith(PROJECT_TAG))
    for tag in DAILY_TAGS:
        query = query.where(DagModel.tags.any(DagTag.name == tag))
    return [
        DailyDag(tag.removeprefix(PROJECT_TAG), dag_id, not stale, paused)
        for dag_id, stale, paused, tag in _rows(query)
    ]


def stuck_runs(dag_ids: Collection[str]) -> dict[str, frozenset[str]]:
    """Return, by DAG, the ids of runs that are queued for a backfill that was cancelled.

    Airflow never starts these (apache/airflow#72337), and its API does not tell a run's backfill.
    """
    query = select(DagRun.dag_id, DagRun.run_id).join(Backfill, DagRun.backfill_id == Backfill.id)
    query = query.where(DagRun.dag_id.in_(dag_ids), DagRun.state == DagRunState.QUEUED)
    ended = Backfill.is_paused.is_(True), Backfill.completed_at.is_not(None)
    found = defaultdict(set)
    for dag_id, run_id in _rows(query.where(*ended)):
        found[dag_id].add(run_id)
    return {dag_id: frozenset(run_ids) for dag_id, run_ids in found.items()}


def records_since(
    first_day: date, dag_ids: Collection[str], looks: Mapping[str, str], *, reloads: bool
) -> Mapping[str, DagRecords]:
    """Return what Airflow has of these DAGs since `first_day`, in the form of its API, by DAG.

    `looks` has the daily DAG of each DAG that looks again at the same project. Loads from the
    bucket are among the records only with `reloads`.
    """
    since = midnight(first_day)
    found: defaultdict[str, DagRecords] = defaultdict(DagRecords)
    for run in _rows(_runs(since, dag_ids)):
        found[run.dag_id].runs.append(run._mapping)
    for event in _rows(_events(since, LOADED, LOAD, dag_ids)):
        found[event.source_dag_id].loads.append(event._mapping)
    for event in _rows(_events(since, LOADED, LOAD_AGAIN, looks)):
        found[looks[event.source_dag_id]].again.append(event._mapping)
    for event in _rows(_events(since, LOOKED_AGAIN, COMPARE_AGAIN, looks)):
        found[looks[event.source_dag_id]].looks.append(event._mapping)
    for event in _rows(_events(since, LOADED, LOAD, [RELOAD] if reloads else [])):
        found[daily_dag_id(f"{project_of(event._mapping)}")].again.append(event._mapping)
    for run in _rows(_oldest_runs(dag_ids)):
        found[run.dag_id].oldest_run = run.logical_date and utc_day(run.logical_date)
    return found


def recorded_ledgers() -> dict[str, int]:
    """Return the id of the newest event of `record_ledger` of each project."""
    # By the index of the mapped task, and not by run: the doctor's run can be under way.
    newest = _of_asset(select(func.max(AssetEvent.id)), LEDGER_READ, RECORD_LEDGER)
    newest = newest.where(AssetEvent.source_dag_id == DOCTOR).group_by(AssetEvent.source_map_index)
    project = func.coalesce(AssetEvent.extra["project"].as_string(), DEFAULT_PROJECT)
    query = select(project, AssetEvent.id).where(AssetEvent.id.in_(newest))
    return dict(map(tuple, _rows(query.order_by(AssetEvent.id))))


def extras(event_ids: Collection[int]) -> list[tuple[str, datetime]]:
    """Return the `extra` of these asset events, as text, and their times."""
    # As text: that of a ledger is large, and the page needs few of its days.
    query = select(cast(AssetEvent.extra, Text), AssetEvent.timestamp)
    query = query.where(AssetEvent.id.in_(event_ids))
    return [(text, at) for text, at in _rows(query)] if event_ids else []


def newest_inventory(project: str, day: date) -> tuple[str, datetime] | None:
    """Return the `extra`, as text, and the time of the newest inventory that covers the day."""
    of, first, last = (
        AssetEvent.extra[name].as_string() for name in ("project", "first_day", "last_day")
    )
    taken = _of_asset(select(AssetEvent.id), INVENTORY_TAKEN, TAKE_INVENTORY)
    taken = taken.where(
        AssetEvent.source_dag_id == INVENTORY,
        or_(of.is_(None), of == project),
        or_(first.is_(None), first <= f"{day}"),
        or_(last.is_(None), last >= f"{day}"),
    )
    newest = [event_id for (event_id,) in _rows(taken.order_by(AssetEvent.id.desc()).limit(1))]
    return next(iter(extras(newest)), None)


def _runs(since: datetime, dag_ids: Collection[str]) -> Select[Any]:
    """No run is due before its day begins."""
    columns = (
        *(DagRun.dag_id, DagRun.run_id.label("dag_run_id"), DagRun.run_type),
        *(DagRun.state.label("state"), DagRun.logical_date, DagRun.run_after),
        *(DagRun.queued_at, DagRun.start_date, DagRun.end_date),
    )
    return select(*columns).where(DagRun.dag_id.in_(dag_ids), DagRun.run_after >= since)


def _oldest_runs(dag_ids: Collection[str]) -> Select[Any]:
    succeeded = DagRun.dag_id.in_(dag_ids), DagRun.state == DagRunState.SUCCESS
    oldest = func.min(DagRun.logical_date).label("logical_date")
    return select(DagRun.dag_id, oldest).where(*succeeded).group_by(DagRun.dag_id)


def _events(since: datetime, asset: str, task_id: str, dag_ids: Collection[str]) -> Select[Any]:
    """No day is loaded before it begins."""
    columns = (
        *(AssetEvent.id, AssetEvent.extra, AssetEvent.timestamp),
        *(AssetEvent.source_dag_id, AssetEvent.source_run_id),
    )
    events = _of_asset(select(*columns), asset, task_id)
    return events.where(AssetEvent.source_dag_id.in_(dag_ids), AssetEvent.timestamp >= since)


def _of_asset(query: Select[Any], asset: str, task_id: str) -> Select[Any]:
    # By its id instead of a join: the table has an index of assets and times.
    asset_ids = select(AssetModel.id).where(AssetModel.name == asset)
    return query.where(AssetEvent.asset_id.in_(asset_ids), AssetEvent.source_task_id == task_id)


def _rows(query: Select[Any]) -> Any:
    with create_session(scoped=False) as session:
        return session.execute(query).all()
