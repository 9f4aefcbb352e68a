"""The DuckDB files behind the warehouse, and the sessions on them.

`--file` is the catalogue (stages, integrations, file formats, roles, users, grants); each database
is a file of its own in the folder beside it, as DuckDB has one database a file.
"""

from __future__ import annotations

from pathlib import Path

from duckdb import DuckDBPyConnection
from fakesnow import info_schema
from fakesnow.instance import GLOBAL_DATABASE_NAME, FakeSnow
from fakesnow.transforms import show

from local.warehouse import catalogue, json_lines
from local.warehouse.access.account import Account
from local.warehouse.access.privileges import Securable
from local.warehouse.access.session import Access
from local.warehouse.connection import Connection
from local.warehouse.inventory import Inventory
from local.warehouse.locks import TableLocks
from local.warehouse.sql import addresses, macros
from local.warehouse.trust import Trust

# The user that opens the databases at the start.
OWN = "LOCAL"
# Small enough to run beside Airflow on a laptop; beyond it DuckDB spills to the folder.
LIMITS = """set global memory_limit = '4GB'; set global threads = 2;
    set global preserve_insertion_order = false"""


class Store(FakeSnow):
    """A warehouse; only one process at a time can have its files open."""

    def __init__(self, file: Path, trust: Trust) -> None:
        folder = file.absolute().with_name(f"{file.name}.databases")
        folder.mkdir(parents=True, exist_ok=True)
        super().__init__(db_path=folder)
        self.locks = TableLocks()
        self._trust = trust
        self.duck_conn.execute(LIMITS)
        self.duck_conn.execute(f"set global temp_directory = '{folder / 'spill'}'")
        self._open_catalogue(file)
        self.account = Account(self.duck_conn.cursor())
        for database in sorted(folder.glob("*.db")):
            self.open(Access(self.account, OWN), database.stem, None).close()

    def open(self, access: Access, database: str | None, schema: str | None) -> Connection:
        """Open a session; without a role its database and schema are created if they do not exist.

        With one they are left out if they do not exist, or the role has no privilege on them.
        """
        duck = self.duck_conn.cursor()
        if access.role is not None:
            database, schema = self._visible(access, duck, database, schema)
        return Connection(
            duck,
            self.locks,
            self._trust,
            access,
            self.results_cache,
            database,
            schema,
            db_path=self.db_path,
        )

    def close(self) -> None:
        """Write all state to the files."""
        self.duck_conn.close()

    def _visible(
        self, access: Access, duck: DuckDBPyConnection, database: str | None, schema: str | None
    ) -> tuple[str | None, str | None]:
        inventory = Inventory(duck, self.account)
        places = [Securable("DATABASE", f"{database}"), Securable("SCHEMA", f"{database}.{schema}")]
        seen = [inventory.has(place) and access.sees(place) for place in places]
        return database if seen[0] else None, schema if all(seen) else None

    def _open_catalogue(self, file: Path) -> None:
        """Open fakesnow's catalogue as a file instead of in memory."""
        self.duck_conn.execute(f"detach {GLOBAL_DATABASE_NAME}")
        self.duck_conn.execute(f"attach '{file.absolute()}' as {GLOBAL_DATABASE_NAME}")
        self.duck_conn.execute(info_schema.fs_global_creation_sql())
        self.duck_conn.execute(show.fs_global_creation_sql())
        self.duck_conn.execute(catalogue.CREATION)
        addresses.register(self.duck_conn)
        json_lines.register(self.duck_conn)
        self.duck_conn.execute(macros.creation_sql())
