"""The queries in progress: a request that is sent twice runs once, and some meet a fault."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from local.faults import FaultQueue
from local.warehouse import answers, sessions
from local.warehouse.connection import Connection
from local.warehouse.faults import Fault
from local.warehouse.misbehaviour import AROUND, INSTEAD, Call

# Snowflake responds "in progress" after 45 s; here sooner, because connections with a short
# network_timeout would give up by then.
ASK_AGAIN_SECONDS = 4
# A comment before the statement, such as the header of the files in include/sql.
HEADER = re.compile(r"\s*/\*.*?\*/\s*", re.DOTALL)
TEXT_CHARACTERS = 200


@dataclass
class Query:
    """A statement of a session; `given` once its response was sent."""

    connection: Connection
    answer: asyncio.Task[Response]
    cancelled: asyncio.Event
    given: bool = False


class Queries:
    """The queries by the client's request id; `run` responds to a query request."""

    def __init__(
        self,
        run: Callable[[Request], Awaitable[Response]],
        faults: FaultQueue[Fault],
        closing: asyncio.Event,
    ) -> None:
        self._serve = run
        self._faults = faults
        self._closing = closing
        self._known: dict[str, Query] = {}
        # Query requests, those that met a fault, and the statements that started, oldest first.
        self.requests = 0
        self.failed = 0
        self.statements: list[str] = []

    async def start(self, request: Request) -> Response:
        """Return the query's response, or the address at which to request it."""
        self.requests += 1
        connection = sessions.of_request(request)
        if connection is None:
            return answers.session_gone()
        sessions.note_client(connection, request)
        text = (await sessions.body_of(request))["sqlText"]
        request_id = request.query_params.get("requestId", "")
        if request_id not in self._known:
            fault = self._draw(text)
            cancelled = asyncio.Event()
            call = Call(lambda: self._run(request, text), self._closing, connection, cancelled)
            if fault and fault.kind in INSTEAD:
                return await INSTEAD[fault.kind](call, fault)
            self._forget_given(connection)
            answer = AROUND[fault.kind](call, fault) if fault else call.run()
            self._known[request_id] = Query(connection, asyncio.ensure_future(answer), cancelled)
        return await self._wait(request_id)

    async def result(self, request: Request) -> Response:
        """Return the same as `start` for the query that the address names."""
        request_id = request.path_params["request_id"]
        if sessions.of_request(request) is None:
            return answers.session_gone()
        if request_id not in self._known:
            return answers.failure("000709", "02000", f"Statement {request_id} not found")
        return await self._wait(request_id)

    async def abort(self, request: Request) -> Response:
        """Cancel a statement, as the connector requests after network_timeout."""
        query = self._known.get((await sessions.body_of(request))["requestId"])
        if query and not query.answer.done():
            query.cancelled.set()
            query.connection.transactions.cancelled = True
        return answers.done()

    def _draw(self, text: str) -> Fault | None:
        fault = self._faults.draw(text)
        self.failed += fault is not None
        return fault

    async def _run(self, request: Request, text: str) -> Response:
        self.statements.append(HEADER.sub("", text, count=1)[:TEXT_CHARACTERS])
        return await self._serve(request)

    async def _wait(self, request_id: str) -> Response:
        query = self._known[request_id]
        done, _ = await asyncio.wait([query.answer], timeout=ASK_AGAIN_SECONDS)
        if not done:
            return answers.in_progress(request_id)
        query.given = True
        return query.answer.result()

    def _forget_given(self, connection: Connection) -> None:
        """Forget sent responses of the session: a client repeats its last request only."""
        self._known = {
            request_id: query
            for request_id, query in self._known.items()
            if not query.connection.transactions.closed
            and not (query.given and query.connection is connection)
        }
