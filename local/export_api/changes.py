"""What a day can be like when it is exported a second time: some days later, or in other words."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import NAMESPACE_OID, uuid5

from local.export_api.archive import Member, member_name

# Of the lines of an hour, one in so many comes once more under another uuid, or is left.
SHARE = 10


@dataclass(frozen=True)
class Change:
    """A kind of change of a UTC day, or of one hour, 0 to 23, of it."""

    day: date
    kind: str
    hour: int | None = None

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"{self.kind!r} is none of {', '.join(KINDS)}")
        if self.hour is not None and self.hour not in range(24):
            raise ValueError(f"{self.hour} is not an hour of a day")

    def applied(self, members: Sequence[Member], hour: int, number: int) -> list[Member]:
        """Return the members of an hour of the day after the change; `number` is the project's."""
        if not members or self.hour not in (None, hour):
            return [*members]
        lines = [line for member in members for line in gzip.decompress(member.data).splitlines()]
        parts = [part for part in KINDS[self.kind](lines) if part]
        return [
            _member(member_name(self.day, hour, part, number), lines)
            for part, lines in enumerate(parts)
        ]


def grow(lines: list[bytes]) -> list[list[bytes]]:
    """Add events in a further part: copies of some, each an event of its own."""
    return [lines, [_another(line) for line in lines[::SHARE]]]


def shrink(lines: list[bytes]) -> list[list[bytes]]:
    """Leave few of the events."""
    return [lines[::SHARE]]


def repart(lines: list[bytes]) -> list[list[bytes]]:
    """Leave the events, in another order and in other parts."""
    backwards = lines[::-1]
    middle = len(backwards) // 2
    return [backwards[:middle], backwards[middle:]]


KINDS: dict[str, Callable[[list[bytes]], list[list[bytes]]]] = {
    kind.__name__: kind for kind in (grow, shrink, repart)
}


def _another(line: bytes) -> bytes:
    event = json.loads(line)
    new = str(uuid5(NAMESPACE_OID, event["uuid"]))
    return json.dumps({**event, "uuid": new, "$insert_id": new}, separators=(",", ":")).encode()


def _member(name: str, lines: list[bytes]) -> Member:
    text = b"".join(line + b"\n" for line in lines)
    packed = gzip.compress(text, compresslevel=4, mtime=0)
    return Member(name, packed, tuple(str(json.loads(line)["uuid"]) for line in lines))
