"""The archives and manifests that the volume still has of a loaded day."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from amplitude_export.manifest import LandedFile, Manifest
from amplitude_export.record import from_record
from amplitude_export.volume import UNFINISHED
from amplitude_export.workspace import Workspace


@dataclass(frozen=True)
class LoadedRun:
    """The archives and manifests from which a run loaded the day.

    `skip_reason` is the reason not to compare them with the table, or None. `superseded`: another
    run of the day is in progress, or has failed, since this one was loaded.
    """

    day: date
    archives: list[Path]
    manifests: list[Manifest]
    skip_reason: str | None
    superseded: bool

    @classmethod
    def of_run(cls, data_dir: Path, day: date, run_id: str) -> LoadedRun:
        """Find what the volume has of the run; nothing is raised if files are missing."""
        spaces = Workspace.of_run(data_dir, day, run_id)
        manifests = dict(_newest(spaces))
        archives = [
            space.folder / name for space, found in manifests.items() for name in found.archives
        ]
        hours = sorted(hour for found in manifests.values() for hour in found.window.hours)
        skip_reason = None
        if not data_dir.exists():
            skip_reason = f"the volume {data_dir} is not on this machine"
        elif any(not space.loaded.exists() for space in spaces):
            skip_reason = f"the run {run_id} has started again, or has not cleaned up yet"
        elif hours != list(range(24)) or not all(path.exists() for path in archives):
            skip_reason = (
                f"the archives of the run {run_id} are no longer on this volume, or have no "
                "manifest.json beside them (version 0.1)"
            )
        superseded = skip_reason is None and _is_superseded(data_dir, day, spaces)
        return cls(day, archives, list(manifests.values()), skip_reason, superseded)

    @property
    def objects(self) -> list[LandedFile]:
        """Every file that was uploaded, quarantined ones included."""
        return [
            file for found in self.manifests for file in (*found.files, *found.quarantined_files)
        ]

    def quarantined(self, hour: int) -> int:
        """Return the number of lines of the hour, 0 to 23, that were quarantined."""
        return sum(
            file.events
            for found in self.manifests
            for file in found.quarantined_files
            if file.hour == hour
        )


def _newest(spaces: list[Workspace]) -> list[tuple[Workspace, Manifest]]:
    """Return the newest manifest for each hour.

    Windows of another length can remain from an earlier try.
    """
    with_manifest = [space for space in spaces if space.manifest.exists()]
    taken: list[tuple[Workspace, Manifest]] = []
    for space in sorted(with_manifest, key=lambda s: s.manifest.stat().st_mtime, reverse=True):
        manifest = from_record(Manifest, json.loads(space.manifest.read_bytes()))
        hours = {hour for _, earlier in taken for hour in earlier.window.hours}
        if not hours.intersection(manifest.window.hours):
            taken.append((space, manifest))
    return taken


def _is_superseded(data_dir: Path, day: date, spaces: list[Workspace]) -> bool:
    """Return True if another run has written to the day's folders since, and has not loaded it."""
    loaded_at = max(space.loaded.stat().st_mtime for space in spaces)
    return any(
        path.stat().st_mtime > loaded_at
        for space in Workspace.of_day(data_dir, day)
        if not space.loaded.exists()
        for path in (space.folder, *space.folder.rglob("*"))
    )


def volume_problems(data_dir: Path, day: date) -> list[str]:
    """Return a problem for each file that clean_up should have removed from the loaded day."""
    return [
        f"{path} should have been removed by clean_up"
        for space in Workspace.of_day(data_dir, day)
        if space.loaded.exists()
        for path in (space.json_folder, space.receipts, *space.folder.glob(UNFINISHED))
        if path.exists()
    ]
