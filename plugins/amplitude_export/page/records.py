"""Airflow's records about the days: loads, the ledger when it was read last, and runs.

Each is built from a response of Airflow's REST API. The `extra` of an asset event was written by a
task of this package, of any version; an event that cannot be read, or that is of another run or
project, is skipped, with a line in the api-server's log.
"""

from __future__ import annotations

import logging
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, TypeVar

import msgspec

from amplitude_export.errors import RecordInvalid
from amplitude_export.ledger import (
    DEFAULT_PROJECT,
    HOURS,
    Counted,
    Hour,
    KindCount,
    LoadedDay,
    LoadedHours,
    ProvisionalHour,
    Recorded,
    RecordedDay,
)
from amplitude_export.record import from_record
from amplitude_export.window import run_day

log = logging.getLogger(__name__)

Extra = TypeVar("Extra")


@dataclass(frozen=True)
class Loaded:
    """A loaded day of 24 hours. `source` is "load" or "ledger", the times are UTC.

    `verified_at` is the ledger's: of a load's own event it is unknown.
    """

    day: date
    run_id: str | None
    at: datetime
    source: str
    hours: tuple[Hour, ...]
    query_ids: tuple[str, ...] = ()
    verified_at: datetime | None = None


@dataclass(frozen=True)
class Ledger:
    """The ledger and the table's own counts, which `amplitude_doctor` started to read at `at`.

    A day from `first_day` to `last_day`, both inclusive, that is not in `loads` is not in the
    ledger. `rows` has the table's rows of each of the 24 hours, for the days that it holds. Of the
    days before those that are shown, both have only the oldest.
    """

    at: datetime
    first_day: date
    last_day: date
    loads: Mapping[date, Loaded] = field(default_factory=dict)
    rows: Mapping[date, tuple[int, ...]] = field(default_factory=dict)
    project: str = DEFAULT_PROJECT

    def covers(self, day: date) -> bool:
        """Return True if the day was in the range that was read."""
        return self.first_day <= day <= self.last_day


@dataclass(frozen=True)
class DayInventory:
    """What `amplitude_inventory` has counted of a day and project; it began to read at `at`."""

    at: datetime
    kinds: tuple[KindCount, ...]


@dataclass(frozen=True)
class Run:
    """A run of the daily DAG. `state` is queued, running, success or failed.

    A run is `stuck` if it is queued for a backfill that was cancelled: Airflow never starts it.
    """

    run_id: str
    run_type: str
    state: str
    day: date
    since: datetime
    started: datetime | None
    ended: datetime | None
    stuck: bool = False

    @classmethod
    def of(cls, record: Mapping[str, Any], stuck: Container[str] = ()) -> Run:
        """Build a run from an entry of `dagRuns`; `stuck` has the ids of the stuck runs."""
        logical, queued, started, ended, run_after = (
            moment_of(record[name])
            for name in ("logical_date", "queued_at", "start_date", "end_date", "run_after")
        )
        return cls(
            record["dag_run_id"],
            record["run_type"],
            record["state"],
            run_day(logical, run_after or datetime.min),
            # Clearing a run sets both again.
            max(filter(None, (queued, started)), default=run_after or datetime.min),
            started,
            ended,
            stuck=record["state"] == "queued" and record["dag_run_id"] in stuck,
        )

    @property
    def never_started(self) -> bool:
        """True if the run failed before it began, because its backfill was cancelled."""
        return self.state == "failed" and self.started is None

    @property
    def outcome(self) -> str:
        """The state; that of a stuck run is failed, because only a person can go on."""
        return "failed" if self.stuck else self.state


def moment_of(at: str | datetime | None) -> datetime | None:
    """Return the time; the API has text, and the database none."""
    return datetime.fromisoformat(at) if isinstance(at, str) else at


def newest_runs(runs: Iterable[Run]) -> dict[date, list[Run]]:
    """Return the runs of each day, the one that was started last first."""
    by_day: dict[date, list[Run]] = {}
    # Airflow's list is read in pages, which repeat a run if one was created in between.
    once = {run.run_id: run for run in runs}.values()
    for run in sorted(once, key=lambda run: run.since, reverse=True):
        by_day.setdefault(run.day, []).append(run)
    return by_day


def newest_loads(
    events: Iterable[Mapping[str, Any]],
    project: str = DEFAULT_PROJECT,
    runs: Mapping[date, Iterable[Run]] | None = None,
    again: Iterable[Mapping[str, Any]] = (),
) -> dict[date, Loaded]:
    """Return the last load of each day of the project; the asset events can be in any order.

    An event counts only for the day of its own run, if that is one of `runs`. `again` has the
    events of second looks and of loads from the bucket: they load days of other runs, and perhaps
    of other projects.
    """
    days = {run.run_id: day for day, of_day in (runs or {}).items() for run in of_day}
    newest: dict[date, Loaded] = {}
    loads = [_loaded(event, project, days) for event in events]
    loads += [_loaded(event, project, {}) for event in again if project_of(event) == project]
    for loaded in filter(None, loads):
        if loaded.day not in newest or loaded.at > newest[loaded.day].at:
            newest[loaded.day] = loaded
    return newest


def project_of(event: Mapping[str, Any]) -> Any:
    """Return the project that the asset event names, whoever wrote it."""
    extra = event["extra"]
    return extra.get("project", DEFAULT_PROJECT) if isinstance(extra, dict) else None


def newest_hours(
    events: Iterable[Mapping[str, Any]], project: str = DEFAULT_PROJECT
) -> dict[date, dict[int, ProvisionalHour]]:
    """Return the project's provisional hours, 0 to 23, by day; the events can be in any order."""
    newest: dict[date, dict[int, ProvisionalHour]] = {}
    for event in events:
        extra = extra_of(event, LoadedHours)
        if extra is None or extra.project != project or extra.run_id != event["source_run_id"]:
            continue
        for hour in extra.hours:
            of_day = newest.setdefault(hour.day, {})
            if hour.hour not in of_day or of_day[hour.hour].exported_at <= hour.exported_at:
                of_day[hour.hour] = hour
    return newest


def _loaded(event: Mapping[str, Any], project: str, days: Mapping[str, date]) -> Loaded | None:
    extra = extra_of(event, LoadedDay)
    if extra is None:
        return None
    run_id = event["source_run_id"]
    told = extra.project, extra.run_id, extra.day
    if told != (project, run_id, days.get(run_id, extra.day)):
        log.warning("Asset event %s is skipped: it is about %s %r %s.", event["id"], *told)
        return None
    return Loaded(
        extra.day,
        run_id,
        moment_of(event["timestamp"]) or datetime.min,
        "load",
        tuple(extra.hours),
        tuple(extra.query_ids),
    )


def _loaded_in_ledger(recorded: RecordedDay) -> Loaded | None:
    """Return the day as the ledger has it, or None if the ledger lacks a part of it."""
    columns = (recorded.files, recorded.events, recorded.bytes, recorded.quarantined)
    if recorded.loaded_at is None or None in recorded.state:
        return None
    rows = zip(HOURS, recorded.state, *columns, strict=True)
    hours = tuple(Hour(hour, str(state), *numbers) for hour, state, *numbers in rows)
    at, verified_at = recorded.loaded_at, recorded.verified_at
    return Loaded(recorded.day, recorded.run_id, at, "ledger", hours, (), verified_at)


def ledgers_of(
    events: Iterable[tuple[str | bytes, datetime]], first_day: date
) -> dict[str, Ledger]:
    """Return each project's days since `first_day` from events of `record_ledger`: JSON and time.

    A ledger is not newer than its event: the clock of a worker can be fast.
    """
    ledgers = filter(None, (_ledger(extra, at, first_day) for extra, at in events))
    return {ledger.project: ledger for ledger in ledgers}


class _Recorded(Recorded, frozen=True):
    """Most of the days are not shown, so they are not decoded."""

    days: list[msgspec.Raw]  # type: ignore[assignment]


def _ledger(extra: str | bytes, at: datetime, first_day: date) -> Ledger | None:
    try:
        recorded = msgspec.json.decode(extra, type=_Recorded)
        # No day is there twice, and they are in ascending order.
        newest = max(0, (recorded.last_day - first_day).days + 1)
        texts = [*recorded.days[:1], *recorded.days[1:][-newest:]] if newest else recorded.days[:1]
        days = [msgspec.json.decode(text, type=RecordedDay) for text in texts]
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        log.warning("A ledger is skipped: %s", error)
        return None
    return Ledger(
        min(recorded.read_at, at),
        recorded.first_day,
        recorded.last_day,
        {day.day: loaded for day in days if (loaded := _loaded_in_ledger(day))},
        {day.day: tuple(day.rows) for day in days},
        recorded.project,
    )


def inventory_of(extra: str | bytes, at: datetime, project: str, day: date) -> DayInventory | None:
    """Return the day's part of an inventory, from the JSON and the time of its event.

    What has no project is shown with each of them: its id at Amplitude is not in the ledger.
    """
    try:
        counted = msgspec.json.decode(extra, type=Counted)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        log.warning("An inventory is skipped: %s", error)
        return None
    own = [each for each in counted.days if each.day == day and each.project in (project, None)]
    kinds = tuple(kind for each in own for kind in each.kinds)
    return DayInventory(min(counted.taken_at, at), kinds)


def oldest_day(
    loads: Iterable[date], ledger: Ledger | None, oldest_run: date | None
) -> date | None:
    """Return the oldest day with a record of a load; `oldest_run` is a successful run's day."""
    runs = [oldest_run] if oldest_run else []
    return min([*runs, *loads, *(ledger.rows if ledger else [])], default=None)


def extra_of(event: Mapping[str, Any], extra: type[Extra]) -> Extra | None:
    """Return the event's record; None, with a line in the api-server's log, if it is not one."""
    try:
        return from_record(extra, event["extra"])
    except RecordInvalid as error:
        log.warning("Asset event %s is skipped: %s", event["id"], error)
        return None
