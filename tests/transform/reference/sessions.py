"""Sessions: the events of one device with one session id; the first one gives the place."""

from __future__ import annotations

from collections.abc import Iterable

from tests.transform.reference.order import earliest, first, latest, seconds, units
from tests.transform.reference.typed import Row

# A session takes these from its first event; its end does not count, as the next visit uploads it.
_FROM_ONE_EVENT = (
    *("ip_address", "country", "region", "city", "language"),
    *("platform", "os_name", "os_version", "device_family", "device_type"),
)


def sessions(events: Iterable[Row]) -> list[Row]:
    """Return all sessions."""
    found = units(events, lambda event: event["session_key"])
    return [_session(key, own) for key, own in found.items()]


def _session(key: str, own: list[Row]) -> Row:
    """Return one session, given its events in order."""
    start, end = earliest(own), latest(own)
    during = [event for event in own if not event["is_session_end"]]
    home = during[0] if during else dict.fromkeys(_FROM_ONE_EVENT)
    return {
        "session_key": key,
        **{name: own[0][name] for name in ("device_key", "device_id", "session_id")},
        "user_id": first(during, "user_id"),
        "started_at": start,
        "ended_at": end,
        "seconds": seconds(start, end),
        "first_date": own[0]["event_date"],
        **{name: home[name] for name in _FROM_ONE_EVENT},
        **_counts(own),
        **_pages(own),
        "has_start": any(event["event_type"] == "session_start" for event in own),
        "has_end": len(during) < len(own),
    }


def _counts(own: list[Row]) -> Row:
    return {
        "events": len(own),
        "page_views": sum(event["is_page_view"] for event in own),
        "clicks": sum(event["is_click"] for event in own),
        "forms": sum(event["is_form"] for event in own),
    }


def _pages(own: list[Row]) -> Row:
    """Return referrer, entry and exit; a page without a name is neither entry nor exit."""
    views = [event for event in own if event["is_page_view"]]
    named = [view["page_path"] for view in views if view["page_path"] is not None]
    return {
        "entry_page": named[0] if named else None,
        "exit_page": named[-1] if named else None,
        "referring_domain": views[0]["referring_domain"] if views else None,
        "utm_source": views[0]["utm_source"] if views else None,
    }
