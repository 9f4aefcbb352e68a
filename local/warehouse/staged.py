"""SELECT from the files of an S3 stage, read as undelimited text: a line a row, as `$1`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
from duckdb import DuckDBPyConnection
from fakesnow.transforms.file_format import lookup_file_format
from sqlglot import Expr, exp

from local.warehouse.catalogue import Stage
from local.warehouse.copy_plan import ROWS, as_column
from local.warehouse.errors import not_offered
from local.warehouse.json_lines import text_lines
from local.warehouse.results import Answer
from local.warehouse.s3_files import S3Files

# A format with these options leaves the text of a line as it is.
AS_TEXT = {
    "TYPE": "CSV",
    "FIELD_DELIMITER": "NONE",
    "FIELD_OPTIONALLY_ENCLOSED_BY": "NONE",
    "ESCAPE": "NONE",
    "ESCAPE_UNENCLOSED_FIELD": "NONE",
    "NULL_IF": "[]",
    "REPLACE_INVALID_CHARACTERS": "TRUE",
}


def staged_tables(tree: Expr) -> Iterator[exp.Table]:
    """Yield the stages that a statement reads like tables."""
    for table in tree.find_all(exp.Table):
        if isinstance(table.this, (exp.Literal, exp.Var)) and table.name.startswith("@"):
            yield table


def format_of(table: exp.Table) -> str:
    """Return the name of the file format, or nothing."""
    return table.text("format").upper()


def select(
    tree: Expr,
    stage: Stage,
    files: S3Files,
    duck: DuckDBPyConnection,
    translate: Callable[[Expr], str],
) -> Answer:
    """Run the statement over all lines of the files below the stage's path."""
    (table,) = staged_tables(tree)
    if table.args.get("pattern"):
        raise not_offered("A query of a stage with PATTERN")
    _require_text(lookup_file_format(duck, format_of(table), stage.database, stage.schema))
    duck.execute("select 1").fetchall()
    _, _, path = table.name.partition("/")
    table.replace(exp.table_(ROWS, quoted=True))
    duck.register(ROWS, _rows(files, stage.url + path))
    try:
        found = duck.execute(translate(tree.transform(as_column)))
        columns = tuple(column[0].upper() for column in found.description or ())
        return Answer(columns, found.fetchall())
    finally:
        duck.unregister(ROWS)


def _require_text(options: dict[str, object]) -> None:
    for name, wanted in AS_TEXT.items():
        if str(options.get(name)).upper() != wanted:
            raise not_offered(f"A query of a stage with {name} = {options.get(name)}")


def _rows(files: S3Files, url: str) -> pa.Table:
    names: list[str] = []
    numbers: list[int] = []
    texts: list[str] = []
    with TemporaryDirectory(prefix="staged-") as folder:
        for file in files.list(url):
            path = Path(folder) / file.key.rpartition("/")[2]
            files.fetch(file.url, path)
            for number, line in text_lines(path, file.key):
                names.append(file.key)
                numbers.append(number)
                texts.append(line.decode(errors="replace"))
    return pa.table(
        {
            "$1": pa.array(texts, pa.string()),
            "METADATA$FILENAME": pa.array(names, pa.string()),
            "METADATA$FILE_ROW_NUMBER": pa.array(numbers, pa.int64()),
        }
    )
