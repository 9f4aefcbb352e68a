"""The DuckDB files behind the warehouse, and the sessions on them.

`--file` is the catalogue (stages, integrations, file formats); each database is a file of its own
in the folder beside it, since that is how DuckDB keeps several databases.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fakesnow import info_schema
from fakesnow.instance import GLOBAL_DATABASE_NAME, FakeSnow
from fakesnow.transforms import show

from local.warehouse import catalogue
from local.warehouse.connection import Connection
from local.warehouse.locks import TableLocks
from local.warehouse.s3_files import S3Files

# Small enough to run beside Airflow on a laptop; DuckDB spills to the folder beyond it.
LIMITS = "set global memory_limit = '2GB'; set global threads = 2"


class Store(FakeSnow):
    """One warehouse. Only one process at a time can have its files open."""

    def __init__(self, file: Path, s3: S3Files) -> None:
        folder = file.absolute().with_name(f"{file.name}.databases")
        folder.mkdir(parents=True, exist_ok=True)
        super().__init__(db_path=folder)
        self.locks = TableLocks()
        self._s3 = s3
        self.duck_conn.execute(LIMITS)
        self.duck_conn.execute(f"set global temp_directory = '{folder / 'spill'}'")
        self._open_catalogue(file)
        for database in sorted(folder.glob("*.db")):
            self.connect(database.stem).close()

    def connect(
        self,
        database: str | None = None,
        schema: str | None = None,
        nop_regexes: list[str] | None = None,
        **kwargs: Any,
    ) -> Connection:
        """A new session; its database and schema are created if they do not exist."""
        return Connection(
            self.duck_conn.cursor(),
            self.locks,
            self._s3,
            self.results_cache,
            database,
            schema,
            db_path=self.db_path,
            nop_regexes=nop_regexes,
            **kwargs,
        )

    def close(self) -> None:
        """Writes all to the files."""
        self.duck_conn.close()

    def _open_catalogue(self, file: Path) -> None:
        """fakesnow keeps its catalogue in memory; here a file takes its place."""
        self.duck_conn.execute(f"detach {GLOBAL_DATABASE_NAME}")
        self.duck_conn.execute(f"attach '{file.absolute()}' as {GLOBAL_DATABASE_NAME}")
        self.duck_conn.execute(info_schema.fs_global_creation_sql())
        self.duck_conn.execute(show.fs_global_creation_sql())
        self.duck_conn.execute(catalogue.CREATION)
