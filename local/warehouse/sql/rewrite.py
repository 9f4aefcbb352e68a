"""Goes through a statement's tree: `before` fakesnow translates it, and `after`."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import duckdb
from sqlglot import Expr, exp

from local.warehouse.sql import clauses, functions

Rules = dict[type[Expr], Callable[[Any], Expr]]
BEFORE: Rules = functions.BEFORE | clauses.BEFORE
AFTER: Rules = functions.AFTER | clauses.AFTER


def lasting(tree: Expr) -> Expr:
    """A temporary view as an ordinary one: DuckDB has none of them in a schema of one's own."""
    if isinstance(tree, exp.Create) and str(tree.args["kind"]).upper() == "VIEW":
        for mark in list(tree.find_all(exp.TemporaryProperty)):
            mark.pop()
    return tree


def before(tree: Expr) -> Expr:
    """What fakesnow would not understand, or translates otherwise."""
    return _rewritten(lasting(tree), BEFORE)


def after(tree: Expr) -> Expr:
    """What DuckDB would not understand, or answers otherwise."""
    for name in tree.find_all(exp.Identifier):
        if name.name.lower() in _keywords():
            name.set("quoted", True)
    _quote_comment(tree)
    return _rewritten(tree, AFTER)


def _rewritten(tree: Expr, rules: Rules) -> Expr:
    """From the inside out, so that what is rewritten may hold what was."""
    for node in reversed(list(tree.find_all(*rules))):
        rewritten = rules[type(node)](node) if type(node) in rules else node
        if rewritten is not node:
            node.replace(rewritten)
    return tree


def _quote_comment(tree: Expr) -> None:
    """fakesnow pastes the comment on a table into its SQL, or the word None."""
    if "table_comment" in tree.args:
        table, text = tree.args.pop("table_comment")
        if text is not None:
            tree.args["table_comment"] = (table, text.replace("'", "''"))


@cache
def _keywords() -> frozenset[str]:
    """Words that DuckDB takes for a name in quotes only, at least in some places."""
    rows = duckdb.execute("select keyword_name from duckdb_keywords()").fetchall()
    return frozenset(word for (word,) in rows)
