"""Every failure as Snowflake's: a ProgrammingError with its number, SQL state and text.

Numbers and texts are Snowflake's where they are known; README.md lists the others.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from snowflake.connector.errors import Error, ProgrammingError

COMPILATION = "SQL compilation error:\n"


class Rule(NamedTuple):
    """A pattern of DuckDB's text and Snowflake's text instead; {0} is the pattern's group."""

    pattern: str
    errno: int
    sqlstate: str
    text: str


NAME = r"\"?([^\"'\s!]+)\"?"
RULES = (
    Rule(rf"Table (?:with name )?{NAME} does not exist", 2003, "42S02",
         COMPILATION + "Object '{0}' does not exist or not authorized."),
    Rule(rf"with name {NAME} does not exist", 2003, "02000",
         COMPILATION + "Object '{0}' does not exist or not authorized."),
    Rule(rf"Column with name {NAME} already exists", 1430, "42601",
         COMPILATION + "column '{0}' already exists"),
    Rule(rf"with name {NAME} already exists", 2002, "42710",
         COMPILATION + "Object '{0}' already exists."),
    Rule(rf"Referenced column {NAME} not found", 904, "42000",
         COMPILATION + "error line 1 at position 0\ninvalid identifier '{0}'"),
    Rule(rf"Referenced update column {NAME} not found", 904, "42000",
         COMPILATION + "error line 1 at position 0\ninvalid identifier '{0}'"),
    Rule(rf"does not have a column with name {NAME}", 904, "42000",
         COMPILATION + "error line 1 at position 0\ninvalid identifier '{0}'"),
    Rule(r"NOT NULL constraint failed: (\S+)", 100072, "22000",
         "NULL result in a non-nullable column ({0})"),
)  # fmt: skip


def error(errno: int, sqlstate: str, text: str) -> ProgrammingError:
    """Return the error that the client will raise, which puts number and state before the text."""
    made = ProgrammingError(msg=text, errno=errno, sqlstate=sqlstate)
    made.msg = text
    return made


def missing(what: str, name: str) -> ProgrammingError:
    """Return the error for a missing object that is not a table: it has another SQL state."""
    return error(2003, "02000", f"{COMPILATION}{what} '{name}' does not exist or not authorized.")


def not_allowed(kind: str, name: str) -> ProgrammingError:
    """Return the error for an object that the role sees, but has too few privileges on."""
    return error(
        3001,
        "42501",
        f"SQL access control error:\nInsufficient privileges to operate on {kind.lower()} '{name}'",
    )


def nowhere(what: str) -> ProgrammingError:
    """Return the error for a name without database or schema in a session without a current one."""
    number = 90105 if what == "database" else 90106
    return error(
        number,
        "22000",
        f"Cannot perform operation. This session does not have a current {what}. "
        f"Call 'USE {what.upper()}', or use a qualified name.",
    )


def unusable() -> ProgrammingError:
    """Return the error of USE for an object that is missing or not visible to this role."""
    return error(
        2043,
        "02000",
        f"{COMPILATION}Object does not exist, or operation cannot be performed.",
    )


def syntax_error(text: str) -> ProgrammingError:
    """Return error 1003."""
    return error(1003, "42000", f"{COMPILATION}syntax error: {text}")


def not_offered(what: str) -> ProgrammingError:
    """Return the error for a feature of Snowflake that this stand-in lacks."""
    return error(9999, "99999", f"{what} is not offered by the local warehouse.")


def as_snowflake(raised: Exception) -> ProgrammingError:
    """Return the same failure in Snowflake's text; without a rule it keeps its own."""
    text = str((raised.raw_msg if isinstance(raised, Error) else None) or raised)
    for rule in RULES:
        if found := re.search(rule.pattern, text):
            return error(rule.errno, rule.sqlstate, rule.text.format(found[1].upper()))
    if isinstance(raised, Error) and raised.errno > 0:
        return error(raised.errno, raised.sqlstate or "n/a", text)
    return error(603, "XX000", f"SQL execution internal error: {type(raised).__name__}: {text}")
