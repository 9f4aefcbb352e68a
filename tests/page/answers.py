"""Responses of the endpoint, built by its own code from the records that a test names."""

from __future__ import annotations

import json
from typing import Any

from amplitude_export.page.days import Records, days_of
from amplitude_export.page.records import Run, newest_loads, newest_runs
from amplitude_export.page.responses import grid_body
from amplitude_export.page.summary import summary_of

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
) -> Any:
    """Return the grid with these days, by their age, loaded, failed, or queued by a backfill.

    The run of a `stuck` day is queued for a backfill that was cancelled.
    """
    runs = [run_record(ago(n)) for n in loaded] + [run_record(ago(n), "failed") for n in failed]
    begun = {"run_type": "backfill", "start_date": None, "end_date": None}
    runs += [run_record(ago(n), "queued", **begun) for n in (*queued, *stuck)]
    records = Records(
        loads=newest_loads(load_event(ago(n)) for n in loaded),
        runs=newest_runs(Run.of(run, {f"run of {ago(n)}" for n in stuck}) for run in runs),
        reasons={ago(n): "It failed." for n in (*failed, *stuck)},
        first_day=ago(max([*loaded, *failed])) if loaded or failed else None,
    )
    days = days_of(records, NOW, count)
    body = grid_body(days, summary_of(days, NOW), NOW, paused=paused, may_load=may)
    return json.loads(json.dumps(body))


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


def failed_task(runbook: str) -> Any:
    """Return a load that failed, with its section of the runbook."""
    task = {"task_id": "load", "map_index": -1, "label": None, "state": "failed", "attempts": 1}
    task |= {"started": None, "ended": None, "seconds": 1.5, "reason": "It failed."}
    return task | {"runbook": runbook, "page": "dags/x"}
