"""The base of the HTTP stand-ins: faults on demand, and a server in a thread of a test."""

from __future__ import annotations

from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any, Generic, Self, TypeVar

from local.faults import BaseFault, FaultQueue

F = TypeVar("F", bound=BaseFault)


class FaultyServer(ThreadingHTTPServer, Generic[F]):
    """A server on 127.0.0.1; port 0 takes a free one. `closing` is set when it has to stop."""

    # A pool of clients connects at once; the default backlog of 5 would make some wait a second.
    request_queue_size = 64

    def __init__(
        self, port: int, handler: type[BaseHTTPRequestHandler], table: Mapping[str, F]
    ) -> None:
        super().__init__(("127.0.0.1", port), handler)
        self.faults = FaultQueue(table)
        # Appending to a list is atomic, so the threads need no lock.
        self.requests: list[Any] = []
        self.struck: list[F] = []
        self.closing = Event()

    @property
    def url(self) -> str:
        """Return scheme, host and port, without a slash at the end."""
        return f"http://127.0.0.1:{self.server_port}"

    def draw(self, request: Any) -> F | None:
        """Return the fault that strikes the request, if any, and record it."""
        fault = self.faults.draw(request)
        if fault is not None:
            self.struck.append(fault)
        return fault


S = TypeVar("S", bound=FaultyServer[Any])


class InThread(Generic[S]):
    """A server in a thread of a test, for the time of a `with` block."""

    def __init__(self, server: S) -> None:
        self._server = server
        # It checks 20 times a second whether to stop, instead of twice.
        self._thread = Thread(target=server.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._server.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        """Return scheme, host and port, without a slash at the end."""
        return self._server.url

    def fail(self, name: str, **changes: object) -> None:
        """Queue a fault of the server's table, with fields changed: `fail("reset", times=3)`."""
        self._server.faults.add(name, **changes)

    def recover(self) -> None:
        """Remove all faults."""
        self._server.faults.clear()
