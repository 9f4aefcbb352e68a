"""Statements as trees: each text is parsed once, however many modules read its tree."""

from __future__ import annotations

from functools import lru_cache

from fakesnow import dialect
from snowflake.connector.errors import ProgrammingError
from sqlglot import Expr, exp
from sqlglot.errors import SqlglotError

# Texts whose trees are cached: the statements under way, and those that every run of dbt repeats.
_SIZE = 256


def parse_one(text: str) -> Expr:
    """Return a tree that the caller can change. Raises ProgrammingError."""
    return shared(text).copy()


@lru_cache(_SIZE)
def shared(text: str) -> Expr:
    """Return the cached tree, which no caller changes. Raises ProgrammingError."""
    return dialect.parse_one(text)


def peek(text: str) -> Expr:
    """Return the cached tree; a broken statement is a command, so that its session raises."""
    try:
        return shared(text)
    except (ProgrammingError, SqlglotError):
        return exp.Command(this=text)
