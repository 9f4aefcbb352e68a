"""Removes from the volume what is safe in bucket and table, and says what stays and why.

A run's folder for a window stays as it is, or loses its JSON and is marked as loaded, as after a
load of its own; its archives go by the rules of cold storage. Nothing of a day is touched while a
run of it is under way. Nothing is ever removed from the bucket.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import msgspec

from amplitude_export.cold_storage import (
    archive_age,
    discard,
    keep_archives_only,
    remove_discarded,
    was_loaded_by,
)
from amplitude_export.errors import PipelineError
from amplitude_export.inventory.files import File, UnderWay, files_on
from amplitude_export.inventory.kinds import Scope
from amplitude_export.inventory.names import run_file
from amplitude_export.inventory.objects import Objects
from amplitude_export.inventory.proof import Contents, reason_to_keep
from amplitude_export.inventory.recorded import Ledgers
from amplitude_export.volume import is_file, real_path, remove_unfinished
from amplitude_export.workspace import Workspace, is_discarded

UNKNOWN = "it is not known whether a run of its day is under way"
UNDER_WAY = "a run of its day is under way"

Day = tuple[str, date]


class Stayed(msgspec.Struct, frozen=True):
    """A run's folder that stays, by its path below the volume, and why."""

    folder: str
    files: int
    bytes: int
    why: str


class Cleaned(msgspec.Struct, frozen=True):
    """The number of removed files and their bytes, and the folders that stay."""

    files: int
    bytes: int
    stayed: list[Stayed]


@dataclass(frozen=True)
class Cleaner:
    """Removes what `objects` and `ledgers` show to be safe.

    `archive_days` is amplitude_archive_days; `now` is the time by which archives are old.
    """

    data_dir: Path
    objects: Objects
    ledgers: Ledgers
    under_way: UnderWay
    archive_days: int
    now: datetime | None = None

    def clean(self, scope: Scope) -> Cleaned:
        """Clean the folders of the scope's projects and days, and remove discarded folders.

        Raises BadSetting for a negative number of days.
        """
        archive_age(self.archive_days)
        before = list(files_on(self.data_dir))
        remove_discarded(self.data_dir)
        reasons = {
            folder: why
            for day, folders in _folders(self.data_dir, scope).items()
            for folder, why in self._clean_day(day, folders)
        }
        remove_discarded(self.data_dir)
        after = list(files_on(self.data_dir))
        remaining = {file.path for file in after}
        removed = [each for each in before if each.path not in remaining and not each.problem]
        return Cleaned(len(removed), _bytes(removed), list(_stayed(after, reasons)))

    def _clean_day(self, day: Day, folders: Collection[str]) -> Iterator[tuple[str, str]]:
        """Clean a day's folders; return those that stay, each with the reason."""
        is_busy = self.under_way(*day, {Path(folder).name for folder in folders})
        for folder in folders:
            if is_busy is not False:
                yield folder, UNKNOWN if is_busy is None else UNDER_WAY
            elif why := self._clean_folder(Workspace(real_path(self.data_dir) / folder), *day):
                yield folder, why

    def _clean_folder(self, space: Workspace, project: str, day: date) -> str | None:
        """Clean one folder; return why something of it stays, or None if nothing does."""
        try:
            remove_unfinished(space.folder)
            if why := reason_to_keep(space, project, day, self.objects, self.ledgers):
                return why
            if is_file(space.loaded) or not Contents.of(space).is_empty:
                keep_archives_only(space)
                if not self._is_expired(space):
                    return f"archives stay for {self.archive_days} days (amplitude_archive_days)"
            return None if discard(space) else "it cannot be removed: see the log"
        except (OSError, PipelineError) as error:
            what = error.what if isinstance(error, PipelineError) else error.strerror
            return f"it cannot be read or removed: {what}"

    def _is_expired(self, space: Workspace) -> bool:
        oldest = (self.now or datetime.now(UTC)) - archive_age(self.archive_days)
        return was_loaded_by(space, oldest)


def _folders(data_dir: Path, scope: Scope) -> Mapping[Day, list[str]]:
    """Return the folders of the runs of each day, also those without files."""
    volume = real_path(data_dir)
    found: defaultdict[Day, list[str]] = defaultdict(list)
    for space in Workspace.all(data_dir):
        folder = f"{space.folder.relative_to(volume)}"
        own = run_file(f"{folder}/.")
        if own and scope.covers(own.project, own.day):
            found[own.project, own.day].append(folder)
    return found


def _stayed(files: Iterable[File], reasons: Mapping[str, str]) -> Iterator[Stayed]:
    by_folder: defaultdict[str, list[File]] = defaultdict(list)
    for file in files:
        own = run_file(file.path)
        if own and not is_discarded(own.run):
            by_folder[own.folder].append(file)
    for folder, why in sorted(reasons.items()):
        own_files = by_folder[folder]
        yield Stayed(folder, len(own_files), _bytes(own_files), why)


def _bytes(files: Iterable[File]) -> int:
    return sum(file.bytes or 0 for file in files)
