"""What kind of statement a text is: that decides who runs it, and in which transaction."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto

from sqlglot.dialects.snowflake import Snowflake
from sqlglot.errors import TokenError
from sqlglot.tokenizer_core import Token, TokenType


class Kind(Enum):
    """Who runs it."""

    BEGIN = auto()
    COMMIT = auto()
    ROLLBACK = auto()
    # Session parameters.
    SESSION = auto()
    # Storage integrations and external stages.
    OBJECT = auto()
    # Accepted and without effect: roles, grants, warehouses.
    IGNORED = auto()
    # Data definition: commits an open transaction first.
    DEFINE = auto()
    # Writes rows.
    WRITE = auto()
    # Writes rows, and locks the table until the transaction ends.
    LOCK = auto()
    OTHER = auto()
    # Can't even be cut into tokens.
    BROKEN = auto()


OR_REPLACE = r"( OR REPLACE)?( TEMPORARY| TEMP)?"
HEADS = (
    (Kind.BEGIN, r"BEGIN( WORK| TRANSACTION| NAME|$)|START TRANSACTION"),
    (Kind.COMMIT, r"COMMIT"),
    (Kind.ROLLBACK, r"ROLLBACK"),
    (Kind.SESSION, r"ALTER SESSION"),
    (
        Kind.OBJECT,
        rf"(CREATE{OR_REPLACE}|ALTER|DESC|DESCRIBE|DROP) (STAGE|(STORAGE )?INTEGRATION)",
    ),
    (Kind.OBJECT, r"SHOW (STORAGE )?INTEGRATIONS"),
    (Kind.OBJECT, r"LIST|LS"),
    (Kind.IGNORED, r"GRANT|REVOKE|USE (ROLE|WAREHOUSE|SECONDARY ROLES)"),
    (
        Kind.IGNORED,
        rf"(CREATE{OR_REPLACE}|ALTER|DROP) "
        r"(ROLE|USER|WAREHOUSE|RESOURCE MONITOR|NETWORK POLICY|NETWORK RULE)",
    ),
    (Kind.DEFINE, r"CREATE|ALTER|DROP|UNDROP|TRUNCATE|COMMENT"),
    (Kind.WRITE, r"INSERT|COPY"),
    (Kind.LOCK, r"UPDATE|DELETE|MERGE"),
)
KINDS = [(kind, re.compile(rf"({head})\b")) for kind, head in HEADS]


@dataclass(frozen=True)
class Statement:
    """One statement's text and tokens (comments are none)."""

    text: str
    tokens: tuple[Token, ...]
    kind: Kind

    @classmethod
    def read(cls, text: str) -> Statement:
        """Never raises: a broken text is a kind of its own, for its transaction to notice."""
        try:
            tokens = Snowflake().tokenize(text)
        except TokenError:
            return cls(text, (), Kind.BROKEN)
        kept = tuple(token for token in tokens if token.token_type is not TokenType.SEMICOLON)
        return cls(text, kept, _kind(kept))


def _kind(tokens: tuple[Token, ...]) -> Kind:
    head = " ".join(token.text.upper() for token in tokens[:8])
    return next((kind for kind, pattern in KINDS if pattern.match(head)), Kind.OTHER)
