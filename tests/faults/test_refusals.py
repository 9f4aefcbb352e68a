"""Refusals of Snowflake, at the login and at each statement of a load."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from amplitude_export.errors import CountsDiffer, WarehouseRefused, WarehouseUnavailable

from tests.faults.matrix import LANDED, Row, Stage

LOCKED = timedelta(minutes=6)
CONNECTION = "snowflake_default"


@dataclass(frozen=True, kw_only=True)
class Refusal(Row):
    """A fault by name and fields, its statement, and the least time before a retry."""

    name: str = "refuse"
    fields: dict[str, Any] = field(default_factory=dict)
    at: str = ""
    later: timedelta | None = None
    files: tuple[str, ...] = LANDED


def login(number: int, *message: str) -> Refusal:
    """Expect that no statement runs."""
    fields = {"login": True, "errno": number, "text": f"Number {number} it is", "times": None}
    message = ("failed to open a session", f"Number {number} it is", *message)
    return Refusal(fields=fields, error=WarehouseRefused, message=message)


def refused(
    at: str, number: int, *message: str, text: str = "Made up refusal", **row: Any
) -> Refusal:
    """Expect that this statement is refused; a retry changes nothing."""
    row = {"error": WarehouseRefused} | row
    fields = {"errno": number, "text": text, "statement": f"^{at}"}
    return Refusal(fields=fields, message=(text, *message), at=at, **row)


def passes(at: str, number: int, *message: str, **row: Any) -> Refusal:
    return refused(at, number, *message, error=WarehouseUnavailable, **row)


# Snowflake's message if an integration's role cannot be assumed.
NO_TRUST = (
    "Error assuming AWS_ROLE: User: arn:aws:iam::123456789012:user/x is not authorized to perform: "
    "sts:AssumeRole on resource: arn:aws:iam::123456789012:role/reader"
)
ROWS: dict[str, Refusal] = {
    "wrong password": login(390100, "check login", "key pair", CONNECTION),
    "JWT invalid": login(390144, "RSA_PUBLIC_KEY", CONNECTION),
    "JWT token expired": login(390195, "check login", CONNECTION),
    "MFA demanded": login(390197, "second factor", "TYPE = SERVICE"),
    "network policy": login(390422, "network policy", "workers' address"),
    "login forbidden": Refusal(
        name="unavailable",
        fields={"login": True, "status": 403, "times": None},
        error=WarehouseRefused,
        message=("failed to open a session", "check login", CONNECTION),
    ),
    "no privilege": refused(
        "delete from",
        3001,
        "failed to delete files day",
        "run the DAG amplitude_setup",
        "docs/tables.md",
    ),
    "missing object": refused(
        "copy into", 2003, "failed to copy files", "run the DAG amplitude_setup"
    ),
    "missing column": refused("copy into", 904, "compare the tables with docs/tables.md"),
    "no warehouse": refused("copy into", 606, "name a warehouse", CONNECTION),
    "something unheard of": refused("copy into", 1234, "act on Snowflake's message"),
    "no trust": refused("copy into", 3167, "external id", text=NO_TRUST),
    "quota used up": passes("copy into", 90073, later=LOCKED),
    "cancelled": passes("copy into", 604),
    "internal error": passes("copy into", 603),
    "time limit": passes("copy into", 630),
    "cancelled at the commit": passes("commit", 604, "failed to commit"),
    "transaction given up by the server": passes("commit", 90232, "failed to commit"),
    "lock": passes("update amplitude_lock", 625, "failed to take lock", later=LOCKED),
    "a copy that loses a row": Refusal(
        name="fewer_rows",
        error=CountsDiffer,
        message=("19 events were exported, 18 copied", "_14_1.json", "rolled back"),
        at="copy into",
    ),
    "a copy of nothing": Refusal(
        name="copies_nothing",
        error=CountsDiffer,
        message=("19 events were exported, 0 copied", "10 exported, 0 copied"),
        at="copy into",
    ),
}


@pytest.mark.parametrize("fault", ROWS)
def test_a_refusal_is_rolled_back_and_explained(stage: Stage, fault: str) -> None:
    """Message, advice and statements match the row; the old day stays, and a retry can load."""
    row = ROWS[fault]
    assert stage.run(until="upload") is None
    stage.warehouse.fail(row.name, **row.fields)
    error = stage.require(row)
    assert error
    assert stage.statements[-2:] == ([row.at, "rollback"] if row.at else [])
    assert error.retry_after == row.later
    stage.require_retry(error)
