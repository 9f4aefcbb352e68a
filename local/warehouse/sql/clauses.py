"""Aggregates, windows and joins: the nodes of a statement's tree in DuckDB."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlglot import Expr, exp

from local.warehouse.sql.macros import call


def _best(function: str) -> Callable[[Any], Expr]:
    """Return a rule for MIN_BY or MAX_BY, whose value can be NULL."""

    def rewritten(node: Expr) -> Expr:
        if node.args.get("count"):
            return node
        return exp.Anonymous(this=function, expressions=[node.this, node.expression])

    return rewritten


def _hash_agg(node: exp.HashAgg) -> Expr:
    """Return HASH_AGG with `*` written so that its columns become the function's arguments."""
    first = exp.Var(this="*columns(*)") if isinstance(node.this, exp.Star) else node.this
    return call("hash_agg", exp.Anonymous(this="hash", expressions=[first, *node.expressions]))


def _listagg(node: exp.GroupConcat) -> Expr:
    """Return LISTAGG: by default without a separator; of no rows it is the empty text."""
    if not node.args.get("separator"):
        node.set("separator", exp.Literal.string(""))
    return node if isinstance(node.parent, exp.Window) else _or(node, exp.Literal.string(""))


def _count_if(node: exp.CountIf) -> Expr:
    """Return COUNT_IF, which by its page is NULL if no row satisfies the condition."""
    return node if isinstance(node.parent, exp.Window) else _null_if_none(node)


def _window(node: exp.Window) -> Expr:
    if isinstance(node.this, exp.CountIf):
        return _null_if_none(node)
    if isinstance(node.this, exp.GroupConcat):
        return _or(node, exp.Literal.string(""))
    if node.this.name.upper() == "CONDITIONAL_TRUE_EVENT":
        node.set("this", exp.CountIf(this=node.this.expressions[0]))
        # Without a frame, rows that are equal in the order are counted together.
        node.set(
            "spec",
            exp.WindowSpec(
                kind="ROWS", start="UNBOUNDED", start_side="PRECEDING", end="CURRENT ROW"
            ),
        )
    return node


def _join(node: exp.Join) -> Expr:
    """Return the join; ASOF JOIN keeps rows without a match, and so does FLATTEN with OUTER."""
    if match := node.args.get("match_condition"):
        node.set("match_condition", None)
        node.set("side", "LEFT")
        node.set("on", exp.and_(match, node.args.get("on")))
    elif _is_outer(node.this):
        node.set("side", "LEFT")
        node.set("on", exp.true())
    return node


def _is_outer(joined: Expr) -> bool:
    """Return whether it is `lateral flatten(…, outer => true)`."""
    named = joined.this.expressions if isinstance(joined, exp.Lateral) else []
    return any(one.name.upper() == "OUTER" and one.expression == exp.true() for one in named)


def _null_if_none(node: Expr) -> Expr:
    return exp.Nullif(this=node.copy(), expression=exp.Literal.number(0))


def _or(node: Expr, otherwise: Expr) -> Expr:
    return exp.Coalesce(this=node.copy(), expressions=[otherwise])


BEFORE: dict[type[Expr], Callable[[Any], Expr]] = {
    exp.ArgMax: _best("arg_max_null"),
    exp.ArgMin: _best("arg_min_null"),
    exp.CountIf: _count_if,
    exp.GroupConcat: _listagg,
    exp.HashAgg: _hash_agg,
    exp.Join: _join,
    exp.Window: _window,
}


def array_agg(node: exp.Anonymous) -> Expr:
    """Return ARRAY_AGG, which is an empty array of no rows."""
    of_rows = node.expressions and isinstance(node.expressions[0], (exp.ArrayAgg, exp.Window))
    is_array = node.name.upper() == "TO_JSON" and of_rows
    return _or(node, exp.cast(exp.Literal.string("[]"), exp.DType.JSON)) if is_array else node


AFTER: dict[type[Expr], Callable[[Any], Expr]] = {exp.Anonymous: array_agg}
