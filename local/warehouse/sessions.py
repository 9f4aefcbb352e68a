"""The sessions that are logged in, and what their clients' requests say."""

from __future__ import annotations

import gzip
import json
from typing import Any

import fakesnow.server as fakesnow_server
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from local.warehouse.connection import Connection


def connections() -> list[Connection]:
    """All of them."""
    return [c for c in fakesnow_server.sessions.values() if isinstance(c, Connection)]


def of_token(token: str) -> Connection | None:
    """None for a token that is not known, or not any more."""
    found = fakesnow_server.sessions.get(token)
    return found if isinstance(found, Connection) else None


def of_request(request: Request) -> Connection | None:
    """Like of_token, for the token in the request's header."""
    return of_token(request.headers.get("Authorization", "")[len('Snowflake Token="') : -1])


async def body_of(request: Request) -> Any:
    """The JSON that the connector sent, as a rule gzipped."""
    body = await request.body()
    packed = request.headers.get("Content-Encoding") == "gzip"
    return json.loads(gzip.decompress(body) if packed else body)


def note_client(connection: Connection, request: Request) -> None:
    """Remembers over which TCP connection the session's client came."""
    if request.client:
        connection.transactions.presence.connected((request.client.host, request.client.port))


async def end(connection: Connection) -> None:
    """Rolls back what the session left open; from then on its token is not known."""
    for token, known in list(fakesnow_server.sessions.items()):
        if known is connection:
            del fakesnow_server.sessions[token]
    await run_in_threadpool(connection.close)
