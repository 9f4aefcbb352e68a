"""The open sessions, and the fields of their clients' requests."""

from __future__ import annotations

import gzip
import json
from typing import Any

import fakesnow.server as fakesnow_server
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from local.warehouse.connection import Connection


def connections() -> list[Connection]:
    """Return all sessions."""
    return [c for c in fakesnow_server.sessions.values() if isinstance(c, Connection)]


def of_token(token: str) -> Connection | None:
    """Return the session of a token; None if it is unknown, or no longer known."""
    found = fakesnow_server.sessions.get(token)
    return found if isinstance(found, Connection) else None


def of_request(request: Request) -> Connection | None:
    """Return the session of the token in the request's header, or None."""
    return of_token(request.headers.get("Authorization", "")[len('Snowflake Token="') : -1])


async def body_of(request: Request) -> Any:
    """Return the JSON that the connector sent, usually gzipped."""
    body = await request.body()
    packed = request.headers.get("Content-Encoding") == "gzip"
    return json.loads(gzip.decompress(body) if packed else body)


def note_client(connection: Connection, request: Request) -> None:
    """Record the TCP connection of the session's client."""
    if request.client:
        connection.transactions.presence.connected((request.client.host, request.client.port))


async def end(connection: Connection) -> None:
    """End a session: its transaction is rolled back, and its token is no longer known."""
    for token, known in list(fakesnow_server.sessions.items()):
        if known is connection:
            del fakesnow_server.sessions[token]
    await run_in_threadpool(connection.close)
