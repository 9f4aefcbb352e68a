"""What tests ask of the server beside Snowflake's protocol: faults, and what has been run."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from local.faults import FaultQueue
from local.warehouse.faults import Fault
from local.warehouse.queries import Queries


def routes(faults: FaultQueue[Fault], queries: Queries) -> list[Route]:
    """POST and DELETE /faults, GET /statements."""

    async def fail(request: Request) -> Response:
        """A JSON object of the fault's `name` and the fields to change."""
        try:
            faults.add(**await request.json())
        except (KeyError, TypeError, ValueError) as error:
            return PlainTextResponse(f"No such fault: {error!r}", 400)
        return Response(status_code=204)

    async def recover(_: Request) -> Response:
        """Forgets all faults; what is slow or hangs already is not hurried."""
        faults.clear()
        return Response(status_code=204)

    async def statements(_: Request) -> Response:
        """Since the start; `requests` counts every query request, `failed` those with a fault."""
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
