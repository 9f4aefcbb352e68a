"""Functions of one row: the call for each node of a statement's tree."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlglot import Expr, exp

from local.warehouse.sql.macros import call

TEXTS = (exp.DType.TEXT, exp.DType.VARCHAR)
SIDES = {"LEADING": "ltrim", "TRAILING": "rtrim"}


def _direct(function: str, *parts: str) -> Callable[[Any], Expr]:
    """Return a call of the macro of that name with those parts of the node."""

    def rewritten(node: Expr) -> Expr:
        return call(function, *(node.args[part] for part in parts))

    return rewritten


def _array_cat(node: exp.ArrayConcat) -> Expr:
    return call("array_cat", node.this, *node.expressions)


def _array(node: exp.Array) -> Expr:
    return exp.Anonymous(this="json_array", expressions=node.expressions)


def _cast(node: exp.Cast) -> Expr:
    """Return a cast to VARIANT: text becomes a text value, not JSON; `$1` of a COPY is JSON."""
    if node.to.this is exp.DType.VARIANT and node.this.name != "$1":
        return exp.ToVariant(this=node.this)
    return node


def _try_cast(node: exp.TryCast) -> Expr:
    is_moment = node.to.this in (exp.DType.TIMESTAMP, exp.DType.TIMESTAMPNTZ)
    return call("try_to_timestamp", node.this) if is_moment else node


def _anonymous(node: exp.Anonymous) -> Expr:
    if node.name.upper() in ("TRY_TO_TIMESTAMP", "TRY_TO_TIMESTAMP_NTZ"):
        return call("try_to_timestamp", *node.expressions)
    return node


def _str_to_time(node: exp.StrToTime) -> Expr:
    """Return the format with `%n` for any number of digits of a second's fraction."""
    if not node.args.get("safe"):
        return node
    written = exp.Literal.string(node.args["format"].name.replace("%f", "%n"))
    return call("try_strptime", node.this, written)


def _raw_string(node: exp.RawString) -> Expr:
    """Return the text of `$$it's$$`."""
    return exp.Literal.string(node.name)


def _sign(node: exp.Sign) -> Expr:
    return node if isinstance(node.parent, exp.Cast) else exp.cast(node.copy(), exp.DType.BIGINT)


def _to_number(node: exp.ToNumber) -> Expr:
    if set(node.text("format").upper()) != {"X"}:
        return node
    return call("try_hex_number" if node.args.get("safe") else "hex_number", node.this)


def _trim(node: exp.Trim) -> Expr:
    """Return TRIM with the letters to trim, which fakesnow drops."""
    if node.expression is None:
        return node
    function = SIDES.get(node.text("position").upper(), "trim")
    text = exp.cast(node.this, exp.DType.VARCHAR)
    return exp.Anonymous(this=function, expressions=[text, node.expression])


def _date_trunc(node: exp.DateTrunc) -> Expr:
    """Return DATE_TRUNC; of a date it is a date, here only if the tree shows that it is one."""
    shows = isinstance(node.this, exp.Cast) and node.this.to.this is exp.DType.DATE
    is_done = isinstance(node.parent, exp.Cast)
    return exp.cast(node.copy(), exp.DType.DATE) if shows and not is_done else node


def _extract(node: exp.Extract) -> Expr:
    is_epoch = node.name.upper() == "EPOCH_SECOND"
    return call("epoch_second", node.expression) if is_epoch else node


def _addresses(function: str, *more: Callable[[Expr], Expr]) -> Callable[[Any], Expr]:
    def rewritten(node: Expr) -> Expr:
        permissive = node.args.get("permissive") or exp.Literal.number(0)
        return call(function, node.this, *(part(node) for part in more), permissive)

    return rewritten


BEFORE: dict[type[Expr], Callable[[Any], Expr]] = {
    exp.Anonymous: _anonymous,
    exp.Array: _array,
    exp.ArrayAppend: _direct("array_append", "this", "expression"),
    exp.ArrayCompact: _direct("array_compact", "this"),
    exp.ArrayConcat: _array_cat,
    exp.ArrayContains: _direct("array_contains", "this", "expression"),
    exp.ArrayDistinct: _direct("array_distinct", "this"),
    exp.ArrayPosition: _direct("array_position", "this", "expression"),
    exp.ArraySlice: _direct("array_slice", "this", "start", "end"),
    exp.ArrayToString: _direct("array_to_string", "this", "expression"),
    exp.Cast: _cast,
    exp.DateTrunc: _date_trunc,
    exp.Extract: _extract,
    exp.JSONKeys: _direct("object_keys", "this"),
    exp.ParseIp: _addresses("parse_ip", lambda node: node.args["type"]),
    exp.ParseUrl: _addresses("parse_url"),
    exp.RawString: _raw_string,
    exp.Sign: _sign,
    exp.StrToTime: _str_to_time,
    exp.ToNumber: _to_number,
    exp.Trim: _trim,
    exp.TryCast: _try_cast,
    exp.Typeof: _direct("typeof", "this"),
}


def parse_json(node: exp.ParseJSON) -> Expr:
    """Return PARSE_JSON, NULL for an empty text; TRY_PARSE_JSON judges as a COPY does."""
    return call("try_parse_json" if node.args.get("safe") else "parse_json", node.this)


def as_text(node: exp.Cast) -> Expr:
    """Return a cast to text without a VARIANT's quotes; only DuckDB knows a column's type."""
    inner = node.this.unnest()
    is_json = isinstance(inner, (exp.Column, exp.GetExtract, exp.JSONExtract)) or (
        isinstance(inner, exp.Anonymous) and inner.name.upper() == "TO_JSON"
    )
    return call("text", node.this) if node.to.this in TEXTS and is_json else node


AFTER: dict[type[Expr], Callable[[Any], Expr]] = {
    exp.Cast: as_text,
    exp.ParseJSON: parse_json,
}
