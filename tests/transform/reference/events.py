"""A device's history: its events in order, each with its kind."""

from __future__ import annotations

from collections.abc import Iterable

from tests.transform.reference.order import as_it_happened, day_of, units
from tests.transform.reference.pages import page_path, page_url
from tests.transform.reference.typed import Row, text

_KINDS = {
    "is_page_view": "[Amplitude] Page Viewed",
    "is_click": "[Amplitude] Element Clicked",
    "is_form": "[Amplitude] Form Submitted",
    "is_session_end": "session_end",
}


def events(kept: Iterable[Row]) -> list[Row]:
    """Return all events, numbered in order within each device."""
    devices = units(kept, lambda row: row["device_key"])
    return [
        row | {"event_number": number} | _described(row)
        for device in devices.values()
        for number, row in enumerate(sorted(device, key=as_it_happened), 1)
    ]


def _described(row: Row) -> Row:
    properties = row["event_properties"]
    kinds = {kind: row["event_type"] == event_type for kind, event_type in _KINDS.items()}
    return kinds | {
        "session_key": _session_key(row),
        "event_date": day_of(row),
        "page_url": page_url(properties),
        "page_path": page_path(properties),
        "page_title": text(properties.get("[Amplitude] Page Title")),
        "referring_domain": text(properties.get("referring_domain")),
        "utm_source": text(properties.get("utm_source")),
    }


def _session_key(row: Row) -> str | None:
    if row["device_id"] is None or row["session_id"] is None or row["session_id"] <= 0:
        return None
    return f"{row['device_id']}/{row['session_id']}"
