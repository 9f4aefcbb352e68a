"""The number of changes that a run of the transform processes."""

from __future__ import annotations

from amplitude_export.warehouse.session import Connect, Session


def count_changes(connect: Connect) -> dict[str, int]:
    """Return the numbers of export `days` and of `devices` that the run replaces.

    Raises WarehouseRefused or WarehouseUnavailable.
    """
    with Session.opened(connect) as session:
        (row,) = session.run("transform/count_affected")
    return {"days": row["DAYS"], "devices": row["DEVICES"]}
