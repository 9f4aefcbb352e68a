"""A run of the daily DAG, or of the second look: its tasks' states, and the notices it needs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from amplitude_export.projects import is_second_look, project_of

# From the time when a run is queued: 06:00 UTC for a scheduled run. Amplitude has the day at 02:30
# and a load takes minutes, which leaves three and a half hours for retries.
COMPLETE_WITHIN = timedelta(hours=6)

# The most urgent first. Tasks in other states have succeeded or have not started.
URGENCY = (
    "failed",
    "up_for_retry",
    "running",
    "deferred",
    "up_for_reschedule",
    "restarting",
    "queued",
    "scheduled",
)


@dataclass(frozen=True)
class DailyRun:
    """`kind` and `state` are Airflow's run type and state; `day` is None if it is unknown.

    `started` and `ended` are the times of the last start and end; `cleared` is True if a user has
    cleared the run.
    """

    dag_id: str
    run_id: str
    kind: str
    state: str
    day: date | None = None
    started: datetime | None = None
    ended: datetime | None = None
    cleared: bool = False

    @property
    def project(self) -> str:
        """The project whose day it loads."""
        return project_of(self.dag_id)

    @property
    def is_second_look(self) -> bool:
        """True if it looks again at days that are loaded; such a run has no deadline."""
        return is_second_look(self.dag_id)

    @property
    def notifies_failure(self) -> bool:
        """True if its failure sends a notice.

        False for a backfill, which its user watches, and after the deadline, whose notice was
        sent, unless a user has cleared the run since.
        """
        reported = self.kind == "scheduled" and self._took_too_long and not self.cleared
        return self.kind != "backfill" and (self.is_second_look or not reported)

    @property
    def notifies_gaps(self) -> bool:
        """True if confirmed gaps of the loaded day send a notice: not for a backfill."""
        return self.kind != "backfill"

    @property
    def notifies_deadline(self) -> bool:
        """True if its missed deadline sends a notice: not if it succeeded, or failed in time."""
        failed_late = self.state == "failed" and self._took_too_long
        return self.kind == "scheduled" and (self.state in ("queued", "running") or failed_late)

    @property
    def _took_too_long(self) -> bool:
        # Counted from the start, seconds after the run was queued: a failed run lacks that time.
        return bool(self.started and self.ended and self.ended - self.started > COMPLETE_WITHIN)


@dataclass(frozen=True)
class Task:
    """A task of a run; `map_index` is -1 for one that is not mapped."""

    task_id: str
    map_index: int
    state: str

    @property
    def name(self) -> str:
        """`load`, or `stage_window.export[3]`."""
        return self.task_id if self.map_index < 0 else f"{self.task_id}[{self.map_index}]"

    @property
    def has_failure(self) -> bool:
        """True if the task ended with an error, whether or not it will be retried."""
        return self.state in ("failed", "up_for_retry")


def urgent_tasks(states: Mapping[str, str | None]) -> list[Task]:
    """Return the tasks that failed or have not ended, the most urgent first.

    Airflow's execution API (`get_task_instance_states`) names a mapped task
    `<task id>_<map index>`; no task of the daily DAG has an id that ends like that.
    """
    tasks = [_task(key, state) for key, state in states.items() if state in URGENCY]
    return sorted(tasks, key=lambda t: (URGENCY.index(t.state), t.task_id, t.map_index))


def _task(key: str, state: str) -> Task:
    mapped = re.fullmatch(r"(.+)_(\d+)", key)
    return Task(mapped[1], int(mapped[2]), state) if mapped else Task(key, -1, state)
