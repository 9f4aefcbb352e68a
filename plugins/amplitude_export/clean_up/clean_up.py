"""Removes the files that a committed load no longer needs, and nothing else."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import msgspec

from amplitude_export.errors import BadSetting, VolumeRefused
from amplitude_export.ledger import DEFAULT_PROJECT
from amplitude_export.volume import (
    is_file,
    open_file,
    remove_file,
    remove_tree,
    remove_unfinished,
    volume_errors,
)
from amplitude_export.workspace import Workspace, project_folder

log = logging.getLogger(__name__)

# Days: more would lead beyond the calendar.
_FOR_EVER = 100 * 365


class CleanedUp(msgspec.Struct, frozen=True):
    """The numbers of removed files: JSON of this run, and folders of archives past their days."""

    json_files: int
    archive_folders: int


def clean_up(
    data_dir: Path,
    day: date,
    run_id: str,
    archive_days: int,
    now: datetime | None = None,
    project: str = DEFAULT_PROJECT,
) -> CleanedUp:
    """Remove the JSON of the project's run of `day`, and archives of any run past their days.

    To be called once the load of `day` by the run is committed. Marks the run's archives as loaded,
    and removes those that were marked at least `archive_days` days ago (0: at once). Archives that
    were never marked stay: they belong to a run that is under way, or that failed and needs them.
    Raises BadSetting for a negative number of days.
    """
    if archive_days < 0:
        raise BadSetting(
            f"amplitude_archive_days is {archive_days}.",
            "set the Airflow Variable to 0 or more days, or remove it.",
        )
    with volume_errors(data_dir):
        own = Workspace.of_run(project_folder(data_dir, project), day, run_id)
        removed = sum(_keep_archives_only(workspace) for workspace in own)
        days = min(archive_days, _FOR_EVER)
        oldest = (now or datetime.now(UTC)) - timedelta(days=days)
        expired = [w for w in Workspace.all_loaded(data_dir) if _was_loaded_by(w, oldest)]
        _remove_discarded(data_dir)
        # A task of its run can have been cleared since the first look.
        discarded = sum(_was_loaded_by(each, oldest) and _discard(each) for each in expired)
        _remove_discarded(data_dir)
    log.info("Removed %d files of JSON and %d folders of archives.", removed, discarded)
    return CleanedUp(removed, discarded)


def _keep_archives_only(workspace: Workspace) -> int:
    """Remove the JSON, then mark the archives as loaded; return the number of removed files.

    Idempotent: the mark keeps its original time.
    """
    remove_file(workspace.receipts)
    remove_unfinished(workspace.folder)
    count = 0
    if os.path.lexists(workspace.json_folder):
        if not workspace.json_folder.is_symlink():
            count = len(list(workspace.json_folder.iterdir()))
        remove_tree(workspace.json_folder)
    if not is_file(workspace.loaded):
        open_file(workspace.loaded, "ab").close()
    return count


def _was_loaded_by(workspace: Workspace, time: datetime) -> bool:
    # Missing: the clean_up of another run was quicker. Closed: its owner was.
    with suppress(FileNotFoundError, PermissionError):
        # As seconds: a file's time can be beyond the calendar.
        return workspace.loaded.lstat().st_mtime <= time.timestamp()
    return False


def _discard(workspace: Workspace) -> bool:
    with _of_any_run(workspace.folder):
        workspace.discard()
        return True
    return False


def _remove_discarded(data_dir: Path) -> None:
    """Remove discarded folders, also those of a clean_up that was killed."""
    for folder in Workspace.discarded(data_dir):
        with _of_any_run(folder):
            remove_tree(folder)
        # Not empty: another run works on this window, or on this day.
        with suppress(OSError):
            folder.parent.rmdir()
            folder.parent.parent.rmdir()


@contextmanager
def _of_any_run(folder: Path) -> Iterator[None]:
    """Log what cannot be removed, such as another user's folder: it must not hold up this run."""
    try:
        yield
    except FileNotFoundError:
        # The clean_up of another run was quicker.
        return
    except (OSError, VolumeRefused) as error:
        log.warning("%s stays: %s", folder, error)
