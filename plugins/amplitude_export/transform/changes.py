"""What a run of the transform is about."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing

from snowflake.connector import DictCursor, SnowflakeConnection

from amplitude_export.warehouse.session import Session


def count_changes(connect: Callable[[], SnowflakeConnection]) -> dict[str, int]:
    """The numbers of export `days` and of `devices` that the run replaces.

    Raises WarehouseRefused or WarehouseUnavailable.
    """
    with closing(connect()) as connection, closing(connection.cursor(DictCursor)) as cursor:
        (row,) = Session(cursor, {}).run("transform/count_affected")
    return {"days": row["DAYS"], "devices": row["DEVICES"]}
