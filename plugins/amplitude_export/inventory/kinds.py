"""The kinds of objects and files, and what to do about those that should not be there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

import msgspec

from amplitude_export.ledger import KindCount
from amplitude_export.record import Number

BUCKET, VOLUME = "bucket", "volume"


class Kind(StrEnum):
    """What an object or a file is; the values are for people and programs alike."""

    LOADED = "loaded"
    SUPERSEDED = "superseded"
    QUARANTINED = "quarantined"
    CHANGED = "changed"
    ORPHAN = "orphan"
    MANIFEST = "manifest"
    PROVISIONAL = "provisional"
    NETWORKS = "IP networks"
    ARCHIVE = "archive"
    UPLOADED = "uploaded, not loaded"
    WAITING = "waiting to be uploaded"
    FAILED = "failed to upload"
    EXPIRED = "expired"
    RECORD = "record of a run"
    UNFINISHED = "unfinished or discarded"
    DBT = "dbt"
    PROBE = "doctor's probe"
    UNREADABLE = "not readable"


# What to do about each kind that is not as it should be; the report names what is of them.
ADVICE = {
    Kind.CHANGED: "a later run has replaced the object that was loaded, and was not loaded itself. "
    "The table is right; load the day again to have both agree.",
    Kind.ORPHAN: "of an object whose day is not loaded, clear `load` of its run, or load the day. "
    "What this pipeline did not write stays: find out what it is, and remove it by hand.",
    Kind.FAILED: "no run of its day is under way: clear the failed task of its run, or load the "
    "day again.",
    Kind.UNREADABLE: "it was not opened: find out who else can write on the volume, or whether "
    "this machine and its user can read it.",
}


class Item(msgspec.Struct, frozen=True):
    """One object, by its key, or one file, by its path on the volume.

    `project` and `day` (UTC) are None for what belongs to none, `bytes` where it is unknown.
    """

    place: str
    name: str
    bytes: Number | None
    kind: Kind
    project: str | None = None
    day: date | None = None
    note: str | None = None


@dataclass(frozen=True)
class Scope:
    """What an inventory is about: one project or all, from a day to a day (both inclusive)."""

    first_day: date | None = None
    last_day: date | None = None
    project: str | None = None

    @property
    def days(self) -> tuple[date, date]:
        """The first and the last day, without them those of the calendar."""
        return self.first_day or date(1970, 1, 1), self.last_day or date(9999, 12, 31)

    @property
    def is_all(self) -> bool:
        """True without any limit."""
        return self == Scope()

    def covers(self, project: str | None, day: date | None) -> bool:
        """Return True for what belongs to the project and the days.

        An object of an unknown project can be this one's; what belongs to no day is of all days.
        """
        if self.is_all:
            return True
        first, last = self.days
        own = project is None or self.project in (None, project)
        return own and day is not None and first <= day <= last


def counts_of(items: Iterable[Item]) -> list[KindCount]:
    """Return numbers and bytes by kind: the bucket's first, each in the order of the kinds."""
    found: defaultdict[tuple[str, Kind], list[int]] = defaultdict(list)
    for item in items:
        found[item.place, item.kind].append(item.bytes or 0)
    order = list(Kind)
    keys = sorted(found, key=lambda key: (key[0], order.index(key[1])))
    return [KindCount(*key, len(found[key]), sum(found[key])) for key in keys]
