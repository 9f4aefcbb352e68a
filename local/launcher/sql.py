"""Queries of the warehouse, local or Snowflake, by the connector alone."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from io import StringIO
from typing import Any

from local.launcher import airflow
from local.launcher.connections import snowflake_server
from local.launcher.report import table
from local.launcher.settings import Settings, SettingsError
from local.launcher.stack import Stack, start_cloud


class QueryRefused(Exception):
    """The warehouse refused a login or a query; the message is its own."""


@contextmanager
def connect(given: Settings, warehouse_url: str) -> Iterator[Any]:
    """Open a session in the schema of `snowflake_default`; `warehouse_url` is the stand-in's.

    Raises QueryRefused if the login fails.
    """
    with _refusals():
        connection = _local(warehouse_url) if given.cloud_is_local else _snowflake(given)
    with closing(connection):
        yield connection


@contextmanager
def _refusals() -> Iterator[None]:
    """Translate the errors of connector and hook."""
    from amplitude_export.errors import PipelineError
    from snowflake.connector.errors import Error

    try:
        yield
    except (Error, PipelineError) as error:
        raise QueryRefused(str(error)) from error


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
    """Return all rows of a query; `values` take the places of its `%s`. Raises QueryRefused."""
    with _refusals(), closing(connection.cursor()) as cursor:
        fetched: list[tuple[Any, ...]] = cursor.execute(query, values or None).fetchall()
        return fetched


def statements(text: str) -> list[str]:
    """Return the statements of a text, without their comments; raise SettingsError without one."""
    from snowflake.connector.util_text import split_statements

    # The connector's own rules for quotes, comments and `$$`.
    found = [each for each, _ in split_statements(StringIO(text), remove_comments=True)]
    if queries := [each for each in found if each and each.strip("; \n")]:
        return queries
    raise SettingsError('There is no query. Use: make sql Q="select count(*) from amplitude_raw"')


def show(connection: Any, query: str) -> str:
    """Return the rows of one statement as an aligned table; raise QueryRefused."""
    with _refusals(), closing(connection.cursor()) as cursor:
        fetched = cursor.execute(query).fetchall()
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
