"""The table of misbehaviours: how each kind of fault responds in place of S3."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

from local.s3_proxy.exchange import Exchange
from local.s3_proxy.faults import Fault
from local.s3_proxy.request import PIECE, Request


def status(exchange: Exchange, fault: Fault) -> None:
    """Send an error in S3's XML, without S3."""
    path = Request.of(exchange.command, exchange.path).path
    message = fault.message.replace("{resource}", f"arn:aws:s3:::{path.lstrip('/')}")
    elements = {"Code": fault.code, "Message": message} | dict(fault.details)
    inner = "".join(f"<{name}>{escape(text)}</{name}>" for name, text in elements.items())
    xml = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error>{inner}</Error>'
    exchange.send(fault.status, xml, {"Content-Type": "application/xml"} | dict(fault.headers))


def reset(exchange: Exchange, fault: Fault) -> None:
    """Read some of the request's body, then reset the TCP connection, without S3."""
    left = fault.after
    while left and (piece := exchange.body.read(min(left, PIECE))):
        left -= len(piece)
    exchange.record(0)
    exchange.reset()


def lost(exchange: Exchange, fault: Fault) -> None:
    """Let S3 process the request, and lose its response in a TCP reset."""
    with exchange.forwarded() as answer:
        while answer.read(PIECE):
            pass
    exchange.record(0)
    exchange.reset()


def stall(exchange: Exchange, fault: Fault) -> None:
    """Read the request, then stay silent, without S3."""
    exchange.drain()
    exchange.record(0)
    exchange.closing.wait(fault.seconds)
    exchange.close_connection = True


KINDS: dict[str, Callable[[Exchange, Fault], None]] = {
    kind.__name__: kind for kind in (status, reset, lost, stall)
}
