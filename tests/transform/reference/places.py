"""Sessions summed up by location and by company."""

from __future__ import annotations

from collections.abc import Iterable

from tests.transform.reference.order import earliest, latest, units
from tests.transform.reference.typed import Row

_LOCATION = ("country", "region", "city")


def dim_locations(sessions: Iterable[Row]) -> list[Row]:
    """Return a row for each location, including the unknown one."""
    places = units(sessions, lambda session: tuple(session[name] for name in _LOCATION))
    return [
        dict(zip(_LOCATION, place, strict=True)) | _visited(own) for place, own in places.items()
    ]


def companies(sessions: Iterable[Row]) -> list[Row]:
    """Return a row for each company of a session."""
    found = units(sessions, lambda session: session["company_key"])
    return [_company(own) for own in found.values()]


def _company(own: list[Row]) -> Row:
    by_network = own[0]["company_signal"] == "network"
    return {
        "company_key": own[0]["company_key"],
        "company": min(session["company"] for session in own),
        "company_signal": own[0]["company_signal"],
        "asn": own[0]["asn"] if by_network else None,
        "users": len({session["user_key"] for session in own}),
        "page_views": sum(session["page_views"] for session in own),
        **_visited(own),
    }


def _visited(own: list[Row]) -> Row:
    return {
        "sessions": len(own),
        "devices": len({session["device_key"] for session in own}),
        "first_seen_at": earliest(own, "started_at"),
        "last_seen_at": latest(own, "ended_at"),
    }
