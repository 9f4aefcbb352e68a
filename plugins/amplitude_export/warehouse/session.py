"""Runs the statements of include/sql over one session, each from its file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import Any

from snowflake.connector.errors import Error
from snowflake.connector.util_text import split_statements

from amplitude_export.warehouse.errors import unfinished, warehouse_error
from amplitude_export.workspace import PREFIX

SQL = Path(__file__).resolve().parents[3] / "include" / "sql"


class Session:
    """A cursor that gives rows as dicts, and the values that every act of it may bind.

    `act` is a file below include/sql without its ending, such as `load/delete_day`. Every method
    raises WarehouseRefused or WarehouseUnavailable, with the act's words and the id of the
    `connection` that the cursor came from.
    """

    def __init__(
        self, cursor: Any, about: Mapping[str, Any], connection: str = "snowflake_default"
    ) -> None:
        self._cursor = cursor
        self._about = about
        self._connection = connection

    def execute_control(self, statement: str) -> None:
        """Runs a statement of the transaction itself: begin, commit, rollback.

        Neither data nor rights can be wrong about it: WarehouseUnavailable is all that it raises.
        """
        try:
            self._cursor.execute(statement)
        except Error as error:
            raise unfinished(error, statement, self._connection) from error

    def run(self, act: str, **values: Any) -> list[dict[str, Any]]:
        """Runs the act's file with the values bound, and returns its rows."""
        with self._errors(act):
            self._cursor.execute(_text(act), {**self._about, **values})
            rows: list[dict[str, Any]] = self._cursor.fetchall()
            return rows

    def run_script(self, act: str) -> list[dict[str, Any]]:
        """Runs the statements of the act's file one after the other; the rows of all of them."""
        rows: list[dict[str, Any]] = []
        with self._errors(act):
            for statement in statements(act):
                self._cursor.execute(statement, self._about)
                rows += self._cursor.fetchall()
        return rows

    def run_each(self, act: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Runs the act's file for all of the rows at once.

        The connector sends them as one statement only if it begins with INSERT, so that the file's
        header stays behind.
        """
        insert = _text(act).partition("*/")[2].strip()
        with self._errors(act):
            self._cursor.executemany(insert, [{**self._about, **row} for row in rows])

    def listed(self, prefix: str) -> dict[str, int]:
        """Key and bytes of each object below the prefix, as Snowflake sees it through the stage."""
        path = f"@amplitude_stage/{prefix.removeprefix(PREFIX)}"
        rows = self.run("warehouse/list_landed", path=path)
        return {PREFIX + str(row["name"]).partition(PREFIX)[2]: int(row["size"]) for row in rows}

    @contextmanager
    def _errors(self, act: str) -> Iterator[None]:
        try:
            yield
        except Error as error:
            raise warehouse_error(error, _words(act), self._connection) from error

    @property
    def query_id(self) -> str:
        """The last statement's id in the query history."""
        return str(self._cursor.sfqid)

    @property
    def changed(self) -> int:
        """Rows that the last statement changed."""
        return int(self._cursor.rowcount or 0)


def statements(act: str) -> list[str]:
    """The statements of the act's file, the first with the file's header."""
    return [statement for statement, _ in split_statements(StringIO(_text(act)))]


def _text(act: str) -> str:
    return (SQL / f"{act}.sql").read_text()


def _words(act: str) -> str:
    return act.rpartition("/")[2].replace("_", " ")
