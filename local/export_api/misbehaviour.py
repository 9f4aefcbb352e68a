"""The table of misbehaviours: how each kind of fault responds in place of a good response."""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable

from local.export_api.answers import Answer
from local.export_api.faults import Fault
from local.export_api.sender import Sender


def status(sender: Sender, fault: Fault, answer: Answer) -> None:
    """Send another response."""
    sender.send(Answer.of(fault.status, fault.body, fault.content_type, fault.headers))


def redirect(sender: Sender, fault: Fault, answer: Answer) -> None:
    """Redirect to the fault's location, or to the same address: a loop."""
    headers = {"Location": sender.path} | dict(fault.headers)
    sender.send(Answer.of(fault.status, fault.body, fault.content_type, headers))


def damaged_zip(sender: Sender, fault: Fault, answer: Answer) -> None:
    """Send the right length and a good directory, with bits flipped in the middle."""
    data = bytearray(answer.body.read())
    middle = len(data) // 2
    data[middle : middle + 16] = bytes(byte ^ 0xFF for byte in data[middle : middle + 16])
    sender.send(Answer.of(answer.status, bytes(data), answer.content_type))


def reset(sender: Sender, fault: Fault, answer: Answer) -> None:
    """Send some of the body, then a TCP reset."""
    sender.begin(answer)
    sender.wfile.write(answer.body.read(fault.after))
    # Lingering for 0 s makes close() send RST; detach() as the handler's files hold it open.
    sender.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    socket.close(sender.connection.detach())
    sender.close_connection = True


def short(sender: Sender, fault: Fault, answer: Answer) -> None:
    """Send less than the Content-Length, then end the connection in order."""
    sender.begin(answer)
    sender.wfile.write(answer.body.read(fault.after))
    sender.close_connection = True


def cut(sender: Sender, fault: Fault, answer: Answer) -> None:
    """Send no Content-Length and end early: only the zip shows it."""
    sender.begin(answer, with_length=False)
    sender.wfile.write(answer.body.read(fault.after))


def drip(sender: Sender, fault: Fault, answer: Answer) -> None:
    """Send the right bytes, one at a time, until the client or the server ends it."""
    sender.begin(answer)
    while (byte := answer.body.read(1)) and not sender.closing.wait(fault.seconds):
        sender.wfile.write(byte)
    sender.close_connection = True


def stall(sender: Sender, fault: Fault, answer: Answer) -> None:
    """Send some of the body, then stay silent."""
    short(sender, fault, answer)
    sender.closing.wait(fault.seconds)


def slow(sender: Sender, fault: Fault, answer: Answer) -> None:
    """Send the right response late."""
    sender.closing.wait(fault.seconds)
    sender.send(answer)


def hang(sender: Sender, fault: Fault, answer: Answer) -> None:
    """Stay silent from the beginning."""
    sender.record(0)
    sender.closing.wait(fault.seconds)
    sender.close_connection = True


KINDS: dict[str, Callable[[Sender, Fault, Answer], None]] = {
    kind.__name__: kind
    for kind in (status, redirect, damaged_zip, reset, short, cut, drip, stall, slow, hang)
}
