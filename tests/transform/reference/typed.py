"""One typed row of the raw table: a value of the wrong type is null and named in `bad_fields`.

A text column accepts everything, other types as their JSON. An integer can be given as text. A time
is `YYYY-MM-DD HH:MM:SS` with up to six decimals, UTC, and nothing else.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

# The export day, the object's key, the line's number in it, and the event.
Exported = tuple[date, str, int, dict[str, Any]]
Row = dict[str, Any]

_TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,6})?", re.ASCII)
_WHOLE = re.compile(r"-?\d+", re.ASCII)
_FRACTION = re.compile(r"-?\d+(\.\d+)?", re.ASCII)


class Bad(Exception):
    """The value is not of its column's type."""


def text(value: Any) -> str | None:
    """Return the value as text, another type as JSON; null for `EMPTY`, the SDK's own null."""
    if value is None or value == "EMPTY":
        return None
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def number(value: Any) -> int | None:
    """Return the integer. Raises Bad, also for a boolean and for a fraction."""
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    if isinstance(value, str) and _WHOLE.fullmatch(value):
        return int(value)
    raise Bad


def time(value: Any) -> datetime | None:
    """Return the time in UTC, without a zone. Raises Bad, also for a day that does not exist."""
    if value is None:
        return None
    if not isinstance(value, str) or not _TIME.fullmatch(value):
        raise Bad
    try:
        return datetime.fromisoformat(value.ljust(26, "0") if "." in value else value)
    except ValueError as error:
        raise Bad from error


def position(value: Any) -> Decimal | None:
    """Return the number, which can be a fraction or given as text; null for anything else."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return Decimal(str(value))
    if isinstance(value, str) and _FRACTION.fullmatch(value):
        return Decimal(value)
    return None


def properties(event: dict[str, Any], name: str) -> dict[str, Any]:
    """Return `event_properties` or `user_properties`; empty if it is not an object."""
    found = event.get(name)
    return found if isinstance(found, dict) else {}


# The columns, in the order of the names in `bad_fields`.
_COLUMNS: dict[str, Callable[[Any], Any]] = {
    "uuid": text,
    "device_id": text,
    "user_id": text,
    "amplitude_id": number,
    "session_id": number,
    "insert_id": text,
    "event_id": number,
    "event_type": text,
    **dict.fromkeys(
        ("event_time", "client_event_time", "client_upload_time", "server_upload_time"), time
    ),
    **dict.fromkeys(("ip_address", "country", "region", "city", "dma", "language"), text),
    **dict.fromkeys(("platform", "os_name", "os_version", "device_family", "device_type"), text),
    **dict.fromkeys(("app", "library", "version_name"), text),
    **dict.fromkeys(("initial_referring_domain", "initial_utm_source"), text),
    **dict.fromkeys(("initial_utm_medium", "initial_utm_campaign"), text),
}
_KEYS = {"insert_id": "$insert_id"}
_REQUIRED = ("uuid", "event_type")


def base_event(exported: Exported) -> Row:
    """Return the row of `base_events`, together with its properties."""
    day, source_file, source_row, event = exported
    row: Row = {"export_day": day, "source_file": source_file, "source_row": source_row}
    row |= {"export_hour": _hour(source_file)}
    bad = _read(event, row)
    row["bad_fields"] = ",".join(bad) or None
    row["uuid"] = row["uuid"] if row["uuid"] is not None else f"{source_file}#{source_row}"
    device = row["device_id"]
    row["device_key"] = f"uuid:{row['uuid']}" if device is None else device
    return row | {"event_properties": properties(event, "event_properties")}


def _read(event: dict[str, Any], row: Row) -> list[str]:
    users = properties(event, "user_properties")
    bad = []
    for column, read in _COLUMNS.items():
        source = users if column.startswith("initial_") else event
        try:
            row[column] = read(source.get(_KEYS.get(column, column)))
        except Bad:
            row[column] = None
            bad.append(column)
            continue
        if row[column] is None and column in _REQUIRED:
            bad.append(column)
    return bad


def _hour(source_file: str) -> datetime:
    """Return the hour of upload in the key `…_<YYYY-MM-DD>_<HH>_<part>.json`."""
    *_, day, hour, _part = source_file.split("_")
    return datetime.fromisoformat(f"{day} {hour}:00:00")
