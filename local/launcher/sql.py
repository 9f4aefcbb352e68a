"""Queries of the warehouse, local or Snowflake, by the connector alone."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

from local.launcher import airflow
from local.launcher.connections import snowflake_server
from local.launcher.report import table
from local.launcher.settings import Settings
from local.launcher.stack import Stack, start_cloud


class QueryRefused(Exception):
    """The warehouse refused a query; the message is its own."""


@contextmanager
def connect(given: Settings, warehouse_url: str) -> Iterator[Any]:
    """Open a session in the schema of `snowflake_default`; `warehouse_url` is the stand-in's."""
    connection = _local(warehouse_url) if given.cloud_is_local else _snowflake(given)
    with closing(connection):
        yield connection


def _local(url: str) -> Any:
    os.environ["SNOWFLAKE_DISABLE_PLATFORM_DETECTION"] = "true"
    import snowflake.connector

    return snowflake.connector.connect(
        user="local",
        password="local",  # noqa: S106  the stand-in accepts any password
        database="AMPLITUDE",
        schema="RAW",
        **snowflake_server(url),
    )


def _snowflake(given: Settings) -> Any:
    """Connect with the product's own hook, which knows every way to log in."""
    os.environ.update(airflow.environment(given.env, port=0, schedule=False))
    from amplitude_export.warehouse.hook import WarehouseHook

    return WarehouseHook(query_tag="python -m local sql").get_conn()


def rows(connection: Any, query: str, *values: object) -> list[tuple[Any, ...]]:
    """Return all rows of a query; `values` take the places of its `%s`."""
    with closing(connection.cursor()) as cursor:
        fetched: list[tuple[Any, ...]] = cursor.execute(query, values or None).fetchall()
        return fetched


def show(connection: Any, query: str) -> str:
    """Return the rows of a query as an aligned table; raise QueryRefused."""
    from snowflake.connector.errors import Error

    with closing(connection.cursor()) as cursor:
        try:
            fetched = cursor.execute(query).fetchall()
        except Error as error:
            raise QueryRefused(str(error)) from error
        headings = [column[0].lower() for column in cursor.description]
    cells = [["null" if value is None else str(value) for value in row] for row in fetched]
    return table(headings, cells)


@contextmanager
def warehouse(given: Settings) -> Iterator[Any]:
    """Open a session on the running stack, or start the stand-ins for this one session."""
    running = Stack.running()
    if running or not given.cloud_is_local:
        with connect(given, running.warehouse if running else "") as connection:
            yield connection
        return
    stack = Stack.new(kept=False)
    try:
        start_cloud(stack, given, joined=True)
        with connect(given, stack.warehouse) as connection:
            yield connection
    finally:
        stack.stop()
