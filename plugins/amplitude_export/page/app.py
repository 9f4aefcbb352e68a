"""The page and its endpoint, an application that is mounted in the api-server's.

    path               content                               visible to users who
    /                  the page, without data                (everyone)
    /static/…          its scripts and styles                (everyone)
    /api/days          the grid or all projects, JSON        can see the runs of a project's DAG
    /api/days.csv      the same hours, CSV                   can see the runs of a project's DAG
    /api/days/<day>    one day in detail                     can see the runs of the project's DAG
    /dbt/              dbt's documentation of the tables     can see amplitude_transform's runs
    /runbook           docs/runbook.md                       are logged in

The page starts runs through Airflow's own API, from the browser and with the user's rights.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote

from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity
from airflow.api_fastapi.core_api.security import GetUserDep, requires_access_dag
from airflow.models.variable import Variable
from fastapi import Depends, FastAPI, HTTPException, Request, Response
from fastapi.exception_handlers import http_exception_handler
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse, RedirectResponse
from starlette.staticfiles import StaticFiles

from amplitude_export.errors import PipelineError
from amplitude_export.page import runbook
from amplitude_export.page.endpoint import endpoint
from amplitude_export.page.rest import Refused
from amplitude_export.settings import DATA_DIR, TRANSFORM
from amplitude_export.shared_folders import TransformFolder
from amplitude_export.volume import read_file

FILES = Path(__file__).parent / "static"
# Nothing from other hosts, nothing inline, and no frame but Airflow's.
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    # Data and documentation do not stay in the cache of a shared computer.
    "Cache-Control": "private, no-store",
}
# The page's own files have no data; the browser asks whether they have changed.
CACHED = {"Cache-Control": "no-cache"}
# dbt's page has its script inline, so it runs in a sandbox: an origin of its own, without cookies.
DBT_HEADERS = {
    "Content-Security-Policy": "sandbox allow-scripts; default-src 'none'; "
    "script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; img-src data:; "
    "font-src data:; frame-ancestors 'self'",
}

app = FastAPI(title="Amplitude", openapi_url=None)


@app.middleware("http")
async def add_headers(request: Request, call_next: Any) -> Response:
    """Add the headers that restrict what the browser does with a response."""
    response: Response = await call_next(request)
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response


@app.exception_handler(Refused)
async def forward_error(request: Request, refused: Refused) -> JSONResponse:
    """Forward an error of Airflow's API; its own faults become 502, Bad Gateway."""
    status = refused.status if refused.status < 500 else 502
    return JSONResponse({"detail": f"Airflow's API: {refused.detail}"}, status)


@app.get(
    "/dbt/", dependencies=[Depends(requires_access_dag("GET", DagAccessEntity.RUN, TRANSFORM))]
)
def get_dbt_documentation() -> HTMLResponse:
    """Return the documentation that the newest run of the transform wrote.

    Not a coroutine, so that it runs in a thread: reading a Variable blocks.
    """
    try:
        file = TransformFolder.of(Path(Variable.get(DATA_DIR, ""))).documentation
        return HTMLResponse(read_file(file), headers=DBT_HEADERS)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise HTTPException(
            404, f"No documentation yet: the next run of {TRANSFORM} writes it to the volume."
        ) from error
    except (PipelineError, OSError) as error:
        why = error.what if isinstance(error, PipelineError) else error.strerror
        raise HTTPException(404, f"The documentation cannot be read. {why}") from error


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
    return FileResponse(FILES / "index.html", headers=CACHED)


class _Static(StaticFiles):
    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        response = super().file_response(*args, **kwargs)
        response.headers.update(CACHED)
        return response


app.include_router(endpoint)
app.mount("/static", _Static(directory=FILES))
