"""Read the records: of all days for the grid, and of one day in detail."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import chain
from typing import Any, TypeVar

from amplitude_export.errors import RecordInvalid
from amplitude_export.failure import FAILURE, FailureRecord
from amplitude_export.ledger import DEFAULT_PROJECT, HOURS
from amplitude_export.manifest import Manifest
from amplitude_export.page.days import Records
from amplitude_export.page.looks import newest_looks
from amplitude_export.page.records import (
    Ledger,
    Run,
    newest_hours,
    newest_loads,
    newest_runs,
    oldest_day,
)
from amplitude_export.page.rest import Airflow, Refused, Unreadable
from amplitude_export.projects import hourly_dag_id, second_look_dag_id
from amplitude_export.record import from_record, to_record
from amplitude_export.settings import DECOMPRESS, UPLOAD
from amplitude_export.window import DAY

log = logging.getLogger(__name__)

Task = Mapping[str, Any]
Decoded = TypeVar("Decoded")

# The reason of a failed run without a record of one, by whether one of its tasks failed.
NO_REASON = {
    True: "The task recorded no reason: see its log; perhaps its worker died.",
    False: "No task has failed: the run was cancelled, or was marked by hand.",
}
STUCK = (
    "Its run is queued for a backfill that was cancelled, so Airflow never starts it. What to do: "
    "mark the run failed, then load the day; the page offers both. "
    "(docs/runbook.md#a-cleared-run-stays-queued)"
)
NOT_ALLOWED = "Your role is not allowed to see its tasks and their XComs."
FORBIDDEN = 403


@dataclass(frozen=True)
class Counts:
    """Events of each hour, by station; an hour whose window has not got there is absent."""

    exported: Mapping[int, int] = field(default_factory=dict)
    unpacked: Mapping[int, int] = field(default_factory=dict)
    uploaded: Mapping[int, int] = field(default_factory=dict)

    def quarantined(self, hour: int) -> int | None:
        """Return the quarantined lines of the hour, or None if it was not unpacked."""
        exported = self.exported.get(hour)
        return None if exported is None else exported - self.unpacked[hour]


@dataclass(frozen=True)
class Attempt:
    """A run in detail: its task instances, the failures by their ids, and its counts.

    `problem` is why Airflow did not return its tasks, if the user is allowed to see them.
    """

    tasks: Sequence[Task] = ()
    failures: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    counts: Counts = field(default_factory=Counts)
    problem: str | None = None


async def read_records(
    airflow: Airflow,
    first_day: date,
    last_day: date,
    *,
    project: str = DEFAULT_PROJECT,
    ledger: Ledger | None = None,
    stuck: Container[str] = (),
    wanted_from: date | None = None,
    removed: bool = False,
    today: date | None = None,
) -> Records:
    """Read the records of these days, both inclusive; `stuck` has the ids of the stuck runs.

    Provisional hours are read if they include `today` or the day before, which can be not due yet.
    """
    dag_id = second_look_dag_id(project)
    events, again, reloads, looks, runs, oldest_run = await asyncio.gather(
        airflow.loads(first_day),
        airflow.loads_again(dag_id, first_day),
        airflow.reloads(first_day),
        airflow.looks(dag_id, first_day),
        airflow.runs(first_day),
        airflow.oldest_run(),
    )
    yesterday = today - DAY if today else None
    fresh = (
        await airflow.hours(hourly_dag_id(project), yesterday)
        if yesterday and last_day >= yesterday
        else []
    )
    by_day = newest_runs(Run.of(run, stuck) for run in runs)
    loads = newest_loads(events, project, by_day, [*again, *reloads])
    records = Records(
        loads=loads,
        ledger=ledger,
        runs=by_day,
        looks=newest_looks(looks, project),
        hours=newest_hours(fresh, project),
        first_day=oldest_day(loads, ledger, Run.of(oldest_run).day if oldest_run else None),
        wanted_from=wanted_from,
        removed=removed,
    )
    shown = {day: runs for day, runs in by_day.items() if first_day <= day <= last_day}
    return await _with_failed_runs(airflow, records, shown)


async def _with_failed_runs(
    airflow: Airflow, records: Records, shown: Mapping[date, Sequence[Run]]
) -> Records:
    failed = {day: runs[0] for day, runs in shown.items() if runs[0].outcome == "failed"}
    found = await asyncio.gather(*(_read_failed_run(airflow, run) for run in failed.values()))
    by_day = dict(zip(failed, found, strict=True))
    return replace(
        records,
        landed={day: _events(found.uploaded) for day, found in by_day.items()},
        reasons={day: found.reason for day, found in by_day.items()},
        idle=frozenset(day for day, found in by_day.items() if not found.started),
    )


@dataclass(frozen=True)
class FailedRun:
    """A failed run: whether a task started, the files that it uploaded, and why it failed."""

    started: bool
    uploaded: Sequence[Manifest]
    reason: str


async def _read_failed_run(airflow: Airflow, run: Run) -> FailedRun:
    if run.stuck:
        return FailedRun(True, [], STUCK)
    try:
        tasks = await airflow.tasks(run.run_id)
        failed = _failed(tasks)
        uploaded, reasons = await asyncio.gather(
            airflow.results(_ended(tasks, UPLOAD)), airflow.results(failed[:1], FAILURE)
        )
    except Refused as refused:
        return FailedRun(True, [], _problem(refused) or NOT_ALLOWED)
    manifests = [_manifest(result, run.day) for result in uploaded]
    reason = next(
        chain(
            (why["message"] for why in map(_failure, reasons) if why),
            (found.why for found in manifests if isinstance(found, Unreadable)),
        ),
        NO_REASON[bool(failed)],
    )
    started = any(task["start_date"] for task in tasks)
    return FailedRun(started, _readable(manifests), reason)


def _problem(refused: Refused) -> str | None:
    """Return why Airflow did not return a run; None if the user's role is not allowed to see it.

    Raises Refused if the user is not logged in. Anything else is the trouble of that run alone.
    """
    if refused.status == FORBIDDEN:
        return None
    if refused.about_the_user:
        raise refused
    return f"Airflow did not return the run's tasks: {refused.detail}."


async def read_attempt(airflow: Airflow, run: Run) -> Attempt:
    """Read a run's tasks and their results, as far as the user is allowed to see them."""
    tasks: list[dict[str, Any]] = []
    try:
        tasks = await airflow.tasks(run.run_id)
        failed = _failed(tasks)
        stations = [_ended(tasks, DECOMPRESS), _ended(tasks, UPLOAD)]
        reasons, *results = await asyncio.gather(
            airflow.results(failed, FAILURE), *map(airflow.results, stations)
        )
    except Refused as refused:
        return Attempt(tasks, problem=_problem(refused))
    found = zip(failed, map(_failure, reasons), strict=True)
    failures = {task["id"]: why for task, why in found if why}
    manifests = [[_manifest(result, run.day) for result in of_task] for of_task in results]
    for task, manifest in zip(chain(*stations), chain(*manifests), strict=True):
        if isinstance(manifest, Unreadable):
            failures[task["id"]] = {"message": manifest.why}
    return Attempt(tasks, failures, _counts(*map(_readable, manifests)))


def _failed(tasks: Iterable[Task]) -> list[Task]:
    return [task for task in tasks if task["state"] in ("failed", "up_for_retry")]


def _ended(tasks: Iterable[Task], task_id: str) -> list[Task]:
    ended = [task for task in tasks if task["task_id"] == task_id and task["state"] == "success"]
    # A day has no more windows than hours; a plan by hand can have a thousand.
    return ended[: len(HOURS)]


def _readable(manifests: Iterable[Manifest | Unreadable | None]) -> list[Manifest]:
    return [manifest for manifest in manifests if isinstance(manifest, Manifest)]


def _manifest(result: Any, day: date) -> Manifest | Unreadable | None:
    return _decoded(result, lambda record: Manifest.of(record, day))


def _failure(result: Any) -> Mapping[str, Any]:
    """Return the record of a failure; empty if the task has none."""
    found = _decoded(result, lambda record: from_record(FailureRecord, record))
    if found is None:
        return {}
    if isinstance(found, Unreadable):
        return {"message": found.why}
    return to_record(found)


def _decoded(result: Any, decode: Callable[[Any], Decoded]) -> Decoded | Unreadable | None:
    """Decode what a task left, or a user in its place; None if it left nothing."""
    if result is None or isinstance(result, Unreadable):
        return result
    try:
        return decode(result)
    except RecordInvalid as error:
        return Unreadable(f"The task's result was not written by this pipeline. {error.what}")


def _counts(unpacked: Sequence[Manifest], uploaded: Sequence[Manifest]) -> Counts:
    return Counts(
        exported=_events(unpacked, quarantined=True),
        unpacked=_events(unpacked),
        uploaded=_events(uploaded),
    )


def _events(manifests: Iterable[Manifest], *, quarantined: bool = False) -> dict[int, int]:
    """Return the events of each hour; `quarantined` adds the lines that are not events."""
    events: dict[int, int] = {}
    for manifest in manifests:
        events |= dict.fromkeys(manifest.window.hours, 0)
        for file in [*manifest.files, *(manifest.quarantined_files if quarantined else [])]:
            events[file.hour] += file.events
    return events
