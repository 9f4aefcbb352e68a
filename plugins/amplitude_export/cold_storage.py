"""The rules by which files leave the volume once the load of their day is committed.

JSON goes at once, archives after their days, a folder whole or not at all. `clean_up` applies them
after a load, and the inventory when a person says so.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path

from amplitude_export.errors import BadSetting, VolumeRefused
from amplitude_export.volume import is_file, open_file, remove_file, remove_tree, remove_unfinished
from amplitude_export.workspace import Workspace

log = logging.getLogger(__name__)

# Days: more would lead beyond the calendar.
_FOR_EVER = 100 * 365


def archive_age(archive_days: int) -> timedelta:
    """Return how long archives stay after their load, by amplitude_archive_days; 0: not at all.

    Raises BadSetting for a negative number of days.
    """
    if archive_days < 0:
        raise BadSetting(
            f"amplitude_archive_days is {archive_days}.",
            "set the Airflow Variable to 0 or more days, or remove it.",
        )
    return timedelta(days=min(archive_days, _FOR_EVER))


def keep_archives_only(workspace: Workspace) -> int:
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


def was_loaded_by(workspace: Workspace, time: datetime) -> bool:
    """Return True if the workspace was marked as loaded at that time, or before."""
    # Missing: the clean_up of another run was quicker. Closed: its owner was.
    with suppress(FileNotFoundError, PermissionError):
        # As seconds: a file's time can be beyond the calendar.
        return workspace.loaded.lstat().st_mtime <= time.timestamp()
    return False


def discard(workspace: Workspace) -> bool:
    """Discard the workspace; return False, with a line in the log, if that is not possible."""
    with of_any_run(workspace.folder):
        workspace.discard()
        return True
    return False


def remove_discarded(data_dir: Path) -> None:
    """Remove discarded folders, also those of a clean_up that was killed."""
    for folder in Workspace.discarded(data_dir):
        with of_any_run(folder):
            remove_tree(folder)
        # Not empty: another run works on this window, or on this day.
        with suppress(OSError):
            folder.parent.rmdir()
            folder.parent.parent.rmdir()


@contextmanager
def of_any_run(folder: Path) -> Iterator[None]:
    """Log what cannot be removed, such as another user's folder: it must not hold up this run."""
    try:
        yield
    except FileNotFoundError:
        # The clean_up of another run was quicker.
        return
    except (OSError, VolumeRefused) as error:
        log.warning("%s stays: %s", folder, error)
