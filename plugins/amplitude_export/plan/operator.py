"""The operator that begins a run: it finds the day and waits until Amplitude has all of it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from airflow.providers.standard.triggers.temporal import DateTimeTrigger
from airflow.sdk import BaseOperator

from amplitude_export.window import day_complete_at, export_day


class WaitForDayOperator(BaseOperator):
    """Return the run's UTC day as YYYY-MM-DD, once Amplitude has all of its events.

    Past days pass at once. For a day that is not complete yet the operator waits in the triggerer,
    without a worker slot. Raises DayInFuture for a day in the future, and LogicalDateRefused for a
    logical date at which no UTC day begins.
    """

    ui_color = "#f3f0fa"

    def execute(self, context: Any, event: Any = None) -> str:
        """Return the day, or defer until it is complete."""
        run = context["dag_run"]
        day = export_day(run.logical_date, run.run_after, run.run_type)
        now = datetime.now(UTC)
        complete_at = day_complete_at(day, now)
        if now < complete_at:
            self.log.info("%s is complete at %s UTC; waiting.", day, f"{complete_at:%F %H:%M}")
            self.defer(trigger=DateTimeTrigger(moment=complete_at), method_name="execute")
        self.log.info("The run is about %s, which is complete at Amplitude.", day)
        return f"{day:%Y-%m-%d}"
