"""Queries of the warehouse, local or Snowflake, through the connector and nothing else."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

from local.launcher import airflow
from local.launcher.connections import snowflake_server
from local.launcher.report import table
from local.launcher.settings import ROOT, Settings
from local.launcher.stack import Stack, start_cloud


class QueryRefused(Exception):
    """The warehouse's answer to a query that it can't run."""


@contextmanager
def connect(given: Settings, warehouse_url: str) -> Iterator[Any]:
    """Open a session in the schema that `snowflake_default` names; the URL is the stand-in's."""
    connection = _local(warehouse_url) if given.cloud_is_local else _snowflake(given)
    with closing(connection):
        yield connection


def _local(url: str) -> Any:
    os.environ["SNOWFLAKE_DISABLE_PLATFORM_DETECTION"] = "true"
    import snowflake.connector

    return snowflake.connector.connect(
        user="local",
        password="local",  # noqa: S106  the stand-in lets everybody in
        database="AMPLITUDE",
        schema="RAW",
        **snowflake_server(url),
    )


def _snowflake(given: Settings) -> Any:
    """Use the product's own hook: it knows every way to log in that the connection may name."""
    os.environ.update(airflow.environment(given.env, port=0, schedule=False))
    sys.path.insert(0, str(ROOT / "plugins"))
    from amplitude_export.warehouse.hook import WarehouseHook

    return WarehouseHook(query_tag="python -m local sql").get_conn()


def rows(connection: Any, query: str, *values: object) -> list[tuple[Any, ...]]:
    """Return all rows of a query; `values` take the places of its `%s`."""
    with closing(connection.cursor()) as cursor:
        fetched: list[tuple[Any, ...]] = cursor.execute(query, values or None).fetchall()
        return fetched


def show(connection: Any, query: str) -> str:
    """Run a query and return its answer as an aligned table; raises QueryRefused."""
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
