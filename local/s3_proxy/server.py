"""The HTTP server: requests for S3, requests for the proxy itself, and the list of requests."""

from __future__ import annotations

import json
from dataclasses import replace
from http.client import HTTPException
from threading import Event
from urllib.parse import urlsplit

from local.faulty_server import FaultyServer
from local.s3_proxy.exchange import Exchange
from local.s3_proxy.faults import FAULTS, Fault
from local.s3_proxy.misbehaviour import KINDS
from local.s3_proxy.request import Body, Request

# No bucket can have this name.
OWN = "/-/"


class ProxyServer(FaultyServer[Fault]):
    """The server in front of `endpoint`, an http URL."""

    def __init__(self, port: int, endpoint: str) -> None:
        super().__init__(port, Handler, FAULTS)
        self.s3 = urlsplit(endpoint).netloc


class Handler(Exchange):
    """A handler that forwards requests to S3, or misbehaves if a fault is due."""

    server: ProxyServer
    # None once it is recorded, and for paths of the proxy itself.
    unrecorded: Request | None

    @property
    def s3(self) -> str:
        """Return host and port of the S3 behind the proxy."""
        return self.server.s3

    @property
    def closing(self) -> Event:
        """Return the server's event."""
        return self.server.closing

    def record(self, status: int) -> None:
        """Record the request; only the first call counts."""
        if self.unrecorded is not None:
            self.server.requests.append(replace(self.unrecorded, status=status))
            self.unrecorded = None

    def do_GET(self) -> None:
        """Respond to a request of any method."""
        self.body = Body(self.headers, self.rfile)
        self.unrecorded = None
        if self.closing.is_set():
            # The connection is from before the end.
            self.close_connection = True
        elif self.path.startswith(OWN):
            self._answer_for_itself()
        else:
            self._pass_on(Request.of(self.command, self.path))

    do_DELETE = do_HEAD = do_POST = do_PUT = do_GET

    def _pass_on(self, request: Request) -> None:
        self.unrecorded = request
        fault = self.server.draw(request)
        try:
            if fault is not None:
                KINDS[fault.kind](self, fault)
            else:
                with self.forwarded() as answer:
                    self.relay(answer)
        except (OSError, HTTPException):
            # Whichever side hung up, the other side sees the same.
            self.record(0)
            self.reset()

    def _answer_for_itself(self) -> None:
        match self.command, self.path:
            case "POST", "/-/faults":
                self._queue_fault()
            case "DELETE", "/-/faults":
                self.server.faults.clear()
                self.send(204, "", {})
            case "GET", "/-/requests":
                counts = {"requests": len(self.server.requests), "failed": len(self.server.struck)}
                self.send(200, json.dumps(counts), {"Content-Type": "application/json"})
            case _:
                self.send(404, "Not found", {})

    def _queue_fault(self) -> None:
        """Queue a fault from a JSON object: its `name` and the fields to change."""
        try:
            self.server.faults.add(**json.loads(b"".join(iter(self.body.read, b""))))
        except (KeyError, TypeError, ValueError) as error:
            self.send(400, f"No such fault: {error!r}", {})
        else:
            self.send(204, "", {})
