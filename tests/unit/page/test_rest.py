"""The page's calls of Airflow: in process, a few in parallel, with the caller's rights."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

import pytest
from amplitude_export.page.rest import Airflow, Refused, Unreadable
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse


@dataclass
class Api:
    """An application that counts parallel calls and records their headers."""

    inside: int = 0
    most: int = 0
    headers: list[dict[str, str]] = field(default_factory=list)

    @property
    def app(self) -> FastAPI:
        app = FastAPI()

        @app.get("/api/v2/{path:path}")
        async def answer(request: Request, path: str) -> Any:
            self.headers.append(dict(request.headers))
            self.inside += 1
            self.most = max(self.most, self.inside)
            await asyncio.sleep(0)
            self.inside -= 1
            if "gone" in path:
                return JSONResponse({"detail": "no such XCom"}, 404)
            if "broken" in path:
                raise RuntimeError("a fault of Airflow's")
            return {"value": path}

        return app


def task(run: str) -> dict[str, Any]:
    return {"dag_run_id": run, "task_id": "load", "map_index": -1}


def test_a_hundred_failed_days_are_read_six_at_a_time() -> None:
    """The tasks need the api-server's threads and connections as well."""
    api = Api()
    found = asyncio.run(
        Airflow(api.app, {}, "a_dag").results([task(f"run {n}") for n in range(100)])
    )
    assert len(found) == 100
    assert 1 < api.most <= 6


def test_a_missing_xcom_is_none() -> None:
    """The run can have been cleared since."""
    assert asyncio.run(Airflow(Api().app, {}, "a_dag").results([task("gone")])) == [None]


def test_an_error_in_airflow_is_an_error_response() -> None:
    """It has a status, and is not an exception of the page."""
    with pytest.raises(Refused) as refused:
        asyncio.run(Airflow(Api().app, {}, "broken").dag())
    assert refused.value.status == 500


def test_an_xcom_that_airflow_cannot_return_is_unreadable() -> None:
    """Such as NaN; the page shows everything else."""
    (found,) = asyncio.run(Airflow(Api().app, {}, "a_dag").results([task("broken")]))
    assert isinstance(found, Unreadable)
    assert "Internal Server Error" in found.why


def test_only_the_callers_credentials_are_forwarded() -> None:
    """No other header of the request."""
    api = Api()
    given = {"cookie": "_token=t", "authorization": "Bearer t", "x-forwarded-for": "10.0.0.1"}
    asyncio.run(Airflow(api.app, given, "a_dag").results([task("run")]))
    assert (api.headers[0]["cookie"], api.headers[0]["authorization"]) == ("_token=t", "Bearer t")
    assert "x-forwarded-for" not in api.headers[0]
