"""Why a run's folder is not safe to remove: bucket and table do not have all of it."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from amplitude_export.inventory.names import is_archive, records_of
from amplitude_export.inventory.objects import Objects
from amplitude_export.inventory.recorded import Ledgers
from amplitude_export.manifest import LandedFile, Manifest, crc32_text
from amplitude_export.record import read_record
from amplitude_export.volume import Entry, child, entries_in, is_file, open_file
from amplitude_export.workspace import Workspace

_CHUNK = 2**20
NOT_LOADED = "its day is not loaded"


@dataclass(frozen=True)
class Contents:
    """What one folder has: archives, the files of its folders of lines, and what is unknown."""

    archives: Sequence[Entry]
    json: Sequence[Entry]
    quarantined: Sequence[Entry]
    unknown: Sequence[Entry]

    @classmethod
    def of(cls, space: Workspace) -> Contents:
        """List the folder. Raises OSError and VolumeRefused."""
        entries = entries_in(space.folder)
        archives = [each for each in entries if is_archive(each.name)]
        paths = (space.json_folder, space.quarantine_folder, space.manifest, *records_of(space))
        known = {path.name for path in paths} | {each.name for each in archives}
        return cls(
            archives,
            _listed(space.json_folder),
            _listed(space.quarantine_folder),
            [each for each in entries if each.name not in known],
        )

    @property
    def is_empty(self) -> bool:
        """True if nothing of it can have events."""
        return not (self.archives or self.json or self.quarantined or self.unknown)


def _listed(folder: Path) -> list[Entry]:
    try:
        return entries_in(folder)
    except FileNotFoundError:
        return []


def reason_to_keep(
    space: Workspace, project: str, day: date, objects: Objects, ledgers: Ledgers
) -> str | None:
    """Return why the folder must stay, or None if its events are all in bucket and table.

    The load of a folder with the mark was committed: only JSON that came after the mark is
    compared. Raises OSError, RecordInvalid and VolumeRefused for what cannot be read.
    """
    if not ledgers.is_loaded(project, day):
        return NOT_LOADED
    contents = Contents.of(space)
    if contents.is_empty or (is_file(space.loaded) and not contents.json):
        return None
    if (project, day) in ledgers.unfilled:
        return "AMPLITUDE_FILES does not have its day yet: run amplitude_setup"
    if contents.unknown:
        return f"{contents.unknown[0].name} was not written by this pipeline"
    record = read_record(dict[str, Any], space.manifest, "remove it, or clear decompress.")
    if record is None:
        return "it has no manifest: nothing shows that bucket and table have its events"
    manifest = Manifest.of(record, day)
    return next(
        (
            reason
            for reasons in (
                _differences(manifest, project, objects, ledgers),
                _other_archives(space, contents, manifest),
                _other_files(space.json_folder, contents.json, manifest.files),
                _other_files(
                    space.quarantine_folder, contents.quarantined, manifest.quarantined_files
                ),
            )
            for reason in reasons
        ),
        None,
    )


def _differences(
    manifest: Manifest, project: str, objects: Objects, ledgers: Ledgers
) -> Iterator[str]:
    """Compare each file of the manifest with its row in the ledger and with its object."""
    kinds = ((manifest.files, False), (manifest.quarantined_files, True))
    for file, is_quarantined in ((each, kind) for files, kind in kinds for each in files):
        row = ledgers.files.get((project, file.key))
        if row is None or row.is_quarantined != is_quarantined:
            yield f"{file.file} was not loaded: the day is loaded from other files"
        elif (
            row.events != file.events
            or row.bytes not in (None, file.bytes)
            or row.crc32 not in (None, file.crc32)
        ):
            yield f"{file.file} is not the one that was loaded"
        elif objects.get(file.key) != file.bytes:
            yield f"{file.file} is not in the bucket as it was loaded"


def _other_archives(space: Workspace, contents: Contents, manifest: Manifest) -> Iterator[str]:
    unpacked = space.manifest.lstat().st_mtime_ns
    for archive in contents.archives:
        if archive.name not in manifest.archives:
            yield f"{archive.name} is not in its manifest: it was not unpacked to the end"
        elif archive.status.st_mtime_ns > unpacked:
            yield f"{archive.name} is newer than its manifest: it was not unpacked since"


def _other_files(
    folder: Path, entries: Sequence[Entry], landed: Sequence[LandedFile]
) -> Iterator[str]:
    """Compare the content of each file with the manifest."""
    named = {file.file: file for file in landed}
    for entry in entries:
        file = named.get(entry.name)
        if file is None or not entry.is_file:
            yield f"{entry.name} is not in its manifest"
        elif entry.status.st_size != file.bytes or _crc32(child(folder, entry.name)) != file.crc32:
            yield f"{entry.name} does not have the content that its manifest names"


def _crc32(path: Path) -> str:
    crc = 0
    with open_file(path) as file:
        while chunk := file.read(_CHUNK):
            crc = zlib.crc32(chunk, crc)
    return crc32_text(crc)
