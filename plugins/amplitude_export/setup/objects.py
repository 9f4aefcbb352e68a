"""Runs the files of one side of include/sql/setup in the order of their numbers."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping

from amplitude_export.include import included
from amplitude_export.warehouse.session import SQL, Session, statements

log = logging.getLogger(__name__)

# The folders of the administrator's statements and of the owner's.
ADMIN = "admin"
OBJECTS = "objects"

# If nothing changed, Snowflake's status is "X already exists, statement succeeded."
_CREATED = "successfully created"
_BOUND = re.compile(r"%\((\w+)\)s")


def scripts(side: str, values: Mapping[str, str | None]) -> Iterator[str]:
    """Yield the names of the side's files, except files that bind a value that is None."""
    for file in sorted(included(SQL / "setup" / side).glob("*.sql")):
        script = f"setup/{side}/{file.stem}"
        bound = set(_BOUND.findall("".join(statements(script))))
        if all(values[name] is not None for name in bound):
            yield script


def create(session: Session, side: str, values: Mapping[str, str | None]) -> list[str]:
    """Run the side's files, and return a line for each object that they created.

    What they alter and grant is found by comparing inventories. Raises WarehouseRefused and
    WarehouseUnavailable; the changes made before stay, and a second call makes the remaining ones.
    """
    created: list[str] = []
    for script in scripts(side, values):
        # An UPDATE has numbers of rows in place of a status.
        statuses = [str(row.get("status", row)) for row in session.run_script(script, **values)]
        log.info("%s: %s", script, " ".join(statuses))
        created += [status for status in statuses if _CREATED in status]
    return created
