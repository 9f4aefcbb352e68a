"""What each file on the volume is, by its path, by the ledgers and by what is in the bucket."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from amplitude_export.errors import VolumeRefused
from amplitude_export.inventory.kinds import VOLUME, Item, Kind
from amplitude_export.inventory.names import RunFile, day_of, is_archive, records_of, run_file
from amplitude_export.inventory.objects import Objects
from amplitude_export.inventory.recorded import Ledgers
from amplitude_export.volume import entries_in, real_path
from amplitude_export.workspace import Workspace, is_discarded, object_key, quarantine_key

# Folders below the volume: no file of this pipeline is deeper.
_MAX_DEPTH = 8
_RECORDS = {path.name for path in records_of(Workspace(Path()))}
_SHARED = {
    "ip_networks": Kind.NETWORKS,
    "dbt": Kind.DBT,
    ".doctor": Kind.PROBE,
    "hourly": Kind.PROVISIONAL,
}
_DATA = {"json": object_key, "quarantine": quarantine_key}

# Returns whether a run of the project's day, or one that has one of these names of run folders, is
# under way; None if that is not known.
UnderWay = Callable[[str, date, Collection[str]], bool | None]


@dataclass(frozen=True)
class File:
    """A file by its path below the volume; `problem` is why it, or a folder, cannot be read."""

    path: str
    bytes: int | None = None
    problem: str | None = None


def files_on(data_dir: Path) -> Iterator[File]:
    """Return every file on the volume, and what cannot be read. No link is followed."""
    return _files(real_path(data_dir), "", _MAX_DEPTH)


def _files(folder: Path, below: str, depth: int) -> Iterator[File]:
    try:
        entries = entries_in(folder)
    except FileNotFoundError:
        # Removed since its parent was listed; the volume itself is missing.
        if not below:
            yield File(".", problem=f"{folder} is not on this machine")
        return
    except VolumeRefused as error:
        yield File(below or ".", problem=error.what)
        return
    except OSError as error:
        yield File(below or ".", problem=f"{error.strerror}")
        return
    for entry in entries:
        path = f"{below}{entry.name}"
        if entry.is_file:
            yield File(path, entry.status.st_size)
        elif not entry.is_folder:
            yield File(path, problem="neither a file nor a folder; a link is not followed")
        elif depth == 1:
            yield File(path, problem="a folder deeper than any of this pipeline")
        else:
            yield from _files(folder / entry.name, f"{path}/", depth - 1)


def file_items(
    files: Iterable[File], objects: Objects, ledgers: Ledgers, under_way: UnderWay
) -> Iterator[Item]:
    """Return an item for each file; `under_way` is called once for each day that has any."""
    found = [(file, run_file(file.path)) for file in files]
    loaded = {own.folder for _, own in found if own and own.name == "loaded"}
    runs: defaultdict[tuple[str, date], set[str]] = defaultdict(set)
    for _, own in found:
        if own:
            runs[own.project, own.day].add(own.run)
    idle = {day for day, names in runs.items() if under_way(*day, names) is False}
    for file, own in found:
        if file.problem or own is None:
            yield _other(file)
            continue
        day, is_loaded = (own.project, own.day), own.folder in loaded
        kind = _kind(own, file.bytes or 0, objects, ledgers, is_loaded, day in idle)
        yield Item(VOLUME, file.path, file.bytes, kind, *day)


def _other(file: File) -> Item:
    """Return the item of what is not a run's file, or cannot be read."""
    place = day_of(file.path.rstrip("/"))
    if file.problem:
        return Item(VOLUME, file.path, file.bytes, Kind.UNREADABLE, *place, file.problem)
    kind = _SHARED.get(file.path.partition("/")[0], Kind.ORPHAN)
    note = "this pipeline did not write it" if kind is Kind.ORPHAN else None
    return Item(VOLUME, file.path, file.bytes, kind, *place, note)


def _kind(
    own: RunFile, size: int, objects: Objects, ledgers: Ledgers, is_loaded: bool, is_idle: bool
) -> Kind:
    folder, _, name = own.name.rpartition("/")
    if is_discarded(own.run) or name.endswith(".part"):
        return Kind.UNFINISHED
    if not folder:
        if name == "manifest.json":
            return Kind.MANIFEST
        if is_archive(name):
            return Kind.ARCHIVE
        return Kind.RECORD if name in _RECORDS else Kind.ORPHAN
    if folder not in _DATA:
        return Kind.ORPHAN
    key = _DATA[folder](own.day, name)
    recorded = ledgers.files.get((own.project, key))
    if objects.get(key) == size:
        if recorded and recorded.bytes in (None, size):
            return Kind.QUARANTINED if recorded.is_quarantined else Kind.LOADED
        if (own.project, own.day) in ledgers.unfilled:
            return Kind.QUARANTINED if folder == "quarantine" else Kind.LOADED
        return Kind.UPLOADED
    if is_loaded:
        return Kind.SUPERSEDED
    return Kind.FAILED if is_idle else Kind.WAITING
