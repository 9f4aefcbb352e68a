"""Files of made-up events in the bucket, as an upload leaves them."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from amplitude_export.manifest import LandedFile
from amplitude_export.workspace import object_key

from tests.pipeline.stand_ins import BUCKET

DAY = date(2026, 7, 1)


def events(hour: int, count: int, mark: str = "") -> bytes:
    """Return lines of that many events."""
    rows = [json.dumps({"uuid": f"{mark}{hour:02}-{n}"}) for n in range(count)]
    return "".join(f"{row}\n" for row in rows).encode()


def land(
    s3: Any,
    hour: int,
    count: int,
    body: bytes | None = None,
    part: int = 0,
    mark: str = "",
    day: date = DAY,
) -> LandedFile:
    """Put a file of one hour into the bucket and return its record."""
    name = f"123456_{day}_{hour:02}_{part}.json"
    key = object_key(day, name)
    content = events(hour, count, mark) if body is None else body
    s3.put_object(Bucket=BUCKET, Key=key, Body=content)
    return LandedFile(hour, part, name, key, count, len(content), "")
