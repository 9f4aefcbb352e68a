"""MERGE by DuckDB's own statement: fakesnow's replacement cannot run inside a transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from duckdb import DuckDBPyConnection
from fakesnow.transforms.merge import operations
from sqlglot import Expr, exp

from local.warehouse.results import Answer

# DuckDB's name of an operation on a row, by the word in Snowflake's column names.
ACTIONS = {"inserted": "INSERT", "updated": "UPDATE", "deleted": "DELETE"}


def merge(
    statement: exp.Merge, duck: DuckDBPyConnection, translate: Callable[[Expr], str]
) -> Answer:
    """Run it and count the rows of each operation that the statement names."""
    named = [operation for operation, whens in operations(statement).items() if whens]
    rows = duck.execute(f"{translate(statement)} returning merge_action").fetchall()
    counts = Counter(row[-1] for row in rows)
    columns = tuple(f"number of rows {operation}" for operation in named)
    return Answer(columns, [tuple(counts[ACTIONS[operation]] for operation in named)])
