"""The task `clean_up`.

The heavy imports are inside, so that the DAG file parses without them.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from airflow.sdk import task

from amplitude_export.ledger import DEFAULT_PROJECT
from amplitude_export.record import Record, from_record, to_record
from amplitude_export.settings import ARCHIVE_DAYS, whole_number
from amplitude_export.tasks.own_day import require_own_day


@task
def clean_up(
    loaded: Record,
    data_dir: str,
    run_id: str,
    archive_days: str,
    project: str = DEFAULT_PROJECT,
    ages: Sequence[int] = (),
    dag_run: Any = None,
) -> Any:
    """Remove the loaded day's JSON, and archives older than `amplitude_archive_days`."""
    from amplitude_export.clean_up.clean_up import clean_up
    from amplitude_export.ledger import LoadedDay

    day = require_own_day(from_record(LoadedDay, loaded).day, dag_run, ages)
    days = whole_number(ARCHIVE_DAYS, archive_days)
    return to_record(clean_up(Path(data_dir), day, run_id, days, project=project))
