"""History: the days of each project that are not loaded yet, by backfills side by side."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence, Set
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from amplitude_export.projects import Project

from local.launcher.job import echo
from local.launcher.progress import FINISHED, POLL_SECONDS, RUN_SECONDS, RunFailed
from local.launcher.rest import Airflow, DatabaseBusy

# On a busy machine, SQLite refused four tries in a row: the scheduler had written in between.
BACKFILL_TRIES = 10
# The scheduler closes a backfill half a minute after its last run, an empty one after two minutes.
BACKFILL_SECONDS = 180


@dataclass(frozen=True)
class Span:
    """Days of a project, both ends inclusive; the day `gap` is left out."""

    project: Project
    first: date
    last: date
    gap: date | None = None

    @property
    def dag_id(self) -> str:
        """Return the id of the project's daily DAG."""
        return self.project.dag_id

    @property
    def days(self) -> Set[date]:
        """Return the days to load."""
        number = (self.last - self.first).days + 1
        return {self.first + timedelta(days=n) for n in range(number)} - {self.gap}


def spans(projects: Sequence[Project], first: date, last: date, gap: date | None) -> list[Span]:
    """Return the days of each project, from its own first day on; only the first has the gap."""
    found = [Span(each, max(first, each.first_day or first), last) for each in projects]
    found[0] = replace(found[0], gap=gap if gap and gap >= found[0].first else None)
    return [span for span in found if span.first <= last]


def load(client: Airflow, requested: Sequence[Span]) -> list[Span]:
    """Load the days that are not loaded yet; return the spans, without a gap that is loaded.

    A gap that has a run, even a failed one, was requested before and is loaded too.
    """
    states = {span.dag_id: _states(client, span) for span in requested}
    asked = [
        replace(span, gap=None) if span.gap in states[span.dag_id] else span for span in requested
    ]
    missing = [span for span in asked if not _is_loaded(span, states[span.dag_id])]
    for span in asked:
        if span not in missing:
            client.pause(span.dag_id, paused=False)
    if missing:
        backfill(client, missing)
    return asked


def backfill(
    client: Airflow, missing: Sequence[Span], *, at_once: int = 2, again: bool = False
) -> None:
    """Load days with a backfill for each project, and wait; with `again`, loaded days too.

    The run of a gap is deleted before any run starts. Two backfills, one on each side of that day,
    would take half a minute longer, because the second has to wait for the first.
    """
    for span in missing:
        client.pause(span.dag_id, paused=True)
    for span in missing:
        echo(f"Loading {span.project.name}, {span.first} to {span.last}, by a backfill …")
        _create(client, span, at_once, "completed" if again else "failed")
        if span.gap and (run := client.run_of_day(span.dag_id, span.gap)):
            client.delete(span.dag_id, run["dag_run_id"])
    for span in missing:
        client.pause(span.dag_id, paused=False)
    _wait_for_days(client, missing)


def _states(client: Airflow, span: Span) -> Mapping[date, str]:
    runs = client.runs(span.dag_id, logical_date_gte=f"{span.first}T00:00:00Z")
    return {_day_of(run): run["state"] for run in runs}


def _is_loaded(span: Span, states: Mapping[date, str]) -> bool:
    return all(states.get(day) == "success" for day in span.days)


def _create(client: Airflow, span: Span, at_once: int, reprocessed: str) -> None:
    """Create a backfill; one that SQLite refused halfway is closed before the next try."""
    for _ in range(BACKFILL_TRIES):
        _wait_for_backfills(client, span.dag_id)
        with suppress(DatabaseBusy):
            return client.backfill(span.dag_id, span.first, span.last, at_once, reprocessed)
    raise RunFailed(f"the database is too busy to create a backfill of {span.dag_id}: try again")


def _wait_for_backfills(client: Airflow, dag_id: str) -> None:
    """Wait until the scheduler has closed earlier backfills: a DAG has one at a time.

    They are not cancelled, because that would pause their runs for good.
    """
    deadline = time.monotonic() + BACKFILL_SECONDS
    while any(earlier["completed_at"] is None for earlier in client.backfills(dag_id)):
        if time.monotonic() > deadline:
            raise RunFailed("an earlier backfill does not end: cancel it in the UI, then try again")
        time.sleep(POLL_SECONDS)


def _day_of(run: Mapping[str, Any]) -> date:
    return datetime.fromisoformat(run["logical_date"]).date()


def _wait_for_days(client: Airflow, missing: Iterable[Span]) -> None:
    began = time.monotonic()
    pending = {span: set(span.days) for span in missing}
    while any(pending.values()) and time.monotonic() - began < RUN_SECONDS:
        for span, days in pending.items():
            for run in reversed(
                client.runs(span.dag_id, logical_date_gte=f"{span.first}T00:00:00Z")
            ):
                day = _day_of(run)
                if day in days and run["state"] in FINISHED:
                    days.discard(day)
                    seconds = time.monotonic() - began
                    echo(f"{seconds:6.1f} s  {day}  {span.project.name:10}  {run['state']}")
                    _require_success(span, run)
        time.sleep(POLL_SECONDS)
    if left := sum(map(len, pending.values())):
        raise RunFailed(f"{left} days have not finished within {RUN_SECONDS / 60:.0f} minutes")


def _require_success(span: Span, run: Mapping[str, Any]) -> None:
    if run["state"] != "success":
        raise RunFailed(f"{span.dag_id} of {run['logical_date'][:10]} failed: see it in the UI")
