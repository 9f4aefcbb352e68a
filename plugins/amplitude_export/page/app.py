"""The page and its endpoint, an application that is mounted in the api-server's.

    path               content                               visible to users who
    /                  the page, without data                (everyone)
    /static/…          its scripts and styles                (everyone)
    /api/days          the grid, JSON                        can see the daily DAG's runs
    /api/days.csv      the same hours, CSV                   can see the daily DAG's runs
    /api/days/<day>    one day in detail                     can see the daily DAG's runs
    /dbt/              dbt's documentation of the tables     can see amplitude_transform's runs
    /runbook           docs/runbook.md                       are logged in

The page starts runs through Airflow's own API, from the browser and with the user's rights.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity
from airflow.api_fastapi.core_api.security import GetUserDep, requires_access_dag
from airflow.models.backfill import Backfill
from airflow.models.dagrun import DagRun
from airflow.models.variable import Variable
from airflow.utils.session import create_session
from airflow.utils.state import DagRunState
from fastapi import APIRouter, Depends, FastAPI, HTTPException, Query, Request, Response
from fastapi.exception_handlers import http_exception_handler
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse, RedirectResponse
from sqlalchemy import select
from starlette.staticfiles import StaticFiles

from amplitude_export.page import responses, runbook
from amplitude_export.page.days import Day, day_of, days_of
from amplitude_export.page.reader import Attempt, read_attempt, read_records
from amplitude_export.page.rest import Airflow, Refused
from amplitude_export.page.summary import summary_of
from amplitude_export.settings import DAILY, DATA_DIR, TRANSFORM
from amplitude_export.window import utc_day
from amplitude_export.workspace import TransformFolder

MAX_DAYS = 400
FILES = Path(__file__).parent / "static"
# Nothing from other hosts, nothing inline, and no frame but Airflow's.
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-cache",
}
# dbt's page has its script inline, so it runs in a sandbox: an origin of its own, without cookies.
DBT_HEADERS = {
    "Content-Security-Policy": "sandbox allow-scripts; default-src 'none'; "
    "script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; img-src data:; "
    "font-src data:; frame-ancestors 'self'",
}
# No data stays in the cache of a shared computer.
DATA_HEADERS = {"Cache-Control": "private, no-store"}

app = FastAPI(title="Amplitude", openapi_url=None)
endpoint = APIRouter(
    prefix="/api/days",
    dependencies=[Depends(requires_access_dag("GET", DagAccessEntity.RUN, DAILY))],
)


def utc_now() -> datetime:
    """Return the time in UTC."""
    return datetime.now(UTC)


def airflow_of(request: Request) -> Airflow:
    """Return Airflow's API with the credentials of this request."""
    return Airflow(request.scope["amplitude.parent"], request.headers, read_xcom)


def read_xcom(key: str, stored: Any) -> Any:
    """Return the value of an XCom from the configured backend, as a task reads it.

    Airflow's API leaves that out. The imports are inside: they fail if the backend is missing.
    """
    from airflow.sdk.execution_time import xcom
    from airflow.sdk.execution_time.comms import XComResult

    return xcom.XCom.deserialize_value(XComResult(key=key, value=stored))


def stuck_runs() -> frozenset[str]:
    """Return the ids of the daily DAG's runs that are queued for a backfill that was cancelled.

    Airflow never starts these (apache/airflow#72337), and its API does not tell a run's backfill.
    Not a coroutine, so that the query runs in a thread.
    """
    with create_session(scoped=False) as session:
        found = select(DagRun.run_id).join(Backfill, DagRun.backfill_id == Backfill.id)
        found = found.where(DagRun.dag_id == DAILY, DagRun.state == DagRunState.QUEUED)
        ended = Backfill.is_paused.is_(True), Backfill.completed_at.is_not(None)
        return frozenset(session.scalars(found.where(*ended)))


Now = Annotated[datetime, Depends(utc_now)]
Api = Annotated[Airflow, Depends(airflow_of)]
Stuck = Annotated[frozenset[str], Depends(stuck_runs)]
Count = Annotated[
    int, Query(alias="days", ge=1, le=MAX_DAYS, description="Number of days, including today.")
]


@app.middleware("http")
async def add_headers(request: Request, call_next: Any) -> Response:
    """Add the headers that restrict what the browser does with a response."""
    response: Response = await call_next(request)
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if "/api/" in request.url.path:
        response.headers.update(DATA_HEADERS)
    return response


@app.exception_handler(Refused)
async def forward_error(request: Request, refused: Refused) -> JSONResponse:
    """Forward an error of Airflow's API; its own faults become 502, Bad Gateway."""
    status = refused.status if refused.status < 500 else 502
    return JSONResponse({"detail": f"Airflow's API: {refused.detail}"}, status)


async def _days(airflow: Airflow, stuck: frozenset[str], now: datetime, count: int) -> list[Day]:
    last_day = utc_day(now)
    first_day = last_day - timedelta(days=count - 1)
    return days_of(await read_records(airflow, first_day, last_day, stuck), now, count)


@endpoint.get("")
async def get_days(
    request: Request, airflow: Api, stuck: Stuck, now: Now, user: GetUserDep, count: Count = 30
) -> responses.Body:
    """Return the grid and its header."""
    dag, days = await airflow.dag(), await _days(airflow, stuck, now, count)
    return responses.grid_body(
        days, summary_of(days, now), now, paused=dag["is_paused"], may_load=_may_load(request, user)
    )


@endpoint.get(".csv")
async def get_csv(airflow: Api, stuck: Stuck, now: Now, count: Count = 30) -> Response:
    """Return the hours of the grid as a CSV file."""
    text = responses.csv_body(await _days(airflow, stuck, now, count))
    name = f'attachment; filename="amplitude-days-{utc_day(now)}.csv"'
    return Response(text, media_type="text/csv", headers={"Content-Disposition": name})


@endpoint.get("/{day}")
async def get_day(airflow: Api, stuck: Stuck, now: Now, day: date) -> responses.Body:
    """Return one day in detail, with the tasks of the run that was started last."""
    today = utc_day(now)
    if not timedelta() <= today - day < timedelta(days=MAX_DAYS):
        raise HTTPException(404, f"{day} is not one of the last {MAX_DAYS} days up to {today}.")
    found = day_of(await read_records(airflow, day, day, stuck), day, now)
    attempt = await read_attempt(airflow, found.run) if found.run else Attempt()
    return responses.day_body(found, attempt)


def _may_load(request: Request, user: Any) -> bool:
    """Return True if the user has the right that Airflow requires to create a backfill."""
    try:
        requires_access_dag("POST", DagAccessEntity.RUN, DAILY)(request, user)
    except HTTPException:
        return False
    return True


@app.get(
    "/dbt/", dependencies=[Depends(requires_access_dag("GET", DagAccessEntity.RUN, TRANSFORM))]
)
def get_dbt_documentation() -> FileResponse:
    """Return the documentation that the newest run of the transform wrote.

    Not a coroutine, so that it runs in a thread: reading a Variable blocks.
    """
    file = TransformFolder.of(Path(Variable.get(DATA_DIR))).documentation
    if not file.exists():
        raise HTTPException(
            404, f"No documentation yet: the next run of {TRANSFORM} writes it to the volume."
        )
    return FileResponse(file, headers=DBT_HEADERS)


@app.get("/runbook")
def get_runbook(user: GetUserDep) -> HTMLResponse:
    """Return the runbook; links in logs and notices lead to its sections."""
    if not runbook.FILE.exists():
        raise HTTPException(404, "docs/runbook.md is not installed beside plugins/.")
    return HTMLResponse(runbook.render(runbook.FILE.read_text("utf-8")))


@app.exception_handler(401)
async def log_in_first(request: Request, error: HTTPException) -> Response:
    """Send the reader of the runbook to Airflow's login and back; scripts get the error."""
    if not request.url.path.endswith("/runbook"):
        return await http_exception_handler(request, error)
    return RedirectResponse(f"../api/v2/auth/login?next={quote(request.url.path, safe='')}")


@app.get("/", include_in_schema=False)
async def get_page() -> FileResponse:
    """Return the page itself."""
    return FileResponse(FILES / "index.html")


app.include_router(endpoint)
app.mount("/static", StaticFiles(directory=FILES))
