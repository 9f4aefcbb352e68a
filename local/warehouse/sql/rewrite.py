"""The rewriting of a statement's tree: `before` fakesnow translates it, and `after`."""

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


def without_temporary(tree: Expr) -> Expr:
    """Return a temporary view as an ordinary one: DuckDB has none in a schema of one's own."""
    if isinstance(tree, exp.Create) and str(tree.args["kind"]).upper() == "VIEW":
        for mark in list(tree.find_all(exp.TemporaryProperty)):
            mark.pop()
    return tree


def before(tree: Expr) -> Expr:
    """Rewrite what fakesnow does not understand, or translates differently."""
    return _rewritten(without_temporary(tree), BEFORE)


def after(tree: Expr) -> Expr:
    """Rewrite what DuckDB does not understand, or computes differently."""
    for name in tree.find_all(exp.Identifier):
        if name.name.lower() in _keywords():
            name.set("quoted", True)
    _quote_comment(tree)
    return _rewritten(tree, AFTER)


def _rewritten(tree: Expr, rules: Rules) -> Expr:
    """Rewrite from the inside out, so that a new node can hold its rewritten parts."""
    for node in reversed(list(tree.find_all(*rules))):
        rewritten = rules[type(node)](node) if type(node) in rules else node
        if rewritten is not node:
            node.replace(rewritten)
    return tree


def _quote_comment(tree: Expr) -> None:
    """Double the quotes in the comment on a table, which fakesnow pastes into SQL; drop a None."""
    if "table_comment" in tree.args:
        table, text = tree.args.pop("table_comment")
        if text is not None:
            tree.args["table_comment"] = (table, text.replace("'", "''"))


@cache
def _keywords() -> frozenset[str]:
    """Return the words that DuckDB accepts as a name in quotes only, at least in some places."""
    rows = duckdb.execute("select keyword_name from duckdb_keywords()").fetchall()
    return frozenset(word for (word,) in rows)
