"""The client of the warehouse's tests: the project's SQL files over the ordinary connector."""

from __future__ import annotations

import json
from base64 import b64encode
from pathlib import Path
from typing import Any

import snowflake.connector
from amplitude_export.deployment import Deployment
from amplitude_export.warehouse.session import statements
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from snowflake.connector.cursor import SnowflakeCursor

from local.warehouse import Warehouse

SQL = Path(__file__).parents[2] / "include" / "sql"
BUCKET = "landing"
DAY = "2026-09-24"
SETUP = {
    "integration": Deployment().integration,
    "mark": Deployment().mark,
    "role_arn": "arn:aws:iam::123456789012:role/snowflake-reader",
    "external_id": "amplitude",
    "stage_url": f"s3://{BUCKET}/python-import/",
}
# An account with one object of each kind.
OBJECTS = (
    "create warehouse w",
    "create database amplitude",
    "create schema raw",
    "create table t (a int)",
    "create table u (a int)",
    "create table json (a variant)",
    "create view v as select * from u",
    "create file format f type = json",
    "create file format txt type = csv field_delimiter = none escape = none null_if = () "
    "escape_unenclosed_field = none replace_invalid_characters = true",
    "create storage integration i type = external_stage storage_provider = 'S3' enabled = true "
    f"storage_aws_role_arn = '{SETUP['role_arn']}' storage_allowed_locations = ('*')",
    f"create stage s url = '{SETUP['stage_url']}' storage_integration = i",
)
PLACE = ("usage on database amplitude", "usage on schema raw")
# The rights that a SELECT and all writes need besides their own privileges.
QUERY = (*PLACE, "usage on warehouse w")
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
        """Run the file's statements for `default`, and return the cursor of the last one."""
        params = {"project": "default", **params}
        *before, last = statements(name.removesuffix(".sql"))
        for statement in before:
            self.run(statement, params)
        return self.run(last, params)

    def set_up(self) -> None:
        """Create the integration and all objects of the schema except its grants."""
        integration = sorted((SQL / "setup/admin").glob("*_storage_integration.sql"))
        for path in [*integration, *sorted((SQL / "setup/objects").glob("*.sql"))]:
            # The files from 12 to 16 change tables of an earlier version.
            if "grant" not in path.name and not "12" <= path.name < "17":
                for statement in statements(f"setup/{path.parent.name}/{path.stem}"):
                    self.run(statement, SETUP)

    def copy(self, files: list[str], *, force: bool = True) -> list[tuple[Any, ...]]:
        # The connector binds a list without its parentheses.
        sql = (SQL / "load/copy_files.sql").read_text()
        sql = sql.replace("files = %(files)s", "files = (%(files)s)")
        sql = sql.replace("force = true", f"force = {force}")
        return self.rows(sql, {"project": "default", "day": DAY, "run_id": "run", "files": files})

    def count(self) -> int:
        return self.rows("select count(*) from amplitude_raw")[0][0]


def key_pair() -> tuple[RSAPrivateKey, str]:
    """Return a private key, and its public half in the form of ALTER USER."""
    private = generate_private_key(65537, 2048)
    der = private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return private, b64encode(der).decode()


def as_administrator(warehouse: Warehouse) -> Client:
    """Return a session of ACCOUNTADMIN, in no database."""
    return as_role(warehouse, "ACCOUNTADMIN", database=None, schema=None)


def as_role(server: Warehouse, role: str | None, **changes: Any) -> Client:
    """Return a session of a role; a change to None leaves the connection's argument out."""
    arguments = server.connection() | {"role": role} | changes
    return Client(**{name: value for name, value in arguments.items() if value is not None})


def name_of(hour: int, ending: str = "json") -> str:
    """Return a landed file's name, relative to the stage."""
    return f"{DAY}/123456_{DAY}_{hour:02}_0.{ending}"


def lines(*events: dict[str, Any]) -> bytes:
    return "".join(json.dumps(event) + "\n" for event in events).encode()
