"""Removes the files of hourly runs: none of them is needed once the hours are loaded."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from datetime import date
from pathlib import Path

from amplitude_export.ledger import DEFAULT_PROJECT
from amplitude_export.volume import remove_tree, volume_errors
from amplitude_export.workspace import Workspace, hourly_folder, run_folder


def remove_hours(
    data_dir: Path, days: Collection[date], run_id: str, project: str = DEFAULT_PROJECT
) -> int:
    """Remove the files of this hourly run, and of others those of earlier days than `days`.

    A run that failed leaves its files; no later task needs them. Returns the number of folders.
    Raises VolumeRefused and VolumeFull as `volume_errors` does.
    """
    oldest, removed = f"{min(days):%Y-%m-%d}", 0
    with volume_errors(data_dir):
        for workspace in Workspace.all_in(hourly_folder(data_dir, project)):
            day = workspace.folder.parents[1].name
            if workspace.folder.name == run_folder(run_id) or day < oldest:
                # Missing: an attempt of this task that was taken for dead was quicker.
                with suppress(FileNotFoundError):
                    remove_tree(workspace.folder)
                    removed += 1
                # Not empty: another run has failed, or goes on.
                with suppress(OSError):
                    workspace.folder.parent.rmdir()
                    workspace.folder.parents[1].rmdir()
    return removed
