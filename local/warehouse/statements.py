"""The kinds of statements, which decide who runs them and in which transaction."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto

from sqlglot.dialects.snowflake import Snowflake
from sqlglot.errors import TokenError
from sqlglot.tokenizer_core import Token, TokenType


class Kind(Enum):
    """A kind of statement, by the module that runs it."""

    BEGIN = auto()
    COMMIT = auto()
    ROLLBACK = auto()
    # Session parameters.
    SESSION = auto()
    # Storage integrations and external stages.
    OBJECT = auto()
    # Roles, users and warehouses.
    ACCOUNT = auto()
    # Comments of databases.
    DATABASE = auto()
    # Schemas with managed access.
    SCHEMA = auto()
    # Grants.
    GRANTS = auto()
    # DESC, ALTER, DROP and SHOW of file formats.
    FORMAT = auto()
    # Accepted, without effect.
    IGNORED = auto()
    # Data definition: commits an open transaction first.
    DEFINE = auto()
    # Writes rows.
    WRITE = auto()
    # Writes rows, and locks the table until the transaction ends.
    LOCK = auto()
    OTHER = auto()
    # The text cannot be cut into tokens.
    BROKEN = auto()


OR_REPLACE = r"( OR REPLACE)?( TEMPORARY| TEMP)?"
HEADS = (
    (Kind.BEGIN, r"BEGIN( WORK| TRANSACTION| NAME|$)|START TRANSACTION"),
    (Kind.COMMIT, r"COMMIT"),
    (Kind.ROLLBACK, r"ROLLBACK"),
    (Kind.SESSION, r"ALTER SESSION|SHOW PARAMETERS"),
    (
        Kind.OBJECT,
        rf"(CREATE{OR_REPLACE}|ALTER|DESC|DESCRIBE|DROP) (STAGE|(STORAGE )?INTEGRATION)",
    ),
    (Kind.OBJECT, r"SHOW (STORAGE )?INTEGRATIONS"),
    (Kind.OBJECT, r"LIST|LS"),
    (Kind.FORMAT, r"(ALTER|DESC|DESCRIBE|DROP) FILE FORMAT|SHOW FILE FORMATS"),
    (Kind.DATABASE, r"ALTER DATABASE( IF EXISTS)? \S+ SET COMMENT|SHOW (TERSE )?DATABASES"),
    (
        Kind.SCHEMA,
        r"ALTER SCHEMA( IF EXISTS)? .* (ENABLE|DISABLE) MANAGED ACCESS|SHOW SCHEMAS",
    ),
    (Kind.GRANTS, r"GRANT|REVOKE|SHOW (FUTURE )?GRANTS"),
    (
        Kind.ACCOUNT,
        rf"(CREATE{OR_REPLACE}|ALTER|DESC|DESCRIBE|DROP) (ROLE|USER|WAREHOUSE)"
        "|SHOW (TERSE )?(ROLES|USERS|WAREHOUSES)|USE (SECONDARY ROLES|ROLE|WAREHOUSE)",
    ),
    (
        Kind.IGNORED,
        rf"(CREATE{OR_REPLACE}|ALTER|DROP) (RESOURCE MONITOR|NETWORK POLICY|NETWORK RULE)",
    ),
    (Kind.DEFINE, r"CREATE|ALTER|DROP|UNDROP|TRUNCATE|COMMENT"),
    (Kind.WRITE, r"INSERT|COPY"),
    (Kind.LOCK, r"UPDATE|DELETE|MERGE"),
)
DEFINING = ("CREATE", "ALTER", "DROP", "GRANT", "REVOKE")
CALL_OF_TEXT = (TokenType.L_PAREN, TokenType.STRING, TokenType.R_PAREN)
KINDS = [(kind, re.compile(rf"({head})\b")) for kind, head in HEADS]


@dataclass(frozen=True)
class Statement:
    """A statement's text and tokens, without comments."""

    text: str
    tokens: tuple[Token, ...]
    kind: Kind

    @classmethod
    def read(cls, text: str) -> Statement:
        """Return the statement; a broken text is a kind of its own, for its transaction to notice.

        `identifier('NAME')` is read as NAME.
        """
        try:
            text = _with_names(text)
            tokens = Snowflake().tokenize(text)
        except TokenError:
            return cls(text, (), Kind.BROKEN)
        kept = tuple(token for token in tokens if token.token_type is not TokenType.SEMICOLON)
        return cls(text, kept, _kind(kept))

    def defines(self) -> bool:
        """Return whether it is one of those that commit an open transaction first."""
        words = [token.text.upper() for token in self.tokens[:2]]
        return words[0] in DEFINING and words != ["ALTER", "SESSION"]


def _with_names(text: str) -> str:
    """Return the text with a plain name for each `identifier('NAME')`."""
    if "identifier" not in text.lower():
        return text
    tokens = Snowflake().tokenize(text)
    for at in reversed(range(len(tokens) - 3)):
        word, opened, name, closed = tokens[at : at + 4]
        kinds = (opened.token_type, name.token_type, closed.token_type)
        if word.text.upper() == "IDENTIFIER" and kinds == CALL_OF_TEXT:
            text = text[: word.start] + name.text + text[closed.end + 1 :]
    return text


def _kind(tokens: tuple[Token, ...]) -> Kind:
    head = " ".join(token.text.upper() for token in tokens[:10])
    return next((kind for kind, pattern in KINDS if pattern.match(head)), Kind.OTHER)
