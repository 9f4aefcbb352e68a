"""The tables of misbehaviours: how each kind of fault responds instead of a good response."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from starlette.responses import PlainTextResponse, Response

from local.warehouse import sessions
from local.warehouse.answers import Dropped, DroppedOnce, login_refused
from local.warehouse.connection import Connection
from local.warehouse.faults import STRUCK, Fault

TIMED_OUT = "Statement reached its statement or warehouse timeout of {} second(s) and was canceled."
INPUT_FORMATS = ("DATE_INPUT_FORMAT", "TIMESTAMP_INPUT_FORMAT")


@dataclass(frozen=True)
class Login:
    """A login that met a fault: the real login, and the event that ends every wait."""

    run: Callable[[], Awaitable[Response]]
    closing: asyncio.Event


@dataclass(frozen=True)
class Call(Login):
    """A statement that met a fault: also its session, and whether the client has cancelled it."""

    connection: Connection
    cancelled: asyncio.Event


async def unavailable(call: Login, fault: Fault) -> Response:
    """Return an HTTP status that is not Snowflake's."""
    return PlainTextResponse("Service unavailable", fault.status)


async def reset(call: Login, fault: Fault) -> Response:
    """Break the connection before the request is read."""
    return Dropped()


async def hang(call: Login, fault: Fault) -> Response:
    """Stay silent, then break the connection."""
    await _pause(fault.seconds, call.closing)
    return Dropped()


async def session_dies(call: Call, fault: Fault) -> Response:
    """End the session: its open transaction is rolled back, without a notice."""
    await sessions.end(call.connection)
    return Dropped()


async def lost_answer(call: Call, fault: Fault) -> Response:
    """Run the statement, and end the session, so that its result cannot be requested."""
    await call.run()
    return await session_dies(call, fault)


async def unanswered(call: Call, fault: Fault) -> Response:
    """Run the statement; a repeated request gets its result."""
    return DroppedOnce(await call.run())


async def slow(call: Call, fault: Fault) -> Response:
    """Run it late, unless that is later than STATEMENT_TIMEOUT_IN_SECONDS: then error 630."""
    limit = call.connection.settings.statement_timeout
    with call.connection.transactions.presence.at_work():
        stopped = await _pause(min(fault.seconds, limit), call.closing, call.cancelled)
    if stopped:
        STRUCK.set(replace(fault, kind="refuse"))
    elif fault.seconds > limit:
        STRUCK.set(replace(fault, kind="refuse", errno=630, text=TIMED_OUT.format(int(limit))))
    return await call.run()


async def account_formats(call: Call, fault: Fault) -> Response:
    """Refuse it if the session leaves its input formats to the account, which has other ones."""
    settings = call.connection.settings
    if not all(settings.is_set(name) for name in INPUT_FORMATS):
        STRUCK.set(replace(fault, kind="refuse"))
    return await call.run()


async def other_roles(call: Call, fault: Fault) -> Response:
    """Refuse it if the session has secondary roles."""
    if call.connection.access.secondary_roles():
        STRUCK.set(replace(fault, kind="refuse"))
    return await call.run()


async def by_itself(call: Call, fault: Fault) -> Response:
    """Leave the fault to the module that runs the statement."""
    STRUCK.set(fault)
    return await call.run()


async def login_refuse(login: Login, fault: Fault) -> Response:
    """Refuse the login as Snowflake does."""
    return login_refused(fault.errno, fault.text)


async def login_slow(login: Login, fault: Fault) -> Response:
    """Log in late; a login has no "in progress", so the client has to wait."""
    await _pause(fault.seconds, login.closing)
    return await login.run()


async def _pause(seconds: float, *ends: asyncio.Event) -> bool:
    """Wait for this many seconds; return True, and sooner, when one of the events is set."""
    waits = [asyncio.ensure_future(end.wait()) for end in ends]
    done, left = await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    for wait in left:
        wait.cancel()
    return bool(done)


# The statement does not run and is not recorded: a repeated request is served.
INSTEAD: dict[str, Callable[[Call, Fault], Awaitable[Response]]] = {
    "unavailable": unavailable,
    "reset": reset,
    "hang": hang,
    "session_dies": session_dies,
}
# The statement runs, at least for its session; a repeated request gets the same response.
AROUND: dict[str, Callable[[Call, Fault], Awaitable[Response]]] = {
    "refuse": by_itself,
    "fewer_rows": by_itself,
    "copies_nothing": by_itself,
    "account_formats": account_formats,
    "other_roles": other_roles,
    "slow": slow,
    "lost_answer": lost_answer,
    "unanswered": unanswered,
}
LOGIN: dict[str, Callable[[Login, Fault], Awaitable[Response]]] = {
    "refuse": login_refuse,
    "unavailable": unavailable,
    "reset": reset,
    "slow": login_slow,
    "hang": hang,
}
