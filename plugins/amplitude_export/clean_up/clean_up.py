"""Removes what a committed load has made superfluous, and nothing else."""

from __future__ import annotations

import logging
import shutil
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TypedDict

from amplitude_export.errors import BadSetting
from amplitude_export.volume import volume_errors
from amplitude_export.workspace import Workspace

log = logging.getLogger(__name__)


class CleanedUp(TypedDict):
    """What was removed: files of JSON of this run, and folders of archives past their days."""

    json_files: int
    archive_folders: int


def clean_up(
    data_dir: Path, day: date, run_id: str, archive_days: int, now: datetime | None = None
) -> CleanedUp:
    """To be called once the load of `day` by the run is committed.

    Removes the run's JSON and marks its archives as loaded; then removes the archives, of any run,
    that were marked at least `archive_days` days ago (0: at once). What was never marked stays: it
    belongs to a run that is under way, or that failed and needs it. Raises BadSetting for a
    negative number of days.
    """
    if archive_days < 0:
        raise BadSetting(
            f"amplitude_archive_days is {archive_days}.",
            "set the Airflow Variable to 0 or more days, or remove it.",
        )
    with volume_errors(data_dir):
        removed = sum(_keep_archives_only(w) for w in Workspace.of_run(data_dir, day, run_id))
        oldest = (now or datetime.now(UTC)) - timedelta(days=archive_days)
        expired = [w for w in Workspace.all_loaded(data_dir) if _was_loaded_by(w, oldest)]
        _remove_discarded(data_dir)
        for workspace in expired:
            # Looked at again: a task of its run may have been cleared meanwhile.
            if not _was_loaded_by(workspace, oldest):
                continue
            with suppress(FileNotFoundError):  # the clean_up of another run was quicker
                workspace.discard()
        _remove_discarded(data_dir)
    log.info("Removed %d files of JSON and %d folders of archives.", removed, len(expired))
    return {"json_files": removed, "archive_folders": len(expired)}


def _keep_archives_only(workspace: Workspace) -> int:
    """Removes the JSON, then marks the archives as loaded; a second time they get no younger."""
    workspace.receipts.unlink(missing_ok=True)
    workspace.remove_unfinished()
    count = 0
    if workspace.json_folder.exists():
        count = len(list(workspace.json_folder.iterdir()))
        shutil.rmtree(workspace.json_folder)
    if not workspace.loaded.exists():
        workspace.loaded.touch()
    return count


def _was_loaded_by(workspace: Workspace, time: datetime) -> bool:
    with suppress(FileNotFoundError):  # the clean_up of another run was quicker
        return datetime.fromtimestamp(workspace.loaded.stat().st_mtime, UTC) <= time
    return False


def _remove_discarded(data_dir: Path) -> None:
    """Also what a clean_up that was killed has left."""
    for folder in Workspace.discarded(data_dir):
        with suppress(FileNotFoundError):  # the clean_up of another run was quicker
            shutil.rmtree(folder)
        with suppress(OSError):  # another run still works on this window, or on this day
            folder.parent.rmdir()
            folder.parent.parent.rmdir()
