"""Runs one side of include/sql/setup, file by file in the order of their numbers."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping
from contextlib import closing

from snowflake.connector import DictCursor, SnowflakeConnection

from amplitude_export.warehouse.session import SQL, Session, statements

log = logging.getLogger(__name__)

# The administrator's part, and the owner's.
ADMIN = "admin"
OBJECTS = "objects"

# Snowflake says "X already exists, statement succeeded." when it has changed nothing.
_CREATED = "successfully created"
_BOUND = re.compile(r"%\((\w+)\)s")


def acts(side: str, values: Mapping[str, str | None]) -> Iterator[str]:
    """The side's files, without those that bind a value which there is not (a public key)."""
    for file in sorted((SQL / "setup" / side).glob("*.sql")):
        act = f"setup/{side}/{file.stem}"
        bound = set(_BOUND.findall("".join(statements(act))))
        if all(values[name] is not None for name in bound):
            yield act


def create(
    connection: SnowflakeConnection, side: str, values: Mapping[str, str | None]
) -> list[str]:
    """Runs the side's files, and returns what they have created, a line for each object.

    What they alter and grant is for `inventory` to tell. Raises WarehouseRefused and
    WarehouseUnavailable; what ran before stays, and running it again goes on from there.
    """
    created: list[str] = []
    with closing(connection.cursor(DictCursor)) as cursor:
        session = Session(cursor, values, "snowflake_admin")
        for act in acts(side, values):
            said = [str(row["status"]) for row in session.run_script(act)]
            log.info("%s: %s", act, " ".join(said))
            created += [words for words in said if _CREATED in words]
    return created
