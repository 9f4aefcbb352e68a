"""The guard of a task: what it got from other tasks is about the day of its own run.

Users who can edit XComs can replace the results of a run's tasks. With them, a task must not
export, load or remove anything of another day.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from amplitude_export.errors import RecordInvalid
from amplitude_export.window import run_day


def own_day(run: Any) -> date:
    """Return the UTC day of Airflow's run."""
    return run_day(run.logical_date, run.run_after)


def require_own_day(day: date, run: Any) -> date:
    """Return the day. Raises RecordInvalid if the run's is another one."""
    if day != own_day(run):
        raise RecordInvalid(
            f"The result of an earlier task is about {day}; the run is about {own_day(run)}. "
            "Nothing was changed.",
            "clear wait_for_day with everything downstream; trigger a run of its own for the "
            "other day.",
        )
    return day
