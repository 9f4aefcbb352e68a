"""Read the records: of all days for the grid, and of one day in detail."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import chain
from typing import Any

from amplitude_export.errors import RecordInvalid
from amplitude_export.failure import FAILURE
from amplitude_export.manifest import Manifest
from amplitude_export.page.days import Records
from amplitude_export.page.records import Ledger, Run, newest_loads, newest_runs, oldest_day
from amplitude_export.page.rest import UNREADABLE, Airflow, Refused
from amplitude_export.record import from_record
from amplitude_export.settings import DECOMPRESS, UPLOAD

log = logging.getLogger(__name__)

Task = Mapping[str, Any]

# The reason of a failed run without a record of one, by whether one of its tasks failed.
NO_REASON = {
    True: "The task recorded no reason: see its log; perhaps its worker died.",
    False: "No task has failed: the run was cancelled, or was marked by hand.",
}
NOT_READ = (
    "Its XCom backend did not return the task's result: see the log of the api-server, which needs "
    "the workers' access to the backend's store."
)
STUCK = (
    "Its run is queued for a backfill that was cancelled, so Airflow never starts it. What to do: "
    "mark the run failed, then load the day; the page offers both. "
    "(docs/runbook.md#a-cleared-run-stays-queued)"
)
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
    """A run in detail: its task instances, the failures by their ids, and its counts."""

    tasks: Sequence[Task] = ()
    failures: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    counts: Counts = field(default_factory=Counts)


async def read_records(
    airflow: Airflow,
    first_day: date,
    last_day: date,
    *,
    ledger: Ledger | None = None,
    stuck: Container[str] = (),
    wanted_from: date | None = None,
    removed: bool = False,
) -> Records:
    """Read the records of these days, both inclusive; `stuck` has the ids of the stuck runs."""
    events, runs, oldest_run = await asyncio.gather(
        airflow.loads(first_day), airflow.runs(first_day), airflow.oldest_run()
    )
    by_day = newest_runs(Run.of(run, stuck) for run in runs)
    loads = newest_loads(events)
    records = Records(
        loads=loads,
        ledger=ledger,
        runs=by_day,
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
        if refused.status != FORBIDDEN:
            raise
        return FailedRun(True, [], "Your role is not allowed to see its tasks and their XComs.")
    found = (why["message"] for why in map(_failure, reasons) if "message" in why)
    reason = next(found, NOT_READ if UNREADABLE in uploaded else NO_REASON[bool(failed)])
    started = any(task["start_date"] for task in tasks)
    return FailedRun(started, _manifests(uploaded), str(reason))


def _failure(result: Any) -> Mapping[str, Any]:
    """Return the record of a failure; empty if the task has none."""
    if result is UNREADABLE:
        return {"message": NOT_READ}
    return result if isinstance(result, dict) else {}


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
        if refused.status != FORBIDDEN:
            raise
        return Attempt(tasks)
    found = zip(failed, map(_failure, reasons), strict=True)
    failures = {task["id"]: why for task, why in found if why}
    for task, result in zip(chain(*stations), chain(*results), strict=True):
        if result is UNREADABLE:
            failures[task["id"]] = {"message": NOT_READ}
    return Attempt(tasks, failures, _counts(*map(_manifests, results)))


def _failed(tasks: Iterable[Task]) -> list[Task]:
    return [task for task in tasks if task["state"] in ("failed", "up_for_retry")]


def _ended(tasks: Iterable[Task], task_id: str) -> list[Task]:
    return [task for task in tasks if task["task_id"] == task_id and task["state"] == "success"]


def _manifests(results: Iterable[Any]) -> list[Manifest]:
    """Return the manifests; what is not one is that run's trouble alone."""
    return [manifest for result in results if (manifest := _manifest(result))]


def _manifest(result: Any) -> Manifest | None:
    if not isinstance(result, dict):
        return None
    try:
        return from_record(Manifest, result)
    except RecordInvalid as error:
        log.warning("A task's result is skipped: %s", error)
        return None


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
