"""What the warehouse's tests share: the project's SQL files, run over the ordinary connector."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import snowflake.connector
from snowflake.connector.cursor import SnowflakeCursor

SQL = Path(__file__).parents[2] / "include" / "sql"
BUCKET = "landing"
DAY = "2026-09-24"
SETUP = {
    "role_arn": "arn:aws:iam::123456789012:role/snowflake-reader",
    "external_id": "amplitude",
    "stage_url": f"s3://{BUCKET}/python-import/",
}
SESSION = {
    "TRANSACTION_ABORT_ON_ERROR": True,
    "ABORT_DETACHED_QUERY": True,
    "LOCK_TIMEOUT": 20,
    "STATEMENT_TIMEOUT_IN_SECONDS": 60,
    "QUERY_TAG": "test",
    "TIMEZONE": "UTC",
}


class Client:
    """One session."""

    def __init__(self, **connection: Any) -> None:
        given = SESSION | connection.pop("session_parameters", {})
        self.connection = snowflake.connector.connect(**connection, session_parameters=given)

    def run(self, sql: str, params: Any = None) -> SnowflakeCursor:
        cursor = self.connection.cursor()
        cursor.execute(sql, params)
        return cursor

    def rows(self, sql: str, params: Any = None) -> list[tuple[Any, ...]]:
        return self.run(sql, params).fetchall()

    def file(self, name: str, **params: Any) -> SnowflakeCursor:
        return self.run((SQL / name).read_text(), params)

    def set_up(self) -> None:
        for path in sorted((SQL / "setup").glob("*.sql")):
            self.file(f"setup/{path.name}", **SETUP)

    def copy(self, files: list[str], *, force: bool = True) -> list[tuple[Any, ...]]:
        # The connector binds a list without its parentheses.
        sql = (SQL / "load/copy_files.sql").read_text()
        sql = sql.replace("files = %(files)s", "files = (%(files)s)")
        sql = sql.replace("force = true", f"force = {force}")
        return self.rows(sql, {"day": DAY, "run_id": "run", "files": files})

    def count(self) -> int:
        return self.rows("select count(*) from amplitude_raw")[0][0]


def name_of(hour: int, ending: str = "json") -> str:
    """A landed file's name, relative to the stage."""
    return f"{DAY}/123456_{DAY}_{hour:02}_0.{ending}"


def lines(*events: dict[str, Any]) -> bytes:
    return "".join(json.dumps(event) + "\n" for event in events).encode()
