"""The databases, schemas, tables, stages and so on that exist."""

from __future__ import annotations

from dataclasses import dataclass

from duckdb import DuckDBPyConnection

from local.warehouse.access.account import Account
from local.warehouse.access.privileges import ACCOUNT, Securable
from local.warehouse.catalogue import INTEGRATIONS, STAGES
from local.warehouse.file_formats import FORMATS

SCHEMA = ("database_name", "schema_name")
# DuckDB's own schema of a database, and those of fakesnow.
HIDDEN = "('main', 'pg_catalog', 'information_schema', '_fs_information_schema')"
# The table of DuckDB or the catalogue with each kind of object, and the parts of its name.
SOURCES = {
    "DATABASE": ("duckdb_databases() where not internal", ("database_name",)),
    "SCHEMA": (f"duckdb_schemas() where not internal and schema_name not in {HIDDEN}", SCHEMA),
    "TABLE": ("duckdb_tables() where not temporary", (*SCHEMA, "table_name")),
    "VIEW": ("duckdb_views() where not internal", (*SCHEMA, "view_name")),
    "SEQUENCE": ("duckdb_sequences() where not temporary", (*SCHEMA, "sequence_name")),
    "STAGE": (STAGES, (*SCHEMA, "name")),
    "FILE FORMAT": (FORMATS, (*SCHEMA, "name")),
    "INTEGRATION": (INTEGRATIONS, ("name",)),
}


@dataclass(frozen=True)
class Inventory:
    """The objects that one session's DuckDB connection and the account hold."""

    duck: DuckDBPyConnection
    account: Account

    def has(self, wanted: Securable) -> bool:
        """Return whether an object of that kind and name exists."""
        if wanted == ACCOUNT:
            return True
        if wanted.kind not in SOURCES:
            return self.account.find(wanted.kind, wanted.name) is not None
        return wanted.name in self.names(wanted.kind)

    def inside(self, place: Securable, kind: str) -> list[Securable]:
        """Return all objects of a kind in a schema or database."""
        every = [Securable(kind, name) for name in self.names(kind)]
        return [one for one in every if place.holds(one)]

    def names(self, kind: str) -> list[str]:
        """Return the full names of all objects of a kind."""
        source, columns = SOURCES[kind]
        rows = self.duck.execute(f"select {', '.join(columns)} from {source}").fetchall()  # noqa: S608
        return [".".join(row) for row in rows]
