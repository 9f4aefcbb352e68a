"""The task `plan_windows`."""

from __future__ import annotations

from datetime import date

from airflow.sdk import task

from amplitude_export import window as windows
from amplitude_export.record import Record, from_record, to_record
from amplitude_export.settings import WINDOW_HOURS, whole_number


@task
def plan_windows(day: str, hours_each: str) -> list[Record]:
    """Cut the day into windows of `amplitude_window_hours` hours, both ends inclusive."""
    hours = whole_number(WINDOW_HOURS, hours_each)
    return [to_record(each) for each in windows.plan_windows(from_record(date, day), hours)]
