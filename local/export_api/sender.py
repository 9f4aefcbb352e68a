"""Responses on the wire; misbehaviour.py breaks them with the same parts."""

from __future__ import annotations

import shutil
from http.server import BaseHTTPRequestHandler
from threading import Event

from local.export_api.answers import Answer

PIECE = 256 * 1024


class Sender(BaseHTTPRequestHandler):
    """An HTTP/1.1 request handler that sends Answers."""

    protocol_version = "HTTP/1.1"
    # Head and body are two writes; with Nagle the second would wait for an ACK.
    disable_nagle_algorithm = True

    @property
    def closing(self) -> Event:
        """Return the event that is set when the server stops; waits end with it."""
        raise NotImplementedError

    def record(self, status: int) -> None:
        """Record each response before its first byte; 0 when there will be none."""
        raise NotImplementedError

    def begin(self, answer: Answer, *, with_length: bool = True) -> None:
        """Send the head; without a length the end of the connection ends the body."""
        self.record(answer.status)
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if with_length:
            self.send_header("Content-Length", str(answer.size))
        else:
            self.send_header("Connection", "close")
        self.end_headers()

    def send(self, answer: Answer) -> None:
        """Send all of the response; a large body in pieces."""
        self.begin(answer)
        shutil.copyfileobj(answer.body, self.wfile, PIECE)

    def log_message(self, format: str, *args: object) -> None:
        """Do not log: `ExportApi.requests` is the log."""
