"""Removes the files that a committed load no longer needs, and nothing else."""

from __future__ import annotations

import logging
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
from amplitude_export.ledger import DEFAULT_PROJECT
from amplitude_export.volume import volume_errors
from amplitude_export.workspace import Workspace, project_folder

log = logging.getLogger(__name__)


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
    age = archive_age(archive_days)
    with volume_errors(data_dir):
        own = Workspace.of_run(project_folder(data_dir, project), day, run_id)
        removed = sum(keep_archives_only(workspace) for workspace in own)
        oldest = (now or datetime.now(UTC)) - age
        expired = [w for w in Workspace.all_loaded(data_dir) if was_loaded_by(w, oldest)]
        remove_discarded(data_dir)
        # A task of its run can have been cleared since the first look.
        discarded = sum(was_loaded_by(each, oldest) and discard(each) for each in expired)
        remove_discarded(data_dir)
    log.info("Removed %d files of JSON and %d folders of archives.", removed, discarded)
    return CleanedUp(removed, discarded)
