"""The roles of a session: secondary ones add their rights to those of the login's role."""

from __future__ import annotations

import json

from amplitude_export.errors import WarehouseRefused
from amplitude_export.warehouse.session import Session


def use_primary_role(session: Session) -> None:
    """Leave the session the rights of its role alone.

    Raises WarehouseUnavailable, and WarehouseRefused if the session keeps other roles.
    """
    try:
        session.run("warehouse/use_primary_role")
    except WarehouseRefused:
        # A token for one role, or a session policy, can refuse the statement, and allows no others.
        if secondary_roles(session):
            raise


def secondary_roles(session: Session) -> list[str]:
    """Return the roles whose rights the session has beside those of its own role."""
    (row,) = session.run("warehouse/select_secondary_roles")
    return [name for name in json.loads(row["SECONDARY_ROLES"])["roles"].split(",") if name]
