"""Table locks as UPDATE, DELETE and MERGE hold them: until the transaction ends."""

from __future__ import annotations

import threading
import time
from typing import Protocol

from local.warehouse.errors import error

# Seconds between a waiting statement's checks whether the holder's client vanished.
LOOK_EVERY = 0.2


class Holder(Protocol):
    """A session's transaction, as seen by another session that waits for its lock."""

    id: int

    def give_up_if_vanished(self) -> None:
        """Roll back and release the locks if the client has vanished."""

    def must_stop(self) -> bool:
        """Return whether its own session was closed, or its statement cancelled, while it waits."""
        ...


class TableLocks:
    """The holders of all tables' locks, one object for the whole warehouse."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._holders: dict[str, Holder] = {}

    def take(self, table: str, holder: Holder, timeout: float) -> None:
        """Wait until the holder has the table; raise error 625 after `timeout` seconds."""
        deadline = time.monotonic() + timeout
        with self._changed:
            while (other := self._holders.get(table, holder)) is not holder:
                other.give_up_if_vanished()
                if table not in self._holders:
                    break
                self._wait(table, other, holder, deadline)
            self._holders[table] = holder

    def release(self, holder: Holder) -> None:
        """Release every table of the holder."""
        with self._changed:
            self._holders = {t: h for t, h in self._holders.items() if h is not holder}
            self._changed.notify_all()

    def _wait(self, table: str, other: Holder, waiter: Holder, deadline: float) -> None:
        if waiter.must_stop():
            raise error(604, "57014", "SQL execution canceled")
        left = deadline - time.monotonic()
        if left <= 0:
            raise error(
                625,
                "57014",
                f"Statement '{other.id:x}' has locked table '{table.split('.')[-1]}' in "
                f"transaction {other.id} and this lock has not yet been released.",
            )
        self._changed.wait(min(left, LOOK_EVERY))
