"""The counts of a day, by country and platform of the session."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tests.transform.reference.order import units
from tests.transform.reference.typed import Row


def at_home(events: Iterable[Row], sessions: Iterable[Row]) -> list[Row]:
    """Give events the place and platform of their session; events without one keep their own."""
    homes = {session["session_key"]: session for session in sessions}
    return [_at(event, homes.get(event["session_key"], event)) for event in events]


def _at(event: Row, home: Row) -> Row:
    return event | {name: home[name] for name in ("country", "region", "city", "platform")}


def device_days(events: Iterable[Row], sessions: Iterable[Row]) -> list[Row]:
    """Return a row for each device, day, country and platform, from the result of `at_home`."""
    starts = units(sessions, lambda session: _key(session, "first_date"))
    days = units(events, lambda event: _key(event, "event_date"))
    return [_device_day(key, own, len(starts.get(key, []))) for key, own in days.items()]


def _key(row: Row, day: str) -> tuple[Any, ...]:
    country, platform = (
        "unknown" if row[name] is None else row[name] for name in ("country", "platform")
    )
    return row["device_key"], row[day], country, platform


def _device_day(key: tuple[Any, ...], own: list[Row], sessions: int) -> Row:
    has_device = own[0]["device_id"] is not None
    return {
        **dict(zip(("device_key", "day", "country", "platform"), key, strict=True)),
        "events": len(own),
        "sessions": sessions,
        "has_device": has_device,
        "is_new": has_device and any(event["event_number"] == 1 for event in own),
    }


def daily(found: Iterable[Row]) -> list[Row]:
    """Return a row for each day, country and platform."""
    names = ("day", "country", "platform")
    days = units(found, lambda row: tuple(row[name] for name in names))
    return [
        {
            **dict(zip(names, key, strict=True)),
            "events": sum(row["events"] for row in own),
            "sessions": sum(row["sessions"] for row in own),
            "devices": sum(row["has_device"] for row in own),
            "new_devices": sum(row["is_new"] for row in own),
        }
        for key, own in days.items()
    ]
