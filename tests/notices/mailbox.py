"""An SMTP server on loopback that stores its messages: enough of RFC 5321 for a notifier."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage

OK = "250 ok"
REPLIES = {"DATA": "354 go on", "QUIT": "221 bye"}


class Mailbox(socketserver.ThreadingTCPServer):
    """Accepts every message, in clear text and without a login."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Session)
        self.messages: list[EmailMessage] = []
        self._arrived = threading.Condition()

    @property
    def port(self) -> int:
        """The port on which it listens."""
        return int(self.server_address[1])

    def store(self, message: EmailMessage) -> None:
        """Add the message, and wake `wait_for`."""
        with self._arrived:
            self.messages.append(message)
            self._arrived.notify_all()

    def wait_for(self, number: int, seconds: float) -> bool:
        """Wait for so many messages; return False if they have not arrived in so many seconds."""
        with self._arrived:
            return self._arrived.wait_for(lambda: len(self.messages) >= number, seconds)


class _Session(socketserver.StreamRequestHandler):
    server: Mailbox

    def handle(self) -> None:
        self._reply("220 mailbox")
        for line in self.rfile:
            verb = line.decode().strip().upper()[:4]
            self._reply(REPLIES.get(verb, OK))
            if verb == "DATA":
                self._receive()
                self._reply(OK)
            if verb == "QUIT":
                return

    def _reply(self, reply: str) -> None:
        self.wfile.write(f"{reply}\r\n".encode())

    def _receive(self) -> None:
        lines = iter(self.rfile.readline, b".\r\n")
        body = b"".join(line.removeprefix(b".") for line in lines)
        self.server.store(message_from_bytes(body, policy=policy.default))


@contextmanager
def mailbox() -> Iterator[Mailbox]:
    """Open a mailbox for the block."""
    with Mailbox() as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()
