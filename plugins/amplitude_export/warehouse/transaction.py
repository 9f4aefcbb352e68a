"""The one transaction of a load: whoever has the lock row writes, and all of it or nothing."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from typing import Any

from snowflake.connector import DictCursor, SnowflakeConnection
from snowflake.connector.errors import Error, ProgrammingError

from amplitude_export.errors import WarehouseRefused, WarehouseUnavailable
from amplitude_export.warehouse.session import Session

log = logging.getLogger(__name__)


@contextmanager
def locked_transaction(
    connection: SnowflakeConnection, about: Mapping[str, Any]
) -> Iterator[Session]:
    """A session that holds the lock; committed when the block ends, rolled back when it raises.

    Every act may bind `about`, which holds the `run_id`. Raises WarehouseRefused, also where there
    is no lock row, and WarehouseUnavailable.
    """
    with closing(connection.cursor(DictCursor)) as cursor:
        session = Session(cursor, about)
        session.execute_control("begin transaction")
        try:
            session.run("warehouse/take_lock")
            _require_lock(session.changed)
            yield session
            session.execute_control("commit")
        except BaseException as error:
            if not _is_lost(error):
                _roll_back(cursor)
            raise


def _require_lock(rows: int) -> None:
    if rows < 1:
        raise WarehouseRefused(
            "AMPLITUDE_LOCK has no row to lock, so that two loads could run at once.",
            "run the DAG amplitude_setup; if the table is empty, drop it before.",
        )


def _is_lost(error: BaseException) -> bool:
    """Nobody answers: a rollback would wait as long again, and the session's end does it."""
    return isinstance(error, WarehouseUnavailable) and not isinstance(
        error.__cause__, ProgrammingError
    )


def _roll_back(cursor: Any) -> None:
    try:
        cursor.execute("rollback")
    except Error as error:
        log.warning("The rollback was not answered (%s); the end of the session does it.", error)
