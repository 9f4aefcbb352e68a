"""Build the days of the grid, newest first, from the records."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cached_property

from amplitude_export.ledger import HOURS, Hour, ProvisionalHour
from amplitude_export.page.looks import Look
from amplitude_export.page.records import Ledger, Loaded, Run
from amplitude_export.page.states import COMPLETE, UNDER_WAY, State, day_state, hour_state
from amplitude_export.window import DAY, day_complete_at, midnight, utc_day


@dataclass(frozen=True)
class Records:
    """Everything that was read from Airflow.

    `first_day` is the oldest day with a record of a load, possibly before the days that are shown;
    `wanted_from` is the first day that should be loaded, if the file of projects has it. Of a
    `removed` project, no day after the last record should be.
    `runs` has the newest run first, and `hours` the provisional hours. For days whose newest run
    failed: `landed` has the events of each hour that it uploaded, `reasons` why it failed, and
    `idle` the days whose run started no task, because a backfill was cancelled. `looks` has the
    last second look at each day.
    """

    loads: Mapping[date, Loaded] = field(default_factory=dict)
    ledger: Ledger | None = None
    runs: Mapping[date, Sequence[Run]] = field(default_factory=dict)
    hours: Mapping[date, Mapping[int, ProvisionalHour]] = field(default_factory=dict)
    landed: Mapping[date, Mapping[int, int]] = field(default_factory=dict)
    reasons: Mapping[date, str] = field(default_factory=dict)
    idle: frozenset[date] = frozenset()
    looks: Mapping[date, Look] = field(default_factory=dict)
    first_day: date | None = None
    wanted_from: date | None = None
    removed: bool = False

    @cached_property
    def last_day(self) -> date:
        """The newest day with a load or a run; the first of all days without any."""
        in_ledger = self.ledger.loads if self.ledger else ()
        return max([*self.loads, *self.runs, *in_ledger], default=date.min)

    def wants(self, day: date) -> bool:
        """Return True if the day should be loaded, now or later."""
        after_removal = self.removed and day > self.last_day
        return not after_removal and (self.wanted_from is None or day >= self.wanted_from)


@dataclass(frozen=True)
class Cell:
    """One hour. `exported` are the events that a later run uploaded, or else those loaded.

    `provisional` is there while it is the hour's state.
    """

    hour: int
    state: State
    loaded: Hour | None
    exported: int | None
    provisional: ProvisionalHour | None = None


@dataclass(frozen=True)
class Day:
    """One row of the grid: 24 cells. It is `due` if it should be loaded by now."""

    day: date
    due: bool
    cells: tuple[Cell, ...]
    loaded: Loaded | None
    runs: Sequence[Run]
    reason: str | None
    look: Look | None = None

    @cached_property
    def state(self) -> State:
        """The state that represents all hours."""
        return day_state(cell.state for cell in self.cells)

    @property
    def complete(self) -> bool:
        """True if each hour is loaded or confirmed empty."""
        return all(cell.state in COMPLETE for cell in self.cells)

    @property
    def verified_at(self) -> datetime | None:
        """The time at which Amplitude still had the day as it is loaded, if it is known."""
        is_same = self.look and self.look.found.outcome == "same" and self.look.is_of(self.loaded)
        if self.look and is_same:
            return self.look.at
        return self.loaded.verified_at if self.loaded else None

    @property
    def changed(self) -> Look | None:
        """The look that found the day changed: it is not replaced yet, or by that look's run."""
        if self.look is None or self.look.found.outcome != "changed":
            return None
        of_now = self.look.is_of(self.loaded) or self.look.replaced(self.loaded)
        return self.look if of_now else None

    @property
    def run(self) -> Run | None:
        """The run that was started last."""
        return self.runs[0] if self.runs else None

    @property
    def loaded_since(self) -> str | None:
        """The id of the run of another DAG that loaded the day after its newest run had ended.

        It is a second look or a load from the bucket: the run's counts are not those of this load.
        """
        if self.loaded is None or self.run is None or self.run.ended is None:
            return None
        own = self.loaded.run_id in [run.run_id for run in self.runs]
        return None if own or self.loaded.at <= self.run.ended else self.loaded.run_id

    @property
    def stuck_run(self) -> str | None:
        """The id of the day's stuck run: no backfill takes the day before it is marked failed."""
        return next((run.run_id for run in self.runs if run.stuck), None)

    @property
    def events(self) -> int | None:
        """Events loaded, or None if the day is not loaded."""
        return sum(hour.events for hour in self.loaded.hours) if self.loaded else None

    @property
    def end(self) -> datetime:
        """The end of the day, 24:00 UTC."""
        return midnight(self.day) + DAY


def days_of(records: Records, now: datetime, count: int) -> list[Day]:
    """Return the last `count` days including today, newest first."""
    return [day_of(records, utc_day(now) - back * DAY, now) for back in range(count)]


def day_of(records: Records, day: date, now: datetime) -> Day:
    """Build one day from the records."""
    runs = records.runs.get(day, ())
    loaded, rows = _in_table(records, day)
    wanted = records.wants(day)
    due = wanted and day_complete_at(day, now) <= now
    cells = _cells(
        due=due,
        wanted=wanted,
        known=_is_known(records, day, runs),
        run=None if day in records.idle else _run_state(runs),
        loaded=loaded,
        landed=records.landed.get(day, {}),
        rows=rows,
        hours=records.hours.get(day, {}),
    )
    reason, look = records.reasons.get(day), records.looks.get(day)
    return Day(day, due, tuple(cells), loaded, runs, reason, look)


def _run_state(runs: Sequence[Run]) -> str | None:
    """Return the state of the newest run, or of another one that is queued or running."""
    states = [run.outcome for run in runs]
    return next((state for state in states if state in UNDER_WAY), states[0] if states else None)


def _in_table(records: Records, day: date) -> tuple[Loaded | None, Sequence[int] | None]:
    """Return the newer of last load and ledger, and the rows that were counted since that load."""
    loaded, ledger = records.loads.get(day), records.ledger
    if ledger is None or not ledger.covers(day) or (loaded and loaded.at > ledger.at):
        return loaded, None
    recorded = ledger.loads.get(day)
    # Of the same load, the event also has the query ids.
    if recorded and loaded and recorded.run_id == loaded.run_id:
        recorded = replace(loaded, verified_at=recorded.verified_at)
    return recorded, ledger.rows.get(day, [0] * len(HOURS))


def _is_known(records: Records, day: date, runs: Sequence[Run]) -> bool:
    """Return True if a load of the day would be on record."""
    if records.ledger and records.ledger.covers(day):
        return True
    first_day = records.wanted_from or records.first_day
    if first_day is None or day < first_day:
        return False
    return not any(run.state == "success" for run in runs)


def _cells(
    *,
    due: bool,
    wanted: bool,
    known: bool,
    run: str | None,
    loaded: Loaded | None,
    landed: Mapping[int, int],
    rows: Sequence[int] | None,
    hours: Mapping[int, ProvisionalHour],
) -> Iterator[Cell]:
    for hour in HOURS:
        of_hour = loaded.hours[hour] if loaded else None
        state = hour_state(
            due=due,
            wanted=wanted,
            known=known,
            run=run,
            loaded=of_hour,
            exported=landed.get(hour),
            rows=rows[hour] if rows is not None else None,
            provisional=hour in hours,
        )
        events = of_hour.events if of_hour else None
        provisional = hours[hour] if state is State.PROVISIONAL else None
        yield Cell(hour, state, of_hour, landed.get(hour, events), provisional)
