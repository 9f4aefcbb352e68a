"""The bodies of the endpoint's responses, as documented in docs/page.md: JSON and CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import quote

from amplitude_export.ledger import LookedHour
from amplitude_export.page.days import Cell, Day
from amplitude_export.page.looks import Look
from amplitude_export.page.overview import FAILED, INCOMPLETE, MISSING, ProjectDays
from amplitude_export.page.projects import Projects, ShownProject
from amplitude_export.page.reader import Attempt
from amplitude_export.page.records import DayInventory, Run
from amplitude_export.page.states import LEGEND
from amplitude_export.page.summary import Summary
from amplitude_export.record import to_record

Body = dict[str, Any]

# Newer ones are the last: a reader who relies on the positions of the others is not disturbed.
CSV_COLUMNS = (
    *("day", "hour", "state", "events", "exported", "files", "bytes", "quarantined"),
    *("project", "verified_at", "new_at_source", "gone_at_source", "provisional"),
)


def grid_body(
    of: ProjectDays,
    projects: Projects,
    summary: Summary,
    now: datetime,
    *,
    paused: bool,
    may_load: bool,
) -> Body:
    """Return the project's days, newest first, with the legend and the facts of the header."""
    return {
        "now": moment(now),
        "project": of.project.name,
        "removed": of.project.removed,
        "projects": [_project(project) for project in projects.shown],
        "problem": projects.problem,
        "dag": {"dag_id": of.project.dag_id, "is_paused": paused},
        "may": {"load": may_load},
        "states": _legend(),
        "summary": _plain(asdict(summary)),
        "days": [_day(day) | {"hours": [_hour(cell) for cell in day.cells]} for day in of.days],
    }


def overview_body(rows: Iterable[ProjectDays], projects: Projects, now: datetime) -> Body:
    """Return all projects at a glance, in the order of `rows`."""
    return {
        "now": moment(now),
        "project": None,
        "projects": [_project(row.project) | _at_a_glance(row) for row in rows],
        "problem": projects.problem,
        "states": _legend(),
    }


def day_body(
    project: ShownProject, day: Day, attempt: Attempt, inventory: DayInventory | None = None
) -> Body:
    """Return one day in detail."""
    return _day(day) | {
        "project": project.name,
        "hours": [_hour_in_detail(cell, attempt) for cell in day.cells],
        "reason": day.reason or attempt.problem,
        "query_ids": list(day.loaded.query_ids) if day.loaded else [],
        "tasks": [_task(project.dag_id, task, attempt.failures) for task in attempt.tasks],
        "runs": [_run(run) for run in day.runs],
        "loaded_since": day.loaded_since,
        "inventory": _inventory(inventory) if inventory else None,
    }


def _inventory(found: DayInventory) -> Body:
    return {"at": moment(found.at), "kinds": [to_record(each) for each in found.kinds]}


def csv_body(rows: Iterable[ProjectDays]) -> str:
    """Return one line for each hour, newest day first, project by project."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(CSV_COLUMNS)
    for row in rows:
        writer.writerows(
            _csv_line(row.project, day, cell) for day in row.days for cell in day.cells
        )
    return text.getvalue()


def _csv_line(project: ShownProject, day: Day, cell: Cell) -> list[Any]:
    hour = cell.loaded
    numbers = (hour.files, hour.bytes, hour.quarantined) if hour else (None,) * 3
    events = hour.events if hour else None
    changed = _changed_hour(day, cell.hour)
    at_source = moment(day.verified_at), *((changed.new, changed.gone) if changed else (None, None))
    known = day.day, cell.hour, cell.state, events, cell.exported, *numbers
    return [*known, project.name, *at_source, _provisional(cell)]


def _changed_hour(day: Day, number: int) -> LookedHour | None:
    hours = day.changed.found.hours if day.changed else []
    return next((hour for hour in hours if hour.hour == number and hour.differs), None)


def moment(at: datetime | None) -> str | None:
    """Return the time in UTC, to the second and with a Z."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if at else None


def _legend() -> list[Body]:
    return [
        {"state": state, "glyph": glyph, "label": label, "meaning": meaning}
        for state, (glyph, label, meaning) in LEGEND.items()
    ]


def _project(project: ShownProject) -> Body:
    return {"project": project.name, "dag_id": project.dag_id, "removed": project.removed}


def _at_a_glance(row: ProjectDays) -> Body:
    last = row.last_complete
    return {
        "is_paused": row.project.dag.is_paused if row.project.dag else None,
        "days_due": row.days_due,
        "days_complete": row.days_complete,
        "days_missing": row.count(MISSING),
        "days_failed": row.count(FAILED),
        "days_incomplete": row.count(INCOMPLETE),
        "last_complete_day": last.day.isoformat() if last else None,
        "days": [{"day": day.day.isoformat(), "state": day.state} for day in row.days],
    }


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(of) for name, of in value.items()}
    if isinstance(value, datetime):
        return moment(value)
    return value.isoformat() if isinstance(value, date) else value


def _day(day: Day) -> Body:
    hours = day.loaded.hours if day.loaded else None
    return {
        "day": day.day.isoformat(),
        "weekday": f"{day.day:%a}",
        "state": day.state,
        "complete": day.complete,
        "events": day.events,
        "files": sum(hour.files for hour in hours) if hours else None,
        "bytes": sum(hour.bytes for hour in hours) if hours else None,
        "quarantined": sum(hour.quarantined for hour in hours) if hours else None,
        "loaded_at": moment(day.loaded.at) if day.loaded else None,
        "source": day.loaded.source if day.loaded else None,
        "verified_at": moment(day.verified_at),
        "changed_at_source": _changed(day, day.changed) if day.changed else None,
        "run": _run(day.run) if day.run else None,
        "reason": day.reason,
        "stuck_run": day.stuck_run,
    }


def _changed(day: Day, look: Look) -> Body:
    found = look.found
    return {
        "at": moment(look.at),
        "run_id": found.run_id,
        "compared_run_id": found.compared_run_id,
        "replaced": look.replaced(day.loaded),
        "new": found.new,
        "gone": found.gone,
        "hours": [to_record(hour) for hour in found.hours if hour.differs],
    }


def _hour(cell: Cell) -> Body:
    events = cell.loaded.events if cell.loaded else None
    return {
        "hour": cell.hour,
        "state": cell.state,
        "events": events,
        "exported": cell.exported,
        "provisional": _provisional(cell),
    }


def _provisional(cell: Cell) -> int | None:
    return cell.provisional.events if cell.provisional else None


def _hour_in_detail(cell: Cell, attempt: Attempt) -> Body:
    hour, counts = cell.loaded, attempt.counts
    return {
        "hour": cell.hour,
        "state": cell.state,
        "files": hour.files if hour else None,
        "bytes": hour.bytes if hour else None,
        "exported": counts.exported.get(cell.hour),
        "unpacked": counts.unpacked.get(cell.hour),
        "uploaded": counts.uploaded.get(cell.hour),
        "loaded": hour.events if hour else None,
        "quarantined": hour.quarantined if hour else counts.quarantined(cell.hour),
        "provisional": _provisional(cell),
        "provisional_at": moment(cell.provisional.exported_at) if cell.provisional else None,
    }


def _run(run: Run) -> Body:
    return {
        "run_id": run.run_id,
        "run_type": run.run_type,
        "state": run.state,
        "stuck": run.stuck,
        "started": moment(run.started),
        "ended": moment(run.ended),
    }


def _task(dag_id: str, task: Mapping[str, Any], failures: Mapping[str, Mapping[str, Any]]) -> Body:
    failure = failures.get(task["id"], {})
    return {
        "task_id": task["task_id"],
        "map_index": task["map_index"],
        "label": task["rendered_map_index"],
        "state": task["state"],
        "attempts": task["try_number"],
        "started": task["start_date"],
        "ended": task["end_date"],
        "seconds": task["duration"],
        "reason": failure.get("message"),
        "runbook": failure.get("runbook"),
        "page": _page(dag_id, task),
    }


def _page(dag_id: str, task: Mapping[str, Any]) -> str:
    """Return the path of the task instance's log, below the root of Airflow's UI."""
    run, name = quote(task["dag_run_id"], safe=""), quote(task["task_id"], safe="")
    mapped = f"/mapped/{task['map_index']}" if task["map_index"] >= 0 else ""
    return f"dags/{quote(dag_id, safe='')}/runs/{run}/tasks/{name}{mapped}"
