"""Read the records: of all days for the grid, and of one day in detail."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from amplitude_export.failure import FAILURE
from amplitude_export.manifest import Manifest
from amplitude_export.page.days import Records
from amplitude_export.page.records import Run, ledger_of, newest_loads, newest_runs
from amplitude_export.page.rest import Airflow, Refused
from amplitude_export.record import from_record
from amplitude_export.settings import DECOMPRESS, UPLOAD

Task = Mapping[str, Any]

# The reason of a failed run without a record of one, by whether one of its tasks failed.
NO_REASON = {
    True: "The task recorded no reason: see its log; perhaps its worker died.",
    False: "No task has failed: the run was cancelled, or was marked by hand.",
}
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


async def read_records(airflow: Airflow, first_day: date, last_day: date) -> Records:
    """Read the records of these days, both inclusive."""
    events, ledger_event, runs, oldest_run = await asyncio.gather(
        airflow.loads(first_day),
        airflow.ledger(),
        airflow.runs(first_day),
        airflow.oldest_run(),
    )
    by_day = newest_runs(map(Run.of, runs))
    loads = newest_loads(events)
    ledger = ledger_of(ledger_event) if ledger_event else None
    oldest = [Run.of(oldest_run).day] if oldest_run else []
    records = Records(
        loads=loads,
        ledger=ledger,
        runs=by_day,
        first_day=min([*oldest, *loads, *(ledger.rows if ledger else [])], default=None),
    )
    shown = {day: runs for day, runs in by_day.items() if first_day <= day <= last_day}
    return await _with_failed_runs(airflow, records, shown)


async def _with_failed_runs(
    airflow: Airflow, records: Records, shown: Mapping[date, Sequence[Run]]
) -> Records:
    failed = {day: runs[0] for day, runs in shown.items() if runs[0].state == "failed"}
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
    reason = next(iter(_messages(reasons)), NO_REASON[bool(failed)])
    return FailedRun(any(task["start_date"] for task in tasks), _manifests(uploaded), reason)


def _messages(reasons: Iterable[Any]) -> list[str]:
    return [str(why["message"]) for why in reasons if isinstance(why, dict) and "message" in why]


async def read_attempt(airflow: Airflow, run: Run) -> Attempt:
    """Read a run's tasks and their results, as far as the user is allowed to see them."""
    tasks: list[dict[str, Any]] = []
    try:
        tasks = await airflow.tasks(run.run_id)
        failed = _failed(tasks)
        reasons, *manifests = await asyncio.gather(
            airflow.results(failed, FAILURE),
            airflow.results(_ended(tasks, DECOMPRESS)),
            airflow.results(_ended(tasks, UPLOAD)),
        )
    except Refused as refused:
        if refused.status != FORBIDDEN:
            raise
        return Attempt(tasks)
    found = zip(failed, reasons, strict=True)
    failures = {task["id"]: why for task, why in found if isinstance(why, dict)}
    return Attempt(tasks, failures, _counts(*map(_manifests, manifests)))


def _failed(tasks: Iterable[Task]) -> list[Task]:
    return [task for task in tasks if task["state"] in ("failed", "up_for_retry")]


def _ended(tasks: Iterable[Task], task_id: str) -> list[Task]:
    return [task for task in tasks if task["task_id"] == task_id and task["state"] == "success"]


def _manifests(results: Iterable[Any]) -> list[Manifest]:
    """Return the manifests that can be read: an XCom backend can store a reference instead."""
    return [from_record(Manifest, result) for result in results if isinstance(result, dict)]


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
