"""The presence of a session's client, whose connection stays open between statements."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

# Snowflake rolls a blocking transaction back after five idle minutes.
IDLE_SECONDS = 300
# A client without an open connection is gone, unless it comes back on another one: the connector
# does so within seconds when its connection breaks. `--gone-seconds` sets it.
GONE_SECONDS = 30.0


class Presence:
    """The client side of one session: its open connections, and the time of its last request."""

    def __init__(self) -> None:
        self._connections: set[tuple[str, int]] = set()
        self._guard = threading.Lock()
        self._at_work = 0
        self._last_seen = time.monotonic()

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Count the client as present while one of its requests is in progress."""
        self._count(1)
        try:
            yield
        finally:
            self._count(-1)

    def connected(self, connection: tuple[str, int]) -> None:
        """Record a connection of the client; host and port are the client's."""
        self._connections.add(connection)

    def disconnected(self, connection: tuple[str, int]) -> None:
        """Remove a connection that ended; it can be another session's."""
        if connection in self._connections:
            self._connections.discard(connection)
            self._last_seen = time.monotonic()

    def vanished(self) -> bool:
        """Return whether the client is gone and cannot go on with the session."""
        idle = time.monotonic() - self._last_seen
        patience = IDLE_SECONDS if self._connections else GONE_SECONDS
        return not self._at_work and idle > patience

    def _count(self, change: int) -> None:
        with self._guard:
            self._at_work += change
            self._last_seen = time.monotonic()
