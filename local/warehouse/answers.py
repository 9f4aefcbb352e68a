"""The responses of Snowflake's wire protocol, and the absence of one.

Failures are HTTP 200 with `success` false: the connector would retry an HTTP 500 until it gives up.
"""

from __future__ import annotations

import json
import socket
import struct
from typing import Any

from snowflake.connector.errors import ProgrammingError
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

# Snowflake's code for "request the result at this address".
IN_PROGRESS = "333333"
SESSION_GONE = "390111"
# The key of the connection's transport in a request's state.
TRANSPORT = "transport"


def done() -> JSONResponse:
    """Return a success without rows."""
    return JSONResponse({"data": None, "code": None, "message": None, "success": True})


def in_progress(request_id: str) -> JSONResponse:
    """Return the response for a query that is still running, with the address of its result."""
    return JSONResponse(
        {
            "data": {"getResultUrl": f"/queries/{request_id}/result", "queryId": request_id},
            "code": IN_PROGRESS,
            "message": "Query execution in progress.",
            "success": True,
        }
    )


def session_gone() -> JSONResponse:
    """Return the response for a token that is unknown, or whose session has ended."""
    return failure(SESSION_GONE, "08001", "Session no longer exists. New login required.")


def login_refused(errno: int, text: str) -> JSONResponse:
    """Return a refused login; the connector raises DatabaseError with this number."""
    data = {"nextAction": "RETRY_LOGIN"}
    return JSONResponse({"data": data, "code": f"{errno:06d}", "message": text, "success": False})


def failure_of(failed: ProgrammingError) -> JSONResponse:
    """Return the failure of a statement."""
    return failure(f"{failed.errno:06d}", failed.sqlstate, str(failed.msg))


def failure(code: str, sqlstate: str | None, message: str) -> JSONResponse:
    """Return a failure; the connector raises ProgrammingError with the code, of six digits."""
    data = {"errorCode": code, "sqlState": sqlstate}
    return JSONResponse({"data": data, "code": code, "message": message, "success": False})


def content(response: Response) -> Any:
    """Return the content of a JSON response."""
    return json.loads(bytes(response.body))


class Dropped(Response):
    """The absence of a response: the request's TCP connection is reset."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Reset the connection; return, without a response, once the server knows it is gone."""
        transport = scope["state"][TRANSPORT]
        if not transport.is_closing():
            # Lingering for 0 s makes the end a reset.
            transport.get_extra_info("socket").setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
            )
            transport.abort()
        while (await receive())["type"] != "http.disconnect":
            pass


class DroppedOnce(Response):
    """A connection that is reset the first time; repeated requests get the response."""

    def __init__(self, answer: Response) -> None:
        super().__init__(answer.body, answer.status_code, media_type="application/json")
        self._next: list[Response] = [Dropped(), answer]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Reset the connection the first time, send the response ever after."""
        answer = self._next.pop(0) if len(self._next) > 1 else self._next[0]
        await answer(scope, receive, send)
