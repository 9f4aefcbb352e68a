"""Small results that the stand-in makes itself."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from local.warehouse.errors import COMPILATION, error


class Answer(NamedTuple):
    """Columns and rows; most values are text."""

    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]


def done(text: str = "Statement executed successfully.") -> Answer:
    """Return the result of a statement without rows."""
    return Answer(("status",), [(text,)])


def exists(what: str, name: str, *, tolerant: bool) -> Answer:
    """Return the result of CREATE for an existing object; error 2002 without IF NOT EXISTS."""
    if not tolerant:
        raise error(2002, "42710", f"{COMPILATION}{what} '{name}' already exists.")
    return done(f"{name} already exists, statement succeeded.")


def missing_object(name: str) -> Answer:
    """Return the result of DROP … IF EXISTS for a missing object."""
    return done(f"Drop statement executed successfully ({name} already dropped).")


def is_like(pattern: str | None, name: str) -> bool:
    """Return whether SHOW … LIKE matches, in any case, with `%` and `_`; no pattern matches all."""
    if pattern is None:
        return True
    parts = {"%": ".*", "_": "."}
    expression = "".join(parts.get(letter, re.escape(letter)) for letter in pattern)
    return re.fullmatch(expression, name, re.IGNORECASE) is not None
