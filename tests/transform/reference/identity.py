"""Identity: devices, and users, who also get their devices' anonymous events."""

from __future__ import annotations

from collections.abc import Iterable

from tests.transform.reference.network import email_domain
from tests.transform.reference.order import earliest, first, latest, units
from tests.transform.reference.typed import Row

_OF_THE_LAST_EVENT = (
    *("platform", "os_name", "os_version", "device_family", "device_type"),
    *("language", "country", "region", "city"),
)


def devices(events: Iterable[Row]) -> list[Row]:
    """Return a row for each device, and for each event without a device."""
    return [_device(own) for own in units(events, lambda event: event["device_key"]).values()]


def _device(own: list[Row]) -> Row:
    during = [event for event in own if not event["is_session_end"]]
    last = during[-1] if during else dict.fromkeys(_OF_THE_LAST_EVENT)
    return {
        "device_key": own[0]["device_key"],
        "device_id": own[0]["device_id"],
        "first_user_id": first(own, "user_id"),
        "user_ids": len({event["user_id"] for event in own} - {None}),
        "sessions": len({event["session_key"] for event in own} - {None}),
        "page_views": sum(event["is_page_view"] for event in own),
        "clicks": sum(event["is_click"] for event in own),
        **_seen(own),
        **{name: last[name] for name in _OF_THE_LAST_EVENT},
    }


def _seen(own: list[Row]) -> Row:
    return {
        "events": len(own),
        "first_seen_at": earliest(own),
        "last_seen_at": latest(own),
    }


def named(rows: Iterable[Row], found: Iterable[Row]) -> list[Row]:
    """Add `user_key` to events or sessions, given the devices found."""
    firsts = {device["device_key"]: device["first_user_id"] for device in found}
    return [row | {"user_key": _user_key(row, firsts[row["device_key"]])} for row in rows]


def _user_key(row: Row, first_user_id: str | None) -> str | None:
    for user_id in (row["user_id"], first_user_id):
        if user_id is not None:
            return user_id
    return None if row["device_id"] is None else f"device:{row['device_id']}"


def user_devices(events: Iterable[Row], sessions: Iterable[Row]) -> list[Row]:
    """Return a row for each user on each device; events and sessions come from `named`.

    A session counts for its own user only, even if it has events of another one.
    """
    counts = units(sessions, _pair)
    found = units((event for event in events if event["user_key"] is not None), _pair)
    return [_user_device(own, len(counts.get(pair, []))) for pair, own in found.items()]


def _pair(row: Row) -> tuple[str, str]:
    return row["user_key"], row["device_key"]


def _user_device(own: list[Row], sessions: int) -> Row:
    keys = {name: own[0][name] for name in ("user_key", "device_key", "device_id")}
    anonymous = own[0]["device_id"] is not None and _is_anonymous(own[0])
    user_id = None if anonymous else own[0]["user_key"]
    return keys | {"user_id": user_id, "sessions": sessions} | _seen(own)


def _is_anonymous(row: Row) -> bool:
    return bool(row["user_key"] == f"device:{row['device_id']}")


def dim_users(found: Iterable[Row]) -> list[Row]:
    """Return a row for each user, summed over devices; an event without a device has none."""
    return [_user(own) for own in units(found, lambda row: row["user_key"]).values()]


def _user(own: list[Row]) -> Row:
    user_id = own[0]["user_id"]
    return {
        "user_key": own[0]["user_key"],
        "user_id": user_id,
        "is_anonymous": user_id is None,
        "email_domain": email_domain(user_id),
        "devices": sum(row["device_id"] is not None for row in own),
        "sessions": sum(row["sessions"] for row in own),
        "events": sum(row["events"] for row in own),
        "first_seen_at": earliest(own, "first_seen_at"),
        "last_seen_at": latest(own, "last_seen_at"),
    }
