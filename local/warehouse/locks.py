"""Table locks as UPDATE, DELETE and MERGE hold them: until the transaction ends."""

from __future__ import annotations

import threading
import time
from collections import Counter
from typing import Protocol

from snowflake.connector.errors import ProgrammingError

from local.warehouse.errors import error

# Seconds between a waiting statement's checks whether the holder's client vanished.
LOOK_EVERY = 0.2
# Snowflake's limit of statements that wait for one lock.
MAX_WAITERS = 20


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
        self._waiters: Counter[str] = Counter()

    def take(self, table: str, holder: Holder, timeout: float) -> None:
        """Wait until the holder has the table.

        Raises error 625 after `timeout` seconds, and at once if MAX_WAITERS wait already.
        """
        deadline = time.monotonic() + timeout
        with self._changed:
            while (other := self._holders.get(table, holder)) is not holder:
                other.give_up_if_vanished()
                if table not in self._holders:
                    break
                if self._waiters[table] >= MAX_WAITERS:
                    raise _locked(
                        table,
                        other,
                        f"Your statement '{holder.id:x}' was aborted because the number of waiters "
                        f"for this lock exceeds the {MAX_WAITERS} statements limit.",
                    )
                self._waiters[table] += 1
                try:
                    self._wait(table, other, holder, deadline)
                finally:
                    self._waiters[table] -= 1
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
            raise _locked(table, other)
        self._changed.wait(min(left, LOOK_EVERY))


def _locked(table: str, other: Holder, why: str = "") -> ProgrammingError:
    text = (
        f"Statement '{other.id:x}' has locked table '{table.split('.')[-1]}' in transaction "
        f"{other.id} and this lock has not yet been released."
    )
    return error(625, "57014", f"{text}\n{why}".rstrip())
