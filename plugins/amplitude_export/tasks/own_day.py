"""The guard of a task: what it got from other tasks is about a day of its own run.

Users who can edit XComs can replace the results of a run's tasks. With them, a task must not
export, load or remove anything of another day.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from amplitude_export.errors import RecordInvalid
from amplitude_export.window import DAY, run_day, utc_day


def own_days(run: Any, ages: Sequence[int] = ()) -> list[date]:
    """Return the UTC days that Airflow's run is about.

    With `ages`, from the DAG's file, they are so many days before the day of the run; without, the
    run is about the day of its logical date.
    """
    if not ages:
        return [run_day(run.logical_date, run.run_after)]
    today = utc_day(run.logical_date or run.run_after)
    return [today - age * DAY for age in ages]


def require_own_day(day: date, run: Any, ages: Sequence[int] = ()) -> date:
    """Return the day. Raises RecordInvalid if it is none of the run's `own_days`."""
    if day not in (own := own_days(run, ages)):
        raise RecordInvalid(
            f"The result of an earlier task is about {day}; the run is about "
            f"{', '.join(map(str, own))}. Nothing was changed.",
            "clear the run from its first task; trigger a run of its own for the other day.",
        )
    return day
