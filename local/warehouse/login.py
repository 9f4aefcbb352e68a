"""The login request: the user of the new session, its database and schema."""

from __future__ import annotations

import secrets
from typing import Any

import fakesnow.server as fakesnow_server
from fakesnow.expr import normalise_ident
from fakesnow.transforms import SERVER_VERSION
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from local.warehouse import answers, sessions
from local.warehouse.access.login import LoginRefused, default_place, log_in
from local.warehouse.connection import Connection
from local.warehouse.store import Store


async def answer(store: Store, request: Request) -> Response:
    """Return a token for the session, or the refusal."""
    given = (await sessions.body_of(request))["data"]
    try:
        connection = _connect(store, request, given)
    except LoginRefused as refused:
        return answers.login_refused(refused.errno, refused.text)
    connection.settings.update(given.get("SESSION_PARAMETERS") or {})
    token = secrets.token_urlsafe(32)
    fakesnow_server.sessions[token] = connection
    sessions.note_client(connection, request)
    return JSONResponse({"data": _welcome(connection, token), "success": True})


def _connect(store: Store, request: Request, given: dict[str, Any]) -> Connection:
    role, warehouse, database, schema = (
        normalise_ident(request.query_params.get(name) or "")
        for name in ("roleName", "warehouse", "databaseName", "schemaName")
    )
    access = log_in(store.account, given, role, warehouse)
    defaults = default_place(store.account, given["LOGIN_NAME"])
    return store.open(access, database or defaults[0], schema or defaults[1])


def _welcome(connection: Connection, token: str) -> dict[str, Any]:
    database, schema = connection.visible()
    return {
        "token": token,
        # Without a master token the connector does not end its session when it is closed.
        "masterToken": token,
        "serverVersion": SERVER_VERSION,
        "parameters": [
            {"name": "AUTOCOMMIT", "value": connection.settings.autocommit},
            {"name": "CLIENT_SESSION_KEEP_ALIVE_HEARTBEAT_FREQUENCY", "value": 3600},
            # 0 keeps the rows of an executemany in the statement: there is no PUT for them.
            {"name": "CLIENT_STAGE_ARRAY_BINDING_THRESHOLD", "value": 0},
        ],
        "sessionInfo": {
            "databaseName": database,
            "schemaName": schema,
            "roleName": connection.access.granted_by,
            "warehouseName": connection.access.warehouse,
        },
    }
