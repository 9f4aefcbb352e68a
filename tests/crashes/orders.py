"""Random orders of runs, crashes, re-runs and late content, over the same two days of two projects.

After every step the rows of each project's day are those of the run that has committed last, or
those from before the step if nothing was committed; the checker agrees; and every failure has
stated its reason. No day shrinks unless its run has `accept_fewer`, and no run with the keys of the
other project changes anything. Runs of the two projects have the same ids, as in Airflow.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterable
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from fractions import Fraction
from itertools import count
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from signal import SIGCONT, SIGKILL, SIGSTOP
from typing import Any, ClassVar

import psutil
from amplitude_export.clean_up.clean_up import clean_up
from amplitude_export.workspace import LANDING_FORMATS
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.crashes.deployment import Deployment, Uuids
from tests.crashes.kills import Kill
from tests.crashes.processes import PATIENCE, Outcome, outcome, run, started
from tests.days import TASKS, Day, NoResult

HOURS = (2, 14)
KNOWN = date(2023, 12, 31)
# Errors that a person resolves by clearing another task, or that two runs of one day cause.
EXPECTED_ERRORS = {"FileMissing", "CountsDiffer"}
# Of a loaded day's events, a run brings at least this share, or is refused.
MIN_SHARE = Fraction(99, 100)
# A run of one window has 69 side effects, so that some kills never come.
SIDE_EFFECTS = 75

_NUMBERS = count()

# The first day of both projects, and the second.
a_day = st.integers(0, 3)
an_hour = st.sampled_from(HOURS)
a_task = st.sampled_from(TASKS)
a_moment = st.integers(1, SIDE_EFFECTS)


@dataclass
class Run:
    """A run, and Amplitude's content when its export was done; None before that.

    `export` numbers the exports of all runs in their order.
    """

    day: Day
    exported: Uuids | None = None
    export: int = 0

    def first_of(self, task: str) -> str:
        """Return the first task to run, so that each has its input, as in Airflow."""
        at = TASKS.index(task)
        while at and not self._has(TASKS[at - 1]):
            at -= 1
        return TASKS[at]

    def plan(self, window_hours: int) -> None:
        """Clear the run from plan_windows, after the Variable has changed."""
        self.day = replace(self.day, window_hours=window_hours)
        for task in TASKS:
            self.day.forget(task)

    def _has(self, task: str) -> bool:
        numbers = range(len(self.day.windows))
        names = [f"{task}_{n}" for n in numbers] if task != "load" else ["load"]
        try:
            return all(self.day.result(name) is not None for name in names)
        except NoResult:
            return False


@dataclass
class Model:
    """A project's day: the expected rows and their export, the runs, and what was `overlapped`.

    An attempt that outlives its retry can leave an archive on the volume or an object in the bucket
    that differ from the loaded ones, which the checker reports; so can the other project with this
    one's keys. Rows and ledger are right.
    """

    date: date
    project: str
    rows: Uuids = field(default_factory=dict)
    export: int = 0
    runs: list[Run] = field(default_factory=list)
    overlapped: bool = False


class Orders(RuleBasedStateMachine):
    """The state machine of the module; the test sets `deployment`."""

    deployment: ClassVar[Deployment]

    @initialize()
    def two_days(self) -> None:
        first = date(2024, 1, 1) + timedelta(days=2 * next(_NUMBERS))
        days = (first, first + timedelta(days=1))
        self.models = [Model(day, name) for day in days for name in self.deployment.projects]
        for model in self.models:
            for hour in HOURS:
                self._add_event(model, hour)

    @rule(day=a_day, hour=an_hour)
    def an_hour_grows(self, day: int, hour: int) -> None:
        """Add an event to an hour of the day."""
        self._add_event(self.models[day], hour)

    @rule(
        day=a_day,
        windows=st.sampled_from((24, 12)),
        kept=st.sampled_from((7, 0)),
        lands=st.sampled_from(LANDING_FORMATS),
    )
    def a_run(self, day: int, windows: int, kept: int, lands: str) -> None:
        """Run the day; it succeeds, whatever happened before, unless it has become smaller."""
        model = self.models[day]
        settings = {"window_hours": windows, "archive_days": kept, "landing_format": lands}
        self._step(model, self._new_run(model, **settings), "export")

    @rule(day=a_day, hour=an_hour, left=st.integers(0, 1), fewer=st.booleans())
    def a_smaller_day(self, day: int, hour: int, left: int, fewer: bool) -> None:
        """Run a loaded day again, after Amplitude has lost most events of an hour, or all."""
        model = self.models[day]
        contents = self.deployment.projects[model.project]
        # In both hours: the check takes a day without events for one that is not loaded.
        for each in HOURS:
            self._add_event(model, each)
        self._step(model, self._new_run(model, accept_fewer=True), "export")
        contents.set(model.date, hour, 0, contents.expected(model.date)[hour][:left])
        self._step(model, self._new_run(model, accept_fewer=fewer), "export")

    @rule(day=a_day, which=st.integers(0, 3), windows=st.sampled_from((24, 18, 12, 6)))
    def another_plan(self, day: int, which: int, windows: int) -> None:
        """Clear a run from plan_windows, after a change of amplitude_window_hours."""
        model = self.models[day]
        if model.runs:
            each = model.runs[which % len(model.runs)]
            each.plan(windows)
            self._step(model, each, "export")

    @rule(order=st.permutations(range(4)), kept=st.sampled_from((7, 0)))
    def a_backfill(self, order: list[int], kept: int) -> None:
        """Run two of the days, in either order."""
        for day in order[:2]:
            model = self.models[day]
            self._step(model, self._new_run(model, archive_days=kept), "export")

    @rule(day=a_day)
    def swapped_keys(self, day: int) -> None:
        """Run the day with the keys of the other project, which is refused."""
        model, other = self.models[day], self.models[day ^ 1]
        settings = {"project": model.project, "keys": other.project, "accept_fewer": True}
        name = f"{model.date}-swapped-{next(_NUMBERS)}"
        ended = run(self.deployment.run_of(model.date, name, **settings))
        assert ended.error == "AnotherProject", ended
        # Objects carry the id of the keys, so that it has replaced those of the other project.
        other.overlapped = True

    @rule(day=a_day, task=a_task, moment=a_moment)
    def a_crash(self, day: int, task: str, moment: int) -> None:
        """Kill a run, the last or the first, at some side effect from the task on."""
        model = self.models[day]
        each = model.runs[-1] if model.runs else self._new_run(model)
        self._step(model, each, task, Kill(nth=moment))

    @rule(day=a_day, task=a_task, which=st.integers(0, 3))
    def a_clear(self, day: int, task: str, which: int) -> None:
        """Clear a task with everything downstream, in any of the runs."""
        model = self.models[day]
        if model.runs:
            self._step(model, model.runs[which % len(model.runs)], task)

    @rule(days=a_day.map(lambda day: (day, day)) | st.tuples(a_day, a_day))
    def two_runs_at_once(self, days: tuple[int, int]) -> None:
        """Run two days at once, or one twice: then the table holds one of the runs."""
        models = [self.models[day] for day in days]
        runs = [(model, self._new_run(model), model.rows) for model in models]
        with ExitStack() as stack:
            working = [stack.enter_context(started(each.day)) for _, each, _ in runs]
            ended = [outcome(*each) for each in working]
        # Both export at the same time, and either can be the first.
        also = ["OlderExport"] if len({*days}) == 1 else []
        for (model, each, before), end in zip(runs, ended, strict=True):
            self._after(model, each, "export", end, before, also)

    @rule(
        day=a_day,
        task=st.sampled_from(TASKS[:3]),
        moment=st.integers(1, 30),
        grows=st.booleans(),
    )
    def an_older_attempt(self, day: int, task: str, moment: int, grows: bool) -> None:
        """Stop an attempt at some side effect, finish the run by its retry, then continue it."""
        model = self.models[day]
        each = model.runs[-1] if model.runs else self._new_run(model)
        task = each.first_of(task)
        shadow = each.day.xcoms.with_name(f"{each.day.xcoms.name}-older")
        shutil.copytree(each.day.xcoms, shadow)
        older = replace(each.day, xcoms=shadow)
        with started(older, task, kill=Kill(nth=moment, by=SIGSTOP)) as (process, receiver):
            stopped = _wait_until_stopped(process, receiver)
            if grows:
                self._add_event(model, HOURS[0])
            self._step(model, each, task)
            if stopped:
                os.kill(process.pid, SIGCONT)
            _require_advice(outcome(process, receiver), {*EXPECTED_ERRORS, "VolumeRefused"})
        shutil.rmtree(shadow)
        model.overlapped = True

    @rule(day=a_day)
    def archives_expire(self, day: int) -> None:
        """Expire the archives, which the clean_up of another run then removes."""
        clean_up(self.deployment.volume, date(2000, 1, 1), "some other run", archive_days=0)

    @invariant()
    def no_other_day_has_changed(self) -> None:
        """A step changes the rows of its project's day."""
        for model in self.models:
            assert self.deployment.table.uuids(model.date, model.project) == model.rows

    def teardown(self) -> None:
        """Check all days."""
        for model in getattr(self, "models", ()):
            self._check(model)

    def _check(self, model: Model) -> None:
        """Check that the rows are those committed last, and ledger, bucket and volume agree."""
        assert self.deployment.table.uuids(model.date, model.project) == model.rows
        self.deployment.table.require_same_sums(model.date)
        found = self.deployment.verdict(model.date, model.project)
        assert found.loaded == bool(model.rows)
        assert [p for p in found.problems if not model.overlapped or "ledger" in p] == []

    def _add_event(self, model: Model, hour: int) -> None:
        contents = self.deployment.projects[model.project]
        had = contents.expected(model.date).get(hour, [])
        contents.set(model.date, hour, 0, [*had, f"{model.project}-{hour}-{len(had)}"])

    def _new_run(self, model: Model, **settings: Any) -> Run:
        name = f"{model.date}-{len(model.runs)}"
        settings = {"window_hours": 24, "project": model.project, **settings}
        model.runs.append(Run(self.deployment.run_of(model.date, name, **settings)))
        return model.runs[-1]

    def _step(self, model: Model, each: Run, task: str, kill: Kill | None = None) -> None:
        first = each.first_of(task)
        before = model.rows
        ended = run(each.day, *TASKS[TASKS.index(first) :], kill=kill)
        self._after(model, each, first, ended, before)

    def _after(
        self,
        model: Model,
        each: Run,
        first: str,
        ended: Outcome,
        before: Uuids,
        also: Iterable[str] = (),
    ) -> None:
        """Read the rows into the model only if they can have changed."""
        if first == "export":
            done = each.first_of("decompress") == "decompress"
            contents = self.deployment.projects[model.project]
            each.exported = contents.expected(model.date) if done else None
            each.export = next(_NUMBERS)
        shrinks = _shrinks(each, before)
        if ended.code == 0:
            assert each.exported is not None
            assert not shrinks
            model.rows, model.export = each.exported, each.export
        else:
            expected = {*also} | (EXPECTED_ERRORS if first != "export" else set())
            expected |= {"FewerEvents"} if shrinks else set()
            # Without the time of the exports, or within one second, it is not known to be older.
            expected |= {"OlderExport"} if each.export < model.export else set()
            _require_advice(ended, expected)
            found = self.deployment.table.uuids(model.date, model.project)
            mine = each.exported if each.exported is not None and not shrinks else before
            assert found in (before, mine, model.rows)
            if found == mine:
                model.export = max(model.export, each.export)
            model.rows = found
        self._check(model)


def load_first_days(deployment: Deployment) -> None:
    """Load a day of each project, so that the ledger knows whose keys are whose."""
    for project, contents in deployment.projects.items():
        contents.set(KNOWN, 5, 0, ["first"])
        assert run(deployment.run_of(KNOWN, "first", project=project)).code == 0


def _shrinks(each: Run, before: Uuids) -> bool:
    """Return True if the run must not replace these rows: an hour, or over 1 % of them, is gone."""
    now = each.exported or {}
    events, had = (sum(map(len, uuids.values())) for uuids in (now, before))
    lost = before.keys() - now.keys() or events < MIN_SHARE * had
    return bool(lost) and not each.day.accept_fewer


def _require_advice(ended: Outcome, names: set[str]) -> None:
    """Check that a failure that was not a kill is one of `names` and gives advice."""
    if ended.code not in (0, -SIGKILL):
        assert ended.error in names, ended
        assert "What to do: " in ended.message


def _wait_until_stopped(older: BaseProcess, receiver: Connection) -> bool:
    """Wait until the process has stopped; return False if it ended first."""
    give_up = time.monotonic() + PATIENCE
    while time.monotonic() < give_up:
        if receiver.poll():
            return False
        with suppress(psutil.NoSuchProcess):
            if psutil.Process(older.pid).status() == psutil.STATUS_STOPPED:
                return True
        time.sleep(0.002)
    raise TimeoutError("it neither stops nor ends")
