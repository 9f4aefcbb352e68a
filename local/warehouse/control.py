"""The endpoints for tests, beside Snowflake's protocol: faults, and the statements that ran."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from local.faults import FaultQueue
from local.warehouse.faults import Fault
from local.warehouse.queries import Queries


def routes(faults: FaultQueue[Fault], queries: Queries) -> list[Route]:
    """Return POST and DELETE /faults and GET /statements."""

    async def fail(request: Request) -> Response:
        """Queue a fault from a JSON object: its `name` and the fields to change."""
        try:
            faults.add(**await request.json())
        except (KeyError, TypeError, ValueError) as error:
            return PlainTextResponse(f"No such fault: {error!r}", 400)
        return Response(status_code=204)

    async def recover(_: Request) -> Response:
        """Remove all faults; a request that is slow or hangs already is not affected."""
        faults.clear()
        return Response(status_code=204)

    async def statements(_: Request) -> Response:
        """Return the counts since the start: `requests` of queries, `failed` ones with a fault."""
        return JSONResponse(
            {
                "statements": queries.statements,
                "requests": queries.requests,
                "failed": queries.failed,
            }
        )

    return [
        Route("/faults", fail, methods=["POST"]),
        Route("/faults", recover, methods=["DELETE"]),
        Route("/statements", statements, methods=["GET"]),
    ]
