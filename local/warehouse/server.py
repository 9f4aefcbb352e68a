"""Snowflake's wire protocol, as fakesnow serves it, with three differences.

No answer is an HTTP 500, which the connector would retry for ever; a query that takes long is
answered `in progress` and asked for again, so that no client times out or sends it twice; the
session parameters of the login are kept.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import fakesnow.server as fakesnow_server
from fakesnow.dialect import parse_one
from snowflake.connector.errors import ProgrammingError
from sqlglot import Expr, exp
from sqlglot.errors import SqlglotError
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from local.warehouse.connection import Connection
from local.warehouse.errors import as_snowflake
from local.warehouse.store import Store

log = logging.getLogger(__name__)
# Snowflake's code for "ask again at this address". It says so after 45 s; here sooner, because
# connections with a short network_timeout would give up by then.
IN_PROGRESS = "333333"
ASK_AGAIN_SECONDS = 4
SESSION_GONE = "390111"

Endpoint = Callable[[Request], Awaitable[JSONResponse]]


class Queries:
    """The queries under way, by the client's request id: a request sent twice runs once."""

    def __init__(self) -> None:
        self._running: dict[str, asyncio.Task[JSONResponse]] = {}

    async def start(self, request: Request) -> JSONResponse:
        """The query's answer, or the address at which to ask for it."""
        request_id = request.query_params.get("requestId", "")
        if request_id not in self._running:
            await request.body()
            self._running[request_id] = asyncio.create_task(_answered(_query, request))
        return await self._wait(request_id)

    async def result(self, request: Request) -> JSONResponse:
        """Like start, for the query that the address names."""
        request_id = request.path_params["request_id"]
        if request_id not in self._running:
            return _failure("000709", "02000", f"Statement {request_id} not found")
        return await self._wait(request_id)

    async def _wait(self, request_id: str) -> JSONResponse:
        query = self._running[request_id]
        done, _ = await asyncio.wait([query], timeout=ASK_AGAIN_SECONDS)
        if not done:
            return _in_progress(request_id)
        self._running.pop(request_id, None)
        return query.result()


def app(store: Store) -> Starlette:
    """The server of one store. fakesnow keeps its own in module variables, so one a process."""
    fakesnow_server.shared_fs = store
    vars(fakesnow_server)["parse_one"] = _parse
    queries = Queries()
    kept = [route for route in fakesnow_server.routes if route.path not in REPLACED]
    return Starlette(
        routes=[
            Route("/session/v1/login-request", _safe(_login), methods=["POST"]),
            Route("/session", _safe(_session), methods=["POST"]),
            Route("/queries/v1/query-request", queries.start, methods=["POST"]),
            Route("/queries/{request_id}/result", queries.result, methods=["GET"]),
            *kept,
        ]
    )


REPLACED = ("/session/v1/login-request", "/session", "/queries/v1/query-request")


def connections() -> list[Connection]:
    """The sessions that are logged in."""
    return [c for c in fakesnow_server.sessions.values() if isinstance(c, Connection)]


async def _login(request: Request) -> JSONResponse:
    body = await request.body()
    packed = request.headers.get("Content-Encoding") == "gzip"
    given = json.loads(gzip.decompress(body) if packed else body)["data"]
    content = _content(await fakesnow_server.login_request(request))
    token = content["data"]["token"]
    # Without a master token the connector does not end its session when it is closed.
    content["data"]["masterToken"] = token
    connection = _session_of(token)
    if connection is not None:
        connection.settings.update(given.get("SESSION_PARAMETERS") or {})
        _note_client(connection, request)
    return JSONResponse(content)


async def _query(request: Request) -> JSONResponse:
    connection = _connection(request)
    if connection is None:
        return _failure(SESSION_GONE, "08001", "Session no longer exists. New login required.")
    _note_client(connection, request)
    with connection.transactions.presence.at_work():
        return await fakesnow_server.query_request(request)


async def _session(request: Request) -> JSONResponse:
    """Closing a session rolls back what it left open."""
    connection = _connection(request)
    if connection is not None and request.query_params.get("delete"):
        await run_in_threadpool(connection.close)
    return await fakesnow_server.session(request)


def _safe(endpoint: Endpoint) -> Endpoint:
    async def answer(request: Request) -> JSONResponse:
        return await _answered(endpoint, request)

    return answer


async def _answered(endpoint: Endpoint, request: Request) -> JSONResponse:
    """The endpoint's answer; whatever it raises becomes a Snowflake error of HTTP status 200."""
    try:
        response = await endpoint(request)
    except Exception as failure:
        log.exception("unexpected failure")
        return _failure_of(as_snowflake(failure))
    if response.status_code == 200:
        return response
    content = _content(response)
    return _failure("000603", "XX000", f"SQL execution internal error: {content['message']}")


def _parse(text: str) -> Expr:
    """fakesnow parses before it asks the session; a failure is the session's to tell."""
    try:
        return parse_one(text)
    except (ProgrammingError, SqlglotError):
        return exp.Command(this=text)


def _connection(request: Request) -> Connection | None:
    return _session_of(request.headers.get("Authorization", "")[len('Snowflake Token="') : -1])


def _session_of(token: str) -> Connection | None:
    found = fakesnow_server.sessions.get(token)
    return found if isinstance(found, Connection) else None


def _note_client(connection: Connection, request: Request) -> None:
    if request.client:
        connection.transactions.presence.connected((request.client.host, request.client.port))


def _in_progress(request_id: str) -> JSONResponse:
    return JSONResponse(
        {
            "data": {"getResultUrl": f"/queries/{request_id}/result", "queryId": request_id},
            "code": IN_PROGRESS,
            "message": "Query execution in progress.",
            "success": True,
        }
    )


def _failure_of(failure: ProgrammingError) -> JSONResponse:
    return _failure(f"{failure.errno:06d}", failure.sqlstate, str(failure.msg))


def _failure(code: str, sqlstate: str | None, message: str) -> JSONResponse:
    data = {"errorCode": code, "sqlState": sqlstate}
    return JSONResponse({"data": data, "code": code, "message": message, "success": False})


def _content(response: JSONResponse) -> Any:
    return json.loads(bytes(response.body))
