"""One session with Snowflake, which runs the statements of include/sql from their files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from functools import cached_property
from io import StringIO
from typing import Any

from snowflake.connector import DictCursor, SnowflakeConnection
from snowflake.connector.errors import Error
from snowflake.connector.util_text import split_statements

from amplitude_export.include import INCLUDE, included
from amplitude_export.settings import SNOWFLAKE
from amplitude_export.warehouse.errors import unfinished, warehouse_error
from amplitude_export.warehouse.stage import Stage
from amplitude_export.workspace import PREFIX

SQL = INCLUDE / "sql"

Connect = Callable[[], SnowflakeConnection]


class Session:
    """A cursor that returns rows as dicts, and the values that each of its statements can bind.

    `statement` is a file below include/sql without its ending, such as `load/delete_day`. Every
    method raises WarehouseRefused or WarehouseUnavailable; the message has the words of the file's
    name, and the advice names `connection`, the id of the connection that the cursor belongs to.
    Without the file it raises BadSetting.
    """

    def __init__(
        self,
        cursor: Any,
        about: Mapping[str, Any],
        connection: str = SNOWFLAKE,
    ) -> None:
        self._cursor = cursor
        self._about = about
        self._connection = connection

    @classmethod
    @contextmanager
    def opened(
        cls,
        connect: Connect,
        about: Mapping[str, Any] | None = None,
        connection: str = SNOWFLAKE,
    ) -> Iterator[Session]:
        """Open a connection and a cursor for the block; both are closed when it ends.

        Raises what `connect` raises: with WarehouseHook that is BadSetting, WarehouseRefused or
        WarehouseUnavailable.
        """
        with closing(connect()) as opened, closing(opened.cursor(DictCursor)) as cursor:
            yield cls(cursor, about or {}, connection)

    def execute_control(self, command: str) -> None:
        """Execute a command that controls the transaction: begin, commit or rollback.

        Raises only WarehouseUnavailable: such a command touches neither data nor privileges.
        """
        try:
            self._cursor.execute(command)
        except Error as error:
            raise unfinished(error, command, self._connection) from error

    def run(self, statement: str, **values: Any) -> list[dict[str, Any]]:
        """Run the statement with the values bound, and return its rows."""
        with self._errors(statement):
            self._cursor.execute(_text(statement), {**self._about, **values})
            rows: list[dict[str, Any]] = self._cursor.fetchall()
            return rows

    def stream(self, statement: str, **values: Any) -> Iterator[dict[str, Any]]:
        """Run the statement as `run` does, and yield its rows: memory does not grow with them."""
        with self._errors(statement):
            self._cursor.execute(_text(statement), {**self._about, **values})
            yield from self._cursor

    def run_script(self, script: str, **values: Any) -> list[dict[str, Any]]:
        """Run the statements of a file in their order, and return the rows of all of them."""
        rows: list[dict[str, Any]] = []
        with self._errors(script):
            for statement in statements(script):
                self._cursor.execute(statement, {**self._about, **values})
                rows += self._cursor.fetchall()
        return rows

    def run_each(self, statement: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Run an INSERT for all rows at once."""
        # The connector sends the rows as one statement only if the text begins with INSERT: the
        # header of the file is cut off.
        insert = _text(statement).partition("*/")[2].strip()
        with self._errors(statement):
            self._cursor.executemany(insert, [{**self._about, **row} for row in rows])

    def listed(self, prefix: str) -> dict[str, int]:
        """Return key and bytes of each object below the prefix, as the stage lists them."""
        path = f"@amplitude_stage/{prefix.removeprefix(PREFIX)}"
        rows = self.run("warehouse/list_landed", path=path)
        return {self.stage.key_of(str(row["name"])): int(row["size"]) for row in rows}

    @cached_property
    def stage(self) -> Stage:
        """The stage, described once a session."""
        return Stage.described(self.run("warehouse/describe_stage"))

    @contextmanager
    def _errors(self, statement: str) -> Iterator[None]:
        try:
            yield
        except Error as error:
            raise warehouse_error(error, _words(statement), self._connection) from error

    @property
    def query_id(self) -> str:
        """The last statement's id in the query history."""
        return str(self._cursor.sfqid)

    @property
    def changed(self) -> int:
        """The number of rows that the last statement changed."""
        return int(self._cursor.rowcount or 0)


def statements(script: str) -> list[str]:
    """Return the statements of a file as text; the first one includes the file's header."""
    return [statement for statement, _ in split_statements(StringIO(_text(script)))]


def _text(name: str) -> str:
    return included(SQL / f"{name}.sql").read_text()


def _words(name: str) -> str:
    # The set-up's files are numbered.
    return name.rpartition("/")[2].lstrip("0123456789_").replace("_", " ")
