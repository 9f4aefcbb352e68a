"""The callbacks of the daily DAG: for a failed run, a missed deadline, and a day with gaps.

The first two send one message for each day that is not loaded (docs/decisions/0015-notices.md). The
second look has the first one alone.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance
from airflow.sdk.execution_time.xcom import XCom

from amplitude_export.errors import BadSetting, LogicalDateRefused
from amplitude_export.failure import FAILURE, FailureRecord
from amplitude_export.manifest import DayManifest
from amplitude_export.notices.message import Findings
from amplitude_export.notices.notifiers import Entry, entries, send
from amplitude_export.notices.run import DailyRun, Task, urgent_tasks
from amplitude_export.projects import is_second_look
from amplitude_export.record import from_record
from amplitude_export.settings import DECOMPRESS, LOAD, PLAN_WINDOWS
from amplitude_export.tasks.addresses import base_url
from amplitude_export.window import export_day

log = logging.getLogger(__name__)


def notify_failure(context: Any) -> None:
    """Send the notice of a failed run: the `on_failure_callback` of both DAGs.

    Airflow calls it once for a run, in the dag-processor.
    """
    run = _ended_run(context, "failed")
    if run.notifies_failure and (to := _entries()):
        send(_findings(run).not_loaded(), to)


def notify_gaps(context: Any) -> None:
    """Send the notice of a loaded day with gaps: the DAG's `on_success_callback`.

    Airflow calls it once for a run, in the dag-processor.
    """
    run = _ended_run(context, "success")
    if run.notifies_gaps and (to := _entries()) and (hours := _gaps(run)):
        findings = Findings(run, [], None, loaded=True, base_url=base_url())
        send(findings.without_events(hours), to)


async def notify_deadline(context: Any) -> None:
    """Send the notice of a missed deadline: the deadline's callback.

    Airflow calls it once for a run, in the triggerer. It works in a thread, because notifiers can
    block and the triggerer's event loop has other work.
    """
    await asyncio.to_thread(_notify_deadline, context)


def _notify_deadline(context: Any) -> None:
    run = _late_run(context["dag_run"])
    if run.notifies_deadline and (to := _entries()):
        deadline = _moment(context["deadline"]["deadline_time"])
        send(_findings(run).not_complete(deadline), to)


def _entries() -> list[Entry]:
    try:
        return entries()
    except BadSetting as error:
        log.error("%s", error)
        return []


def _ended_run(context: Any, state: str) -> DailyRun:
    """Return the callback's run; if Airflow knows no task of it, it passes only the run's id."""
    found = context.get("dag_run")
    if found is None:
        run_id = context["run_id"]
        return DailyRun(context["dag"].dag_id, run_id, run_id.partition("__")[0], state)
    return DailyRun(
        found.dag_id,
        found.run_id,
        found.run_type,
        state,
        # A run of the second look is about several days.
        None
        if is_second_look(found.dag_id)
        else _day(found.logical_date, found.run_after, found.run_type),
        found.start_date,
        found.end_date,
        cleared=bool(found.clear_number),
    )


def _late_run(found: dict[str, Any]) -> DailyRun:
    """Build the run from Airflow's record of it at the deadline, in the form of its REST API."""
    times = {
        name: found[name] and _moment(found[name])
        for name in ("logical_date", "run_after", "start_date", "end_date")
    }
    return DailyRun(
        found["dag_id"],
        found["dag_run_id"],
        found["run_type"],
        found["state"],
        _day(times["logical_date"], times["run_after"], found["run_type"]),
        times["start_date"],
        times["end_date"],
    )


def _day(logical_date: datetime | None, run_after: datetime, run_type: str) -> date | None:
    """Return the day that the run exports; None if its logical date was refused."""
    try:
        return export_day(logical_date, run_after, run_type)
    except LogicalDateRefused:
        return None


def _moment(found: Any) -> datetime:
    return datetime.fromisoformat(f"{found}").astimezone(UTC)


def _findings(run: DailyRun) -> Findings:
    states = _task_states(run)
    tasks = urgent_tasks(states)
    return Findings(
        run,
        tasks,
        _failure(run, tasks[0]) if tasks and tasks[0].has_failure else None,
        loaded=states.get(LOAD) == "success",
        base_url=base_url(),
    )


def _task_states(run: DailyRun) -> Mapping[str, str | None]:
    """Return the states by task id; empty if Airflow does not respond: the notice is still sent."""
    try:
        found: dict[str, dict[str, str | None]] = RuntimeTaskInstance.get_task_states(
            run.dag_id, run_ids=[run.run_id]
        )
    except Exception:
        log.exception("The states of the tasks of %s cannot be read.", run.run_id)
        return {}
    # A run of which no task has started is missing from the response.
    return found.get(run.run_id, {})


def _failure(run: DailyRun, task: Task) -> FailureRecord | None:
    """Return why the task failed; None if its worker died or Airflow does not respond."""
    try:
        found = XCom.get_one(
            key=FAILURE,
            dag_id=run.dag_id,
            run_id=run.run_id,
            task_id=task.task_id,
            map_index=task.map_index,
        )
        return from_record(FailureRecord, found) if found else None
    except Exception:
        log.exception("The reason of %s cannot be read.", task.name)
        return None


def _gaps(run: DailyRun) -> list[int]:
    """Return the confirmed gaps of the windows, 0 to 23 UTC; none if Airflow does not respond."""
    about = {"key": "return_value", "dag_id": run.dag_id, "run_id": run.run_id}
    try:
        planned = XCom.get_one(task_id=PLAN_WINDOWS, **about)
        found = XCom.get_all(task_id=DECOMPRESS, **about)
        return DayManifest.of(run.day, found, planned).gaps if run.day and found else []
    except Exception:
        log.exception("The gaps of %s cannot be read.", run.run_id)
        return []
