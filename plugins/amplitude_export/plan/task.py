"""The task `plan_windows`."""

from __future__ import annotations

from datetime import date

from airflow.sdk import task

from amplitude_export import window as windows
from amplitude_export.settings import whole_number
from amplitude_export.window import WindowRecord


@task
def plan_windows(day: str, hours_each: str) -> list[WindowRecord]:
    """Cuts the day into windows of `amplitude_window_hours` hours, both ends inclusive."""
    hours = whole_number("amplitude_window_hours", hours_each)
    return [window.record for window in windows.plan_windows(date.fromisoformat(day), hours)]
