"""The archives and manifests that the volume still has of a loaded day."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path

from amplitude_export.errors import PipelineError
from amplitude_export.ledger import HOURS
from amplitude_export.manifest import DayManifest, LandedFile, Manifest
from amplitude_export.record import read_record
from amplitude_export.refused_lines import read_refused
from amplitude_export.volume import UNFINISHED, child, is_file, paths_below
from amplitude_export.workspace import Workspace


@dataclass(frozen=True)
class LoadedRun:
    """The archives and manifests from which a run loaded the day.

    `manifests` has the newest one of each hour, by the folder that its archives are in.
    `skip_reason` is the reason not to compare them with anything, or None; `unreadable` names the
    manifests that are damaged. `superseded`: another run of the day is in progress, or has failed,
    since this one was loaded.
    """

    day: date
    manifests: dict[Workspace, Manifest]
    unreadable: list[str]
    skip_reason: str | None
    superseded: bool

    @classmethod
    def of_run(cls, data_dir: Path, day: date, run_id: str) -> LoadedRun:
        """Find what the volume has of the run; nothing is raised if files are missing."""
        spaces = Workspace.of_run(data_dir, day, run_id)
        manifests, unreadable = _newest(spaces)
        hours = sorted(hour for found in manifests.values() for hour in found.window.hours)
        skip_reason = None
        if not data_dir.exists():
            skip_reason = f"the volume {data_dir} is not on this machine"
        elif any(not is_file(space.loaded) for space in spaces):
            skip_reason = f"the run {run_id} has started again, or has not cleaned up yet"
        elif hours != HOURS:
            skip_reason = (
                f"the archives of the run {run_id} are no longer on this volume, or have no "
                "manifest.json beside them (version 0.1)"
            )
        superseded = skip_reason is None and _is_superseded(data_dir, day, spaces)
        return cls(day, manifests, unreadable, skip_reason, superseded)

    @property
    def whole(self) -> DayManifest:
        """All manifests together."""
        found = self.manifests.values()
        return DayManifest(
            self.day,
            [file for manifest in found for file in manifest.files],
            [file for manifest in found for file in manifest.quarantined_files],
        )

    @property
    def objects(self) -> list[LandedFile]:
        """Every file that was uploaded, quarantined ones included."""
        return [*self.whole.files, *self.whole.quarantined_files]

    def archives(self, hour: int) -> list[Path]:
        """Return the archives of the window that the hour, 0 to 23, is in."""
        return [
            child(space.folder, name)
            for space, found in self.manifests.items()
            if hour in found.window.hours
            for name in found.archives
        ]

    @cached_property
    def refused(self) -> frozenset[str]:
        """The digests of the lines that Snowflake refused before they were quarantined."""
        records = [read_refused(space.refused) for space in self.manifests]
        return frozenset().union(*(lines for record in records for lines in record.values()))

    @property
    def missing_archives(self) -> list[Path]:
        """The archives that a manifest names and the volume does not have."""
        named = {path for hour in HOURS for path in self.archives(hour)}
        return sorted(path for path in named if not is_file(path))


def _newest(spaces: list[Workspace]) -> tuple[dict[Workspace, Manifest], list[str]]:
    """Return the newest manifest for each hour, and the names of those that cannot be read.

    Windows of another length can remain from an earlier try.
    """
    with_manifest = [space for space in spaces if os.path.lexists(space.manifest)]
    taken: dict[Workspace, Manifest] = {}
    unreadable = []
    for space in sorted(with_manifest, key=lambda s: s.manifest.lstat().st_mtime, reverse=True):
        try:
            manifest = _read(space)
        except (OSError, PipelineError) as error:
            unreadable.append(error.what if isinstance(error, PipelineError) else str(error))
            continue
        if manifest is None:
            continue
        hours = {hour for earlier in taken.values() for hour in earlier.window.hours}
        if not hours.intersection(manifest.window.hours):
            taken[space] = manifest
    return taken, unreadable


def _read(space: Workspace) -> Manifest | None:
    manifest = read_record(Manifest, space.manifest, "")
    for name in manifest.archives if manifest else []:
        child(space.folder, name)
    return manifest


def _is_superseded(data_dir: Path, day: date, spaces: list[Workspace]) -> bool:
    """Return True if another run has written to the day's folders since, and has not loaded it."""
    loaded_at = max(space.loaded.lstat().st_mtime for space in spaces)
    return any(
        path.lstat().st_mtime > loaded_at
        for space in Workspace.of_day(data_dir, day)
        if not is_file(space.loaded)
        for path in (space.folder, *paths_below(space.folder))
    )


def volume_problems(data_dir: Path, day: date) -> list[str]:
    """Return a problem for each file that clean_up should have removed from the loaded day."""
    return [
        f"{path} should have been removed by clean_up"
        for space in Workspace.of_day(data_dir, day)
        if is_file(space.loaded)
        for path in (space.json_folder, space.receipts, *space.folder.glob(UNFINISHED))
        if os.path.lexists(path)
    ]


def has_loaded_mark(data_dir: Path, day: date) -> bool:
    """Return True if the volume has files of the day whose load was committed."""
    return any(is_file(space.loaded) for space in Workspace.of_day(data_dir, day))
