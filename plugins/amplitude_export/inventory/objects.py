"""What each object in the bucket is, by its key and size and by the ledgers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from datetime import date

import msgspec

from amplitude_export.inventory.kinds import BUCKET, Item, Kind
from amplitude_export.inventory.names import ObjectName, day_of, object_name
from amplitude_export.inventory.recorded import Ledgers, RecordedFile, RecordedHour
from amplitude_export.workspace import object_key

_BY_FOLDER = {
    "manifests": Kind.MANIFEST,
    "hourly": Kind.PROVISIONAL,
    "ip_networks": Kind.NETWORKS,
    "archives": Kind.ARCHIVE,
    "doctor": Kind.PROBE,
}
_NOT_LOADED = "its day is not loaded: the load has failed, or is still to come"
# Key and bytes of each object.
Objects = Mapping[str, int]


def object_items(
    objects: Objects, ledgers: Ledgers, is_busy: Callable[[str, date], bool]
) -> Iterator[Item]:
    """Return an item for each object, and one for each file that only the ledgers still name.

    `is_busy` returns True if a run of the project's day is under way.
    """
    by_key = {key: file for (_, key), file in ledgers.files.items()}
    unfilled = _Unfilled(objects, ledgers)
    for key, size in objects.items():
        item = _item(key, size, by_key.get(key), ledgers, unfilled)
        yield _to_be_loaded(item) if _is_early(item, is_busy) else item
    for file in ledgers.files.values():
        if file.key not in objects:
            yield Item(BUCKET, file.key, file.bytes, Kind.EXPIRED, file.project, file.day)
    yield from unfilled.expired()


def _is_early(item: Item, is_busy: Callable[[str, date], bool]) -> bool:
    """Return True for an object that a run under way can still load."""
    if item.note != _NOT_LOADED or not item.project or not item.day:
        return False
    return is_busy(item.project, item.day)


def _to_be_loaded(item: Item) -> Item:
    return msgspec.structs.replace(item, kind=Kind.UPLOADED, note=None)


def _item(
    key: str, size: int, recorded: RecordedFile | None, ledgers: Ledgers, unfilled: _Unfilled
) -> Item:
    if recorded:
        kind, note = Kind.QUARANTINED if recorded.is_quarantined else Kind.LOADED, None
        if recorded.bytes not in (None, size):
            kind, note = Kind.CHANGED, f"{recorded.bytes:,} bytes were loaded"
        return Item(BUCKET, key, size, kind, recorded.project, recorded.day, note)
    name = object_name(key)
    projects = ledgers.projects.get(name.project_id or "", frozenset())
    project = name.project or next(iter(sorted(projects)), None)
    if name.section in _BY_FOLDER:
        return Item(BUCKET, key, size, _BY_FOLDER[name.section], project, name.day)
    if not name.day:
        why = "no file of this pipeline has this name"
        return Item(BUCKET, key, size, Kind.ORPHAN, *day_of(key), why)
    loaded = next((each for each in projects if ledgers.is_loaded(each, name.day)), None)
    if loaded is None:
        return Item(BUCKET, key, size, Kind.ORPHAN, project, name.day, _NOT_LOADED)
    if (loaded, name.day) in unfilled.days:
        return Item(BUCKET, key, size, *unfilled.kind(loaded, name))
    return Item(BUCKET, key, size, Kind.SUPERSEDED, loaded, name.day)


class _Unfilled:
    """Days of which only AMPLITUDE_LOADS has files: an hour's number and bytes tell its objects."""

    def __init__(self, objects: Objects, ledgers: Ledgers) -> None:
        self.days = ledgers.unfilled
        self._hours = ledgers.hours
        self._found: defaultdict[tuple[str, date, int], list[int]] = defaultdict(list)
        for key, size in objects.items() if self.days else ():
            name = object_name(key)
            if name.section == "day" and name.day and name.hour is not None:
                for project in ledgers.projects.get(name.project_id or "", ()):
                    self._found[project, name.day, name.hour].append(size)

    def kind(self, project: str, name: ObjectName) -> tuple[Kind, str, date, str | None]:
        """Return the rest of the item of an object of such a day."""
        day, hour = name.day or date.min, name.hour or 0
        recorded = self._hours[project, day].get(hour, RecordedHour(0, 0, 0))
        if name.section == "quarantine":
            return Kind.QUARANTINED if recorded.quarantined else Kind.SUPERSEDED, project, day, None
        if not recorded.files:
            return Kind.SUPERSEDED, project, day, None
        sizes = self._found[project, day, hour]
        if (len(sizes), sum(sizes)) == (recorded.files, recorded.bytes):
            return Kind.LOADED, project, day, None
        why = f"its hour has {recorded.files:,} files of {recorded.bytes:,} bytes in the ledger"
        return Kind.ORPHAN, project, day, why

    def expired(self) -> Iterator[Item]:
        """Return an item for each hour that has no object any more."""
        for project, day in sorted(self.days):
            for hour, recorded in sorted(self._hours[project, day].items()):
                if recorded.files and not self._found[project, day, hour]:
                    name = object_key(day, f"*_{day}_{hour:02}_*.json*")
                    note = f"{recorded.files:,} files"
                    yield Item(BUCKET, name, recorded.bytes, Kind.EXPIRED, project, day, note)
