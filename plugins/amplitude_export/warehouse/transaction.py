"""The transaction of a load: the session with the lock row writes everything or nothing."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from snowflake.connector.errors import ProgrammingError

from amplitude_export.errors import WarehouseRefused, WarehouseUnavailable
from amplitude_export.warehouse.session import Connect, Session

log = logging.getLogger(__name__)


@contextmanager
def locked_transaction(connect: Connect, about: Mapping[str, Any]) -> Iterator[Session]:
    """Open a session that holds the lock row; commit when the block ends, roll back if it raises.

    Each statement can bind `about`, which contains `run_id` and `project`, the lock's holder.
    Raises WarehouseUnavailable, and WarehouseRefused, also if there is no lock row.
    """
    with Session.opened(connect, about) as session:
        session.execute_control("begin transaction")
        try:
            session.run("warehouse/take_lock")
            _require_lock(session.changed)
            yield session
            session.execute_control("commit")
        except BaseException as error:
            if not _is_lost(error):
                _roll_back(session)
            raise


def _require_lock(rows: int) -> None:
    if rows < 1:
        raise WarehouseRefused(
            "AMPLITUDE_LOCK has no row to lock, so two loads could run at the same time.",
            "run the DAG amplitude_setup, which inserts it.",
        )


def _is_lost(error: BaseException) -> bool:
    """Return True if the connection is lost.

    A rollback would wait for as long again, and Snowflake rolls back when the session ends.
    """
    return isinstance(error, WarehouseUnavailable) and not isinstance(
        error.__cause__, ProgrammingError
    )


def _roll_back(session: Session) -> None:
    try:
        session.execute_control("rollback")
    except WarehouseUnavailable as error:
        # Not raised: the error that led here is the one to report.
        log.warning(
            "The rollback failed (%s); Snowflake rolls back when the session ends.",
            error.__cause__,
        )
