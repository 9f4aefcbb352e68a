"""All projects at a glance: the days of each, from what Airflow's database has of all of them.

A failed run's results are not read, so that a day whose files are in the bucket counts as failed
here, and a loaded day whose later run uploaded other numbers as loaded. The project's own grid
reads them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from amplitude_export.page.days import Day, Records, days_of
from amplitude_export.page.looks import newest_looks
from amplitude_export.page.projects import ShownProject
from amplitude_export.page.records import Ledger, Run, newest_loads, newest_runs, oldest_day
from amplitude_export.page.states import State

# A due day that is not complete is in one of these counts, or running, or without a record.
MISSING = frozenset({State.MISSING})
FAILED = frozenset({State.FAILED, State.EXPORTED})
INCOMPLETE = frozenset({State.DIFFERS, State.QUARANTINED})


@dataclass
class DagRecords:
    """Airflow's records of one daily DAG, in the form of its API.

    `again` has the loads of the project's second look and those from the bucket, `looks` the second
    look's comparisons. `oldest_run` is the day of the oldest successful run.
    """

    loads: list[Mapping[str, Any]] = field(default_factory=list)
    runs: list[Mapping[str, Any]] = field(default_factory=list)
    oldest_run: date | None = None
    again: list[Mapping[str, Any]] = field(default_factory=list)
    looks: list[Mapping[str, Any]] = field(default_factory=list)


@dataclass(frozen=True)
class ProjectDays:
    """One project, and its days, newest first."""

    project: ShownProject
    days: Sequence[Day]

    def count(self, states: Collection[State]) -> int:
        """Return the number of due days in one of these states."""
        return sum(day.due and day.state in states for day in self.days)

    @property
    def days_due(self) -> int:
        """Days that should be loaded."""
        return sum(day.due for day in self.days)

    @property
    def days_complete(self) -> int:
        """Due days whose hours are all loaded or confirmed empty."""
        return sum(day.due and day.complete for day in self.days)

    @property
    def last_complete(self) -> Day | None:
        """The newest complete day."""
        return next((day for day in self.days if day.due and day.complete), None)


def project_days(
    project: ShownProject,
    records: DagRecords,
    ledger: Ledger | None,
    stuck: Collection[str],
    now: datetime,
    count: int,
) -> ProjectDays:
    """Return the project's last `count` days including today."""
    runs = newest_runs(Run.of(run, stuck) for run in records.runs)
    loads = newest_loads(records.loads, project.name, runs, records.again)
    found = Records(
        loads=loads,
        ledger=ledger,
        runs=runs,
        looks=newest_looks(records.looks, project.name),
        idle=frozenset(day for day, of_day in runs.items() if of_day[0].never_started),
        first_day=oldest_day(loads, ledger, records.oldest_run),
        wanted_from=project.first_day,
        removed=project.removed,
    )
    return ProjectDays(project, days_of(found, now, count))


def worst_first(projects: Iterable[ProjectDays]) -> list[ProjectDays]:
    """Return the projects with most days that lack events first, and removed ones last.

    Of a hundred projects, those that need a person are then on the first screen. Those that lack
    nothing are in the order of the file, where they are looked up by name.
    """
    wanting = MISSING | FAILED | INCOMPLETE
    return sorted(projects, key=lambda each: (each.project.removed, -each.count(wanting)))
