"""COPY INTO a table from an S3 stage: fetch, check every line, insert, report a row per file.

All files are checked before the first row is written: a COPY that fails writes nothing, even where
the transaction goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
from duckdb import DuckDBPyConnection
from sqlglot import Expr

from local.warehouse.copy_plan import ROWS, CopyPlan
from local.warehouse.json_lines import batches, count_valid
from local.warehouse.results import Answer
from local.warehouse.s3_files import S3File, S3Files

RESULT_COLUMNS = (
    "file",
    "status",
    "rows_parsed",
    "rows_loaded",
    "error_limit",
    "errors_seen",
    "first_error",
    "first_error_line",
    "first_error_character",
    "first_error_column_name",
)
HISTORY = "_fs_information_schema._fs_load_history"


@dataclass(frozen=True)
class Fetched:
    """A file that was fetched and checked, its number of rows, and the number to load."""

    file: S3File
    path: Path
    rows: int
    loaded: int


@dataclass(frozen=True)
class Target:
    """The table of a COPY, with its names resolved."""

    database: str
    schema: str
    table: str


class CopyInto:
    """A COPY over one session's DuckDB connection; `translate` returns DuckDB's SQL."""

    def __init__(
        self,
        plan: CopyPlan,
        target: Target,
        duck: DuckDBPyConnection,
        translate: Callable[[Expr], str],
    ) -> None:
        self._plan = plan
        self._target = target
        self._duck = duck
        self._translate = translate

    def run(self, s3: S3Files, *, lose: int = 0) -> Answer:
        """Load the files; raise with nothing written if one is missing, refused or not JSON.

        `lose` is a fault: this many rows of the last file are not loaded.
        """
        urls = self._plan.urls if self._plan.force else self._not_loaded()
        if not urls:
            return Answer(("status",), [("Copy executed with 0 files processed.",)])
        with TemporaryDirectory(prefix="copy-") as folder:
            fetched = [self._fetch(s3, url, Path(folder), at) for at, url in enumerate(urls)]
            fetched[-1] = replace(fetched[-1], loaded=max(0, fetched[-1].rows - lose))
            insert = self._translate(self._plan.insert)
            for one in fetched:
                self._load(one, insert)
        self._remember(fetched)
        return Answer(RESULT_COLUMNS, [_result(one) for one in fetched])

    def _fetch(self, s3: S3Files, url: str, folder: Path, at: int) -> Fetched:
        path = folder / f"{at}{''.join(Path(url).suffixes[-1:])}"
        file = s3.fetch(url, path)
        rows = count_valid(path, file.key, self._target.table)
        return Fetched(file, path, rows, rows)

    def _load(self, one: Fetched, insert: str) -> None:
        for rows in _relations(one):
            self._duck.register(ROWS, rows)
            self._duck.execute(insert).fetchall()
            self._duck.unregister(ROWS)

    def _not_loaded(self) -> list[str]:
        """Return the files to load: without FORCE, those not in the table's load history."""
        loaded = (
            f"select file_name from {self._target.database}.{HISTORY} "  # noqa: S608
            "where schema_name = ? and table_name = ?"
        )
        names = [self._target.schema, self._target.table]
        known = self._duck.execute(loaded, names).fetchall()
        return [url for url in self._plan.urls if (url,) not in known]

    def _remember(self, fetched: list[Fetched]) -> None:
        now = datetime.now(UTC)
        self._duck.executemany(
            f"insert into {self._target.database}.{HISTORY} by name select ? as schema_name, "
            "? as file_name, ? as table_name, ? as last_load_time, 'LOADED' as status, "
            "? as row_count, ? as row_parsed, 0 as error_count, 1 as error_limit",
            [
                (self._target.schema, f.file.url, self._target.table, now, f.loaded, f.rows)
                for f in fetched
            ],
        )


def _relations(one: Fetched) -> Iterator[pa.Table]:
    """Yield the file's rows, `$1` as text, with Snowflake's metadata columns; rows count from 1."""
    scanned = datetime.now(UTC)
    first = 1
    for batch in batches(one.path, one.file.key):
        lines = batch[: max(0, one.loaded - first + 1)]
        size = len(lines)
        yield pa.table(
            {
                "$1": pa.array(lines, pa.string()),
                "METADATA$FILENAME": pa.repeat(one.file.key, size),
                "METADATA$FILE_ROW_NUMBER": pa.array(range(first, first + size), pa.int64()),
                "METADATA$FILE_LAST_MODIFIED": pa.repeat(_naive(one.file.modified), size),
                "METADATA$FILE_CONTENT_KEY": pa.repeat(one.file.etag, size),
                "METADATA$START_SCAN_TIME": pa.repeat(_naive(scanned), size),
            }
        )
        first += size


def _naive(instant: datetime) -> pa.Scalar:
    """Return UTC without a zone: sessions are always in UTC here."""
    return pa.scalar(instant.astimezone(UTC).replace(tzinfo=None), pa.timestamp("us"))


def _result(one: Fetched) -> tuple[object, ...]:
    return (one.file.url, "LOADED", one.rows, one.loaded, 1, 0, None, None, None, None)
