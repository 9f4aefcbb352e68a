"""A session's transaction: explicit or of one statement, read committed, aborted on error.

A DuckDB transaction sees the state at its begin; in Snowflake each statement sees all that was
committed before it. So DuckDB's transaction begins only at the first write, and after the lock on
its table was taken: the writer then sees all that the lock's last holder committed.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count

import duckdb
from duckdb import DuckDBPyConnection

from local.warehouse.errors import error
from local.warehouse.locks import TableLocks
from local.warehouse.presence import Presence
from local.warehouse.settings import Settings

NUMBERS = count(time.time_ns())


class Transaction:
    """A transaction from begin to its end; `aborted` once one of its statements failed."""

    def __init__(self, session: Transactions) -> None:
        self.id = next(NUMBERS)
        self.writing = False
        self.aborted = False
        self._session = session

    def give_up_if_vanished(self) -> None:
        """Roll back if the client has vanished; see Holder."""
        self._session.give_up_if_vanished(self)

    def must_stop(self) -> bool:
        """Return whether to stop waiting; see Holder."""
        return self._session.closed or self._session.cancelled


class Transactions:
    """The transactions of one session, one after the other; its methods need `turn`."""

    def __init__(self, duck: DuckDBPyConnection, locks: TableLocks, settings: Settings) -> None:
        self.turn = threading.RLock()
        self.presence = Presence()
        self.closed = False
        # The client has cancelled the running statement.
        self.cancelled = False
        self._duck = duck
        self._locks = locks
        self._settings = settings
        self._open: Transaction | None = None

    def begin(self) -> None:
        """Begin a transaction; inside of one it changes nothing, as in Snowflake."""
        self._open = self._open or Transaction(self)

    def commit(self) -> None:
        """Commit; raise, and commit nothing, if a statement of the transaction failed."""
        ended, self._open = self._open, None
        if ended is None:
            return
        try:
            self._refuse_if_aborted(ended)
            if ended.writing:
                self._duck.execute("commit").fetchall()
        finally:
            self._locks.release(ended)

    def rollback(self) -> None:
        """Roll back the transaction, if there is one."""
        if self._open:
            self._undo(self._open)
        self._open = None

    def close(self) -> None:
        """End the session: a statement that waits for a lock gives up, nothing is committed."""
        self.closed = True
        with self.turn:
            self.rollback()

    @contextmanager
    def statement(self) -> Iterator[None]:
        """Wrap every statement but commit and rollback: a failure aborts the transaction."""
        if self._open:
            self._refuse_if_aborted(self._open)
        try:
            yield
        except Exception:
            self._failed()
            raise

    @contextmanager
    def writing(self, locked: str | None) -> Iterator[None]:
        """Wrap a statement that writes; `locked` is the table it locks, if it locks one."""
        alone = self._open is None and self._settings.autocommit
        self.begin()
        try:
            self._start_writing(locked)
            yield
        except Exception:
            if alone:
                self.rollback()
            raise
        if alone:
            self.commit()

    def give_up_if_vanished(self, transaction: Transaction) -> None:
        """Roll back a vanished client's work; another session that waits calls this."""
        if self.turn.acquire(blocking=False):
            try:
                if self.presence.vanished():
                    self._abort(transaction)
            finally:
                self.turn.release()

    def _start_writing(self, locked: str | None) -> None:
        transaction = self._open
        if transaction is None:
            raise RuntimeError("A write outside of a transaction.")
        if locked:
            self._locks.take(locked, transaction, self._settings.lock_timeout)
        if not transaction.writing:
            self._duck.execute("begin").fetchall()
            transaction.writing = True

    def _failed(self) -> None:
        if self._open and (self._settings.abort_on_error or self._duck_gave_up()):
            self._abort(self._open)

    def _duck_gave_up(self) -> bool:
        """Return whether a failure ended DuckDB's transaction: it has no savepoints."""
        try:
            self._duck.execute("select 1").fetchall()
        except duckdb.Error:
            return True
        return False

    def _abort(self, transaction: Transaction) -> None:
        transaction.aborted = True
        self._undo(transaction)

    def _undo(self, transaction: Transaction) -> None:
        if transaction.writing:
            self._duck.execute("rollback").fetchall()
            transaction.writing = False
        self._locks.release(transaction)

    @staticmethod
    def _refuse_if_aborted(transaction: Transaction) -> None:
        if transaction.aborted:
            raise error(
                90232,
                "25P02",
                f"Transaction {transaction.id} was aborted because a statement in it failed or "
                "its client was away; nothing of it is committed. End it with ROLLBACK.",
            )
