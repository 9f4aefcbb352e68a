"""The task `clean_up`.

The heavy imports are inside, so that the DAG file parses without them.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from airflow.sdk import task

from amplitude_export.manifest import Record
from amplitude_export.settings import whole_number


@task
def clean_up(loaded: Record, data_dir: str, run_id: str, archive_days: str) -> Any:
    """Removes the loaded day's JSON, and archives past `amplitude_archive_days`."""
    from amplitude_export.clean_up.clean_up import clean_up

    days = whole_number("amplitude_archive_days", archive_days)
    return clean_up(Path(data_dir), date.fromisoformat(loaded["day"]), run_id, days)
