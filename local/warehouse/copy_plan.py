"""The plan of a COPY INTO: the stage, the files, the options, the columns of each row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from duckdb import DuckDBPyConnection
from fakesnow.transforms.file_format import lookup_file_format
from fakesnow.transforms.options import parse_options
from sqlglot import Expr, exp

from local.warehouse.catalogue import Stage
from local.warehouse.errors import COMPILATION, error, not_offered, syntax_error
from local.warehouse.s3_files import S3Files

# More in one FILES list is an error in Snowflake.
MAX_FILES = 1000
# The name of the relation with the rows of a file, in the INSERT of a COPY.
ROWS = "_copy_rows"


@dataclass(frozen=True)
class CopyPlan:
    """A COPY from an S3 stage, with its options checked against those of the stand-in."""

    target: exp.Table
    insert: exp.Insert
    urls: list[str]
    force: bool


def stage_reference(copy: exp.Copy) -> str:
    """Return the text after `from`, such as `@amplitude_stage/2026-09-24/`, or a URL."""
    source = copy.args["files"][0]
    if isinstance(source, exp.Subquery):
        source = source.this.args["from_"].this
    return str(source.this.name if hasattr(source.this, "name") else source.this)


def plan(
    copy: exp.Copy, stage: Stage, path: str, duck: DuckDBPyConnection, s3: S3Files
) -> CopyPlan:
    """Return the plan; raise for options that the stand-in lacks, and for more than 1,000 files."""
    options = _options(copy)
    if str(options.pop("ON_ERROR", "ABORT_STATEMENT")).upper() != "ABORT_STATEMENT":
        raise not_offered("ON_ERROR other than ABORT_STATEMENT")
    _check_format(options.pop("FILE_FORMAT", {}), stage, duck)
    url = stage.url + path
    files = options.pop("FILES", None)
    if isinstance(files, str):
        raise syntax_error(f"unexpected '{files}': FILES takes a list in parentheses.")
    if files is not None and len(files) > MAX_FILES:
        raise error(
            1043, "42601", f"{COMPILATION}{len(files)} files: FILES takes at most {MAX_FILES}."
        )
    force = options.pop("FORCE", False) is True
    if options:
        raise not_offered(f"COPY INTO with {min(options)}")
    urls = [url + file for file in files] if files is not None else [f.url for f in s3.list(url)]
    return CopyPlan(_target(copy), _insert(copy), urls, force)


def stage_named(reference: str) -> str:
    """Return the stage's name in `@name/path`, in capitals; empty for a URL."""
    name, _, _ = reference.removeprefix("@").partition("/")
    return name.upper() if reference.startswith("@") else ""


def named_format(copy: exp.Copy) -> str:
    """Return the file format in the COPY itself, or nothing."""
    given = _options(copy).get("FILE_FORMAT", {})
    return str(given.get("FORMAT_NAME", "")) if isinstance(given, dict) else str(given or "")


def _options(copy: exp.Copy) -> dict[str, Any]:
    return {
        parameter.name.upper(): _value(parameter) for parameter in copy.args.get("params") or []
    }


def _value(parameter: exp.CopyParameter) -> Any:
    if parameter.expressions:
        return parse_options(parameter.expressions)
    value = parameter.args.get("expression")
    if isinstance(value, (exp.Tuple, exp.Paren)):
        return [literal.name for literal in value.find_all(exp.Literal)]
    return value.this if isinstance(value, exp.Boolean) else getattr(value, "name", None)


def _check_format(given: dict[str, Any], stage: Stage, duck: DuckDBPyConnection) -> None:
    name = given.pop("FORMAT_NAME", None if given else stage.file_format)
    named = lookup_file_format(duck, name, stage.database, stage.schema) if name else {}
    duck.execute("select 1").fetchall()
    options = named | given
    if str(options.get("TYPE", "CSV")).upper() != "JSON":
        raise not_offered("COPY INTO from S3 with a file format other than JSON")
    if options.get("STRIP_OUTER_ARRAY"):
        raise not_offered("STRIP_OUTER_ARRAY = TRUE")


def _target(copy: exp.Copy) -> exp.Table:
    found = copy.this.this if isinstance(copy.this, exp.Schema) else copy.this
    if not isinstance(found, exp.Table):
        raise syntax_error("COPY INTO needs a table.")
    return found


def _insert(copy: exp.Copy) -> exp.Insert:
    """Return INSERT INTO the target SELECT the columns FROM the rows of one file."""
    source = copy.args["files"][0]
    selected = source.this.expressions if isinstance(source, exp.Subquery) else [_first_column()]
    rows = exp.select(*[expression.copy() for expression in selected]).from_(
        exp.table_(ROWS, quoted=True)
    )
    return exp.Insert(this=copy.this.copy(), expression=rows.transform(as_column))


def _first_column() -> Expr:
    return exp.column("$1", quoted=True)


def as_column(node: Expr) -> Expr:
    """Return `$1` and `metadata$…` as columns of ROWS."""
    if isinstance(node, exp.Parameter) and node.name == "1":
        return _first_column()
    if isinstance(node, exp.Column) and node.name.upper().startswith("METADATA$"):
        return exp.column(node.name.upper(), quoted=True)
    return node
