"""Responses of the endpoint, built by its own code from the records that a test names."""

from __future__ import annotations

import json
from typing import Any

from amplitude_export.page.days import Records, days_of
from amplitude_export.page.looks import newest_looks
from amplitude_export.page.overview import DagRecords, ProjectDays, project_days, worst_first
from amplitude_export.page.projects import Projects
from amplitude_export.page.records import Run, newest_loads, newest_runs
from amplitude_export.page.responses import grid_body, overview_body
from amplitude_export.page.summary import summary_of

from tests.unit.page import records
from tests.unit.page.records import NOW, ago, load_event, run_record


def grid(
    loaded: Any,
    failed: Any = (),
    queued: Any = (),
    stuck: Any = (),
    *,
    count: int = 30,
    may: bool = True,
    paused: bool = False,
    project: str = "default",
    others: Any = (),
    problem: str | None = None,
    looks: Any = (),
    **changed: Any,
) -> Any:
    """Return the grid with these days, by their age, loaded, failed, or queued by a backfill.

    `looks` are events of second looks.

    The run of a `stuck` day is queued for a backfill that was cancelled.
    """
    runs = [run_record(ago(n)) for n in loaded] + [run_record(ago(n), "failed") for n in failed]
    begun = {"run_type": "backfill", "start_date": None, "end_date": None}
    runs += [run_record(ago(n), "queued", **begun) for n in (*queued, *stuck)]
    own = records.project(project, **changed)
    known = Records(
        loads=newest_loads(load_event(ago(n)) for n in loaded),
        runs=newest_runs(Run.of(run, {f"run of {ago(n)}" for n in stuck}) for run in runs),
        looks=newest_looks(looks),
        reasons={ago(n): "It failed." for n in (*failed, *stuck)},
        first_day=ago(max([*loaded, *failed])) if loaded or failed else None,
        wanted_from=own.first_day,
        removed=own.removed,
    )
    days = days_of(known, NOW, count)
    projects = Projects([own, *(records.project(other) for other in others)], problem)
    summary = summary_of(days, NOW)
    body = grid_body(ProjectDays(own, days), projects, summary, NOW, paused=paused, may_load=may)
    return json.loads(json.dumps(body))


def overview(*rows: ProjectDays, problem: str | None = None) -> Any:
    """Return all projects at a glance."""
    projects = Projects([row.project for row in rows], problem)
    return json.loads(json.dumps(overview_body(worst_first(rows), projects, NOW)))


def row(
    name: str, loaded: Any = (), failed: Any = (), *, oldest: int | None = 30, **changed: Any
) -> Any:
    """Return a project whose days of these ages are loaded or failed."""
    loads = [load_event(ago(n), project=name) for n in loaded]
    runs = [run_record(ago(n), "failed") for n in failed]
    found = DagRecords(loads, runs, None if oldest is None else ago(oldest))
    return project_days(records.project(name, **changed), found, None, (), NOW, 30)


def detail(day: Any, **changed: Any) -> Any:
    """Return the details of one day of a grid."""
    hours = [
        {
            "hour": hour["hour"],
            "state": hour["state"],
            **dict.fromkeys(("exported", "unpacked", "uploaded", "loaded"), hour["events"]),
            **dict.fromkeys(("files", "bytes", "quarantined"), None),
        }
        for hour in day["hours"]
    ]
    return {**day, "hours": hours, "query_ids": [], "tasks": [], "runs": [], **changed}


def inventory(kind: str = "loaded", place: str = "bucket", number: int = 24) -> Any:
    """Return the part of a day in the newest inventory."""
    kinds = [{"place": place, "kind": kind, "count": number, "bytes": 1_500_000}]
    return {"at": "2026-11-30T05:47:00Z", "kinds": kinds if number else []}


def failed_task(runbook: str, reason: str = "It failed.") -> Any:
    """Return a load that failed, with its section of the runbook."""
    task = {"task_id": "load", "map_index": -1, "label": None, "state": "failed", "attempts": 1}
    task |= {"started": None, "ended": None, "seconds": 1.5, "reason": reason}
    return task | {"runbook": runbook, "page": "dags/x"}
