"""Reads what is on record: of all days for the grid, of one day in detail."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any

from amplitude_export.failure import FAILURE
from amplitude_export.manifest import Manifest
from amplitude_export.page.airflow import Airflow
from amplitude_export.page.days import Records
from amplitude_export.page.records import Run, ledger_of, newest_loads, newest_runs
from amplitude_export.window import export_day

Task = Mapping[str, Any]

# Of a failed run without a reason: whether one of its tasks has failed.
NOTHING_TOLD = {
    True: "The task has left no reason; its log says more, or its worker died.",
    False: "No task has failed: the run was cancelled, or was marked by hand.",
}
DECOMPRESS, UPLOAD = "stage_window.decompress", "stage_window.upload"


@dataclass(frozen=True)
class Counts:
    """Events of each hour, by station; an hour whose window has not come so far is absent."""

    exported: Mapping[int, int] = field(default_factory=dict)
    unpacked: Mapping[int, int] = field(default_factory=dict)
    uploaded: Mapping[int, int] = field(default_factory=dict)

    def set_aside(self, hour: int) -> int | None:
        """Lines of the hour that were no events, None when it was not unpacked."""
        exported = self.exported.get(hour)
        return None if exported is None else exported - self.unpacked[hour]


@dataclass(frozen=True)
class Attempt:
    """A run in detail: its task instances, why each failed (by their ids), and its counts."""

    tasks: Sequence[Task] = ()
    failures: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    counts: Counts = field(default_factory=Counts)


async def read_records(airflow: Airflow, first_day: date) -> Records:
    """All that is on record since `first_day`."""
    events, ledger_event, oldest_event, runs, oldest_run = await asyncio.gather(
        airflow.loads(first_day),
        airflow.ledger(),
        airflow.oldest_event(),
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
        first_day=min([*oldest, *loads, *by_day, *(ledger.rows if ledger else [])], default=None),
        purged_before=_purged_before(oldest_event),
    )
    return await _with_failed_runs(airflow, records, first_day)


async def _with_failed_runs(airflow: Airflow, records: Records, first_day: date) -> Records:
    failed = {
        day: runs[0]
        for day, runs in records.runs.items()
        if runs[0].state == "failed" and day >= first_day
    }
    found = await asyncio.gather(*(_what_is_left(airflow, run) for run in failed.values()))
    left = dict(zip(failed, found, strict=True))
    return replace(
        records,
        landed={day: landed for day, (landed, _) in left.items()},
        reasons={day: reason for day, (_, reason) in left.items()},
    )


async def _what_is_left(airflow: Airflow, run: Run) -> tuple[dict[int, int], str]:
    """Of a failed run: the events that it has landed, by hour, and why it failed."""
    tasks = await airflow.tasks(run.run_id)
    failed = _failed(tasks)
    uploaded, reasons = await asyncio.gather(
        airflow.results(_ended(tasks, UPLOAD)), airflow.results(failed[:1], FAILURE)
    )
    reason = reasons[0]["message"] if any(reasons) else NOTHING_TOLD[bool(failed)]
    return _events(_manifests(uploaded)), str(reason)


def _purged_before(oldest: Mapping[str, Any] | None) -> datetime | None:
    """When Airflow's first asset event is still there, none was ever removed."""
    if oldest is None or oldest["id"] == 1:
        return None
    return datetime.fromisoformat(oldest["timestamp"])


async def read_attempt(airflow: Airflow, run: Run) -> Attempt:
    """A run's tasks, and what they have left."""
    tasks = await airflow.tasks(run.run_id)
    failed = _failed(tasks)
    reasons, *manifests = await asyncio.gather(
        airflow.results(failed, FAILURE),
        airflow.results(_ended(tasks, DECOMPRESS)),
        airflow.results(_ended(tasks, UPLOAD)),
    )
    failures = {task["id"]: why for task, why in zip(failed, reasons, strict=True) if why}
    return Attempt(tasks, failures, _counts(*map(_manifests, manifests)))


def _failed(tasks: Iterable[Task]) -> list[Task]:
    return [task for task in tasks if task["state"] in ("failed", "up_for_retry")]


def _ended(tasks: Iterable[Task], task_id: str) -> list[Task]:
    return [task for task in tasks if task["task_id"] == task_id and task["state"] == "success"]


def _manifests(results: Iterable[Any]) -> list[Manifest]:
    return [Manifest.of(result) for result in results if result]


def _counts(unpacked: Sequence[Manifest], uploaded: Sequence[Manifest]) -> Counts:
    return Counts(
        exported=_events(unpacked, set_aside=True),
        unpacked=_events(unpacked),
        uploaded=_events(uploaded),
    )


def _events(manifests: Iterable[Manifest], *, set_aside: bool = False) -> dict[int, int]:
    """Events by hour; with `set_aside` also the lines that were no events."""
    events: dict[int, int] = {}
    for manifest in manifests:
        events |= dict.fromkeys(manifest.window.hours, 0)
        for file in [*manifest.files, *(manifest.set_aside if set_aside else [])]:
            events[file.hour] += file.events
    return events


def last_day(now: datetime) -> date:
    """Today, UTC: the newest day of the grid."""
    return export_day(now.astimezone(UTC), now)
