"""A run of the daily DAG as notices see it: its day, how its tasks stand, which message it gets."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

# From the moment a run is queued: for a scheduled one, 06:00 UTC. Amplitude has the day at 02:30,
# and loading it takes minutes; three and a half hours are for retries, and the morning is spared.
COMPLETE_WITHIN = timedelta(hours=6)

# What a person asks first comes first; tasks in other states have ended well or have not begun.
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
    """`kind` and `state` are Airflow's run type and state; `day` is None where nobody knows it.

    `started` and `ended` are when it last did; `cleared` says that a person has begun it anew.
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
    def notifies_failure(self) -> bool:
        """Whether its failure is a message: not of a backfill, which somebody watches.

        Nor past the deadline, whose message was sent; what a person has cleared is told anew.
        """
        told_before = self.kind == "scheduled" and self._took_too_long and not self.cleared
        return self.kind != "backfill" and not told_before

    @property
    def notifies_deadline(self) -> bool:
        """Whether its missed deadline is a message: not if the day is there, or failed before."""
        failed_late = self.state == "failed" and self._took_too_long
        return self.kind == "scheduled" and (self.state in ("queued", "running") or failed_late)

    @property
    def _took_too_long(self) -> bool:
        # From its start, as a failed run does not say when it was queued: seconds before that.
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
        """Whether it has ended with an error, for now or for good."""
        return self.state in ("failed", "up_for_retry")


def urgent_tasks(states: Mapping[str, str | None]) -> list[Task]:
    """The tasks that failed or have not ended, the most urgent first.

    Of mapped tasks Airflow gives the states as `<task id>_<map index>` (its execution API,
    `get_task_instance_states`); no task of the daily DAG has an id that ends like that.
    """
    tasks = [_task(key, state) for key, state in states.items() if state in URGENCY]
    return sorted(tasks, key=lambda t: (URGENCY.index(t.state), t.task_id, t.map_index))


def _task(key: str, state: str) -> Task:
    mapped = re.fullmatch(r"(.+)_(\d+)", key)
    return Task(mapped[1], int(mapped[2]), state) if mapped else Task(key, -1, state)
