"""The endpoint: the days of one project, or of all of them at a glance; see docs/page.md."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Annotated, Any

from airflow.api_fastapi.core_api.security import GetUserDep
from fastapi import APIRouter, HTTPException, Query, Response
from fastapi.concurrency import run_in_threadpool

from amplitude_export.page import database, responses, rights
from amplitude_export.page.choice import Api, Choice, Chosen, Now, One
from amplitude_export.page.days import Records, day_of, days_of
from amplitude_export.page.overview import DagRecords, ProjectDays, project_days, worst_first
from amplitude_export.page.projects import ShownProject
from amplitude_export.page.reader import Attempt, read_attempt, read_records
from amplitude_export.page.records import (
    DayInventory,
    Ledger,
    inventory_of,
    ledgers_of,
    oldest_day,
)
from amplitude_export.page.rest import Airflow
from amplitude_export.page.summary import summary_of
from amplitude_export.settings import INVENTORY
from amplitude_export.window import utc_day

MAX_DAYS = 400
# Of several projects at once: other users would wait while more of them are computed.
MAX_DAYS_OF_ALL = 30

Count = Annotated[
    int, Query(alias="days", ge=1, le=MAX_DAYS, description="Number of days, including today.")
]

endpoint = APIRouter(prefix="/api/days")


@endpoint.get("")
async def get_days(
    choice: Chosen, airflow: Api, now: Now, user: GetUserDep, count: Count = 30
) -> responses.Body:
    """Return the grid and its header, or all projects at a glance."""
    project = choice.chosen
    if project is None:
        rows = await run_in_threadpool(_all_days, choice, now, count)
        return responses.overview_body(worst_first(rows), choice.projects, now)
    dag = await airflow.dag() if airflow else {"is_paused": False}
    days = days_of(await _records(choice, project, airflow, now, *_span(now, count)), now, count)
    may_load = not project.removed and await run_in_threadpool(
        rights.can_load, user, project.dag_id
    )
    return responses.grid_body(
        ProjectDays(project, days),
        choice.projects,
        summary_of(days, now),
        now,
        paused=dag["is_paused"],
        may_load=may_load,
    )


@endpoint.get(".csv")
async def get_csv(choice: Chosen, airflow: Api, now: Now, count: Count = 30) -> Response:
    """Return the hours of the grid, or those of all projects, as a CSV file."""
    project = choice.chosen
    if project is None:
        rows: Sequence[ProjectDays] = await run_in_threadpool(_all_days, choice, now, count)
    else:
        records = await _records(choice, project, airflow, now, *_span(now, count))
        rows = [ProjectDays(project, days_of(records, now, count))]
    name = f'attachment; filename="amplitude-days-{utc_day(now)}.csv"'
    headers = {"Content-Disposition": name}
    return Response(responses.csv_body(rows), media_type="text/csv", headers=headers)


@endpoint.get("/{day}")
async def get_day(
    choice: Chosen, project: One, airflow: Api, now: Now, user: GetUserDep, day: date
) -> responses.Body:
    """Return one day in detail, with the tasks of the run that was started last."""
    today = utc_day(now)
    if not timedelta() <= today - day < timedelta(days=MAX_DAYS):
        raise HTTPException(404, f"{day} is not one of the last {MAX_DAYS} days up to {today}.")
    found = day_of(await _records(choice, project, airflow, now, day, day), day, now)
    attempt = await read_attempt(airflow, found.run) if airflow and found.run else Attempt()
    inventory = await run_in_threadpool(_inventory, user, project.name, day)
    return responses.day_body(project, found, attempt, inventory)


def _inventory(user: Any, project: str, day: date) -> DayInventory | None:
    if not rights.can_see_dag(user, INVENTORY):
        return None
    newest = database.newest_inventory(project, day)
    return inventory_of(*newest, project, day) if newest else None


def _span(now: datetime, count: int) -> tuple[date, date]:
    last_day = utc_day(now)
    return last_day - timedelta(days=count - 1), last_day


async def _records(
    choice: Choice,
    project: ShownProject,
    airflow: Airflow | None,
    now: datetime,
    first_day: date,
    last_day: date,
) -> Records:
    """Read the project's records; if its DAG was deleted, only the ledger has any."""
    ledgers = await run_in_threadpool(_ledgers, choice, [project], first_day)
    ledger = ledgers.get(project.name)
    if airflow is None:
        return Records(ledger=ledger, first_day=oldest_day((), ledger, None), removed=True)
    return await read_records(
        airflow,
        first_day,
        last_day,
        project=project.name,
        ledger=ledger,
        stuck=choice.stuck.get(project.dag_id, ()),
        wanted_from=project.first_day,
        removed=project.removed,
        today=utc_day(now),
    )


def _ledgers(
    choice: Choice, projects: Sequence[ShownProject], first_day: date
) -> dict[str, Ledger]:
    recorded = choice.recorded
    extras = database.extras([recorded[each.name] for each in projects if each.name in recorded])
    return ledgers_of(extras, first_day)


def _all_days(choice: Choice, now: datetime, count: int) -> list[ProjectDays]:
    count = min(count, MAX_DAYS_OF_ALL)
    shown = choice.projects.shown
    first_day, _ = _span(now, count)
    ledgers = _ledgers(choice, shown, first_day)
    dag_ids = [project.dag_id for project in shown]
    found = database.records_since(first_day, dag_ids, choice.looks, reloads=choice.reloads)
    return [
        project_days(
            project,
            found.get(project.dag_id, DagRecords()),
            ledgers.get(project.name),
            choice.stuck.get(project.dag_id, ()),
            now,
            count,
        )
        for project in shown
    ]
