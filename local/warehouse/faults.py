"""The faults that can strike a request; misbehaviour.py implements their kinds."""

from __future__ import annotations

import re
from contextvars import ContextVar
from dataclasses import dataclass

from snowflake.connector.errors import ProgrammingError

from local.faults import BaseFault
from local.warehouse.errors import error

LOGIN_KINDS = ("refuse", "unavailable", "reset", "slow", "hang")


@dataclass(frozen=True, kw_only=True)
class Fault(BaseFault):
    """A kind of misbehaviour, and the statements or logins it applies to."""

    kind: str
    # It applies to statements whose text, comments included, matches this regular expression
    # anywhere; case is ignored, ^ and $ are the ends of a line.
    statement: str = ""
    # It applies to logins instead of statements.
    login: bool = False
    # The error of "refuse".
    errno: int = 604
    sqlstate: str = "57014"
    text: str = "SQL execution canceled"
    # The HTTP status of "unavailable".
    status: int = 503
    # "slow" starts to run after this many seconds, "hang" ends after them.
    seconds: float = 60

    def __post_init__(self) -> None:
        if self.login and self.kind not in LOGIN_KINDS:
            raise ValueError(f"no login can meet {self.kind}")
        try:
            re.compile(self.statement)
        except re.error as invalid:
            raise ValueError(f"statement is not a regular expression: {invalid}") from invalid

    def matches(self, request: str | None) -> bool:
        """Return whether the fault applies to this statement's text, or, for None, to a login."""
        if self.login or request is None:
            return self.login and request is None
        return re.search(self.statement, request, re.IGNORECASE | re.MULTILINE) is not None

    def refusal(self) -> ProgrammingError:
        """Return the error that "refuse" raises in place of running the statement."""
        return error(self.errno, self.sqlstate, self.text)


A_COPY = r"\bcopy\s+into\b"
FAULTS = {
    "refuse": Fault(kind="refuse"),
    "session_dies": Fault(kind="session_dies"),
    "lost_answer": Fault(kind="lost_answer"),
    "unavailable": Fault(kind="unavailable"),
    "reset": Fault(kind="reset"),
    "unanswered": Fault(kind="unanswered"),
    "slow": Fault(kind="slow"),
    "hang": Fault(kind="hang"),
    "fewer_rows": Fault(kind="fewer_rows", statement=A_COPY),
    "copies_nothing": Fault(kind="copies_nothing", statement=A_COPY),
    "account_formats": Fault(
        kind="account_formats",
        errno=100040,
        sqlstate="22007",
        text="Date '2021-04-07' is not recognized",
    ),
    "other_roles": Fault(
        kind="other_roles",
        errno=3001,
        sqlstate="42501",
        text="The session has secondary roles.",
    ),
}
# The fault that the running statement has to apply itself, for each task and its threads.
STRUCK: ContextVar[Fault | None] = ContextVar("STRUCK", default=None)


def struck(kind: str) -> Fault | None:
    """Return the fault of the running statement, if it is of this kind."""
    fault = STRUCK.get()
    return fault if fault and fault.kind == kind else None
