"""Snowflake's wire protocol, as fakesnow serves it, with differences.

No response is an HTTP 500, which the connector would retry until it gives up; a long query gets the
response `in progress`, and the client polls for its result, so that no client times out or sends it
twice; a login has a user, a role and parameters; a statement that waits can be cancelled; requests
meet the faults that a test has queued.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import partial

import fakesnow.cursor as fakesnow_cursor
import fakesnow.server as fakesnow_server
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from local.faults import FaultQueue
from local.warehouse import answers, control, parsing, sessions
from local.warehouse import login as logins
from local.warehouse.errors import as_snowflake
from local.warehouse.faults import FAULTS
from local.warehouse.misbehaviour import LOGIN, Login
from local.warehouse.queries import Queries
from local.warehouse.sql import moments
from local.warehouse.store import Store

log = logging.getLogger(__name__)

# fakesnow opens a database of its own when it is imported, whose threads would not outlive a fork.
vars(fakesnow_server).pop("shared_fs").duck_conn.close()

Endpoint = Callable[[Request], Awaitable[Response]]


def app(store: Store, closing: asyncio.Event) -> Starlette:
    """Return the server of one store; `closing` ends the waits of its faults.

    fakesnow holds its store in module variables, so there is one a process.
    """
    fakesnow_server.shared_fs = store
    vars(fakesnow_server)["parse_one"] = parsing.peek
    vars(fakesnow_cursor)["parse_one"] = parsing.parse_one
    moments.keep_nulls()
    faults = FaultQueue(FAULTS)
    queries = Queries(_safe(_query), faults, closing)

    async def login(request: Request) -> Response:
        async def run() -> Response:
            return await _safe(partial(logins.answer, store))(request)

        fault = faults.draw(None)
        return await LOGIN[fault.kind](Login(run, closing), fault) if fault else await run()

    kept = [route for route in fakesnow_server.routes if route.path not in REPLACED]
    return Starlette(
        routes=[
            Route("/session/v1/login-request", login, methods=["POST"]),
            Route("/session", _safe(_session), methods=["POST"]),
            Route("/queries/v1/query-request", queries.start, methods=["POST"]),
            Route("/queries/v1/abort-request", queries.abort, methods=["POST"]),
            Route("/queries/{request_id}/result", queries.result, methods=["GET"]),
            *control.routes(faults, queries),
            *kept,
        ]
    )


REPLACED = (
    "/session/v1/login-request",
    "/session",
    "/queries/v1/query-request",
    "/queries/v1/abort-request",
)


async def _query(request: Request) -> Response:
    connection = sessions.of_request(request)
    if connection is None:
        return answers.session_gone()
    with connection.transactions.presence.at_work():
        return await fakesnow_server.query_request(request)


async def _session(request: Request) -> Response:
    """Close a session and roll back its open transaction."""
    connection = sessions.of_request(request)
    if connection is None:
        return answers.session_gone()
    if request.query_params.get("delete"):
        await sessions.end(connection)
    return answers.done()


def _safe(endpoint: Endpoint) -> Endpoint:
    """Return the endpoint, with every exception as a Snowflake error of HTTP status 200."""

    async def answer(request: Request) -> Response:
        try:
            response = await endpoint(request)
        except Exception as failed:
            log.exception("unexpected failure")
            return answers.failure_of(as_snowflake(failed))
        if response.status_code == 200:
            return response
        message = answers.content(response)["message"]
        return answers.failure("000603", "XX000", f"SQL execution internal error: {message}")

    return answer
