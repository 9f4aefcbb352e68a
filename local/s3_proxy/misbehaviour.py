"""The table of misbehaviours: how each kind of fault answers in place of S3."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

from local.s3_proxy.exchange import Exchange
from local.s3_proxy.faults import Fault
from local.s3_proxy.request import PIECE, Request


def status(exchange: Exchange, fault: Fault) -> None:
    """An error in S3's XML; S3 is not asked."""
    path = Request.of(exchange.command, exchange.path).path
    message = fault.message.replace("{resource}", f"arn:aws:s3:::{path.lstrip('/')}")
    elements = {"Code": fault.code, "Message": message} | dict(fault.details)
    inner = "".join(f"<{name}>{escape(text)}</{name}>" for name, text in elements.items())
    xml = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error>{inner}</Error>'
    exchange.send(fault.status, xml, {"Content-Type": "application/xml"} | dict(fault.headers))


def reset(exchange: Exchange, fault: Fault) -> None:
    """Some of the request's body is read, then a TCP reset; S3 is not asked."""
    left = fault.after
    while left and (piece := exchange.body.read(min(left, PIECE))):
        left -= len(piece)
    exchange.record(0)
    exchange.reset()


def lost(exchange: Exchange, fault: Fault) -> None:
    """S3 does what it is asked, and the answer is lost in a TCP reset."""
    with exchange.forwarded() as answer:
        while answer.read(PIECE):
            pass
    exchange.record(0)
    exchange.reset()


def stall(exchange: Exchange, fault: Fault) -> None:
    """The request is read, then silence; S3 is not asked."""
    exchange.drain()
    exchange.record(0)
    exchange.closing.wait(fault.seconds)
    exchange.close_connection = True


KINDS: dict[str, Callable[[Exchange, Fault], None]] = {
    kind.__name__: kind for kind in (status, reset, lost, stall)
}
