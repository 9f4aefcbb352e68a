"""The hours that usually have events, by the ledger of earlier weeks."""

from __future__ import annotations

from amplitude_export.ledger import DEFAULT_PROJECT
from amplitude_export.warehouse.session import Connect, Session
from amplitude_export.window import Window


def usual_hours(connect: Connect, window: Window, project: str = DEFAULT_PROJECT) -> set[int]:
    """Return the hours of the window, 0 to 23 UTC, in which the project usually has events.

    Raises WarehouseRefused and WarehouseUnavailable: a ledger that cannot be read is not one
    without history.
    """
    first, last = window.hours[0], window.hours[-1]
    about = {"project": project, "day": f"{window.day}", "first_hour": first, "last_hour": last}
    with Session.opened(connect, about) as session:
        rows = session.run("export/select_usual_hours")
    return {int(row["HOUR_OF_DAY"]) for row in rows}
