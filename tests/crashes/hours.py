"""Random orders of hourly and daily runs: readers of the fresh view see each event once.

After every step the fresh view has a loaded day as the daily run has loaded it, and of other days
the hours as they were exported last; the table of provisional hours has nothing of loaded days.
"""

from __future__ import annotations

from collections.abc import Sequence
from signal import SIGKILL
from typing import Any

from amplitude_export.workspace import (
    LANDING_FORMATS,
    Workspace,
    hourly_folder,
    run_folder,
)
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule

from tests.crashes.deployment import Uuids
from tests.crashes.kills import Kill
from tests.crashes.orders import Model, Orders, a_day, a_moment, an_hour
from tests.crashes.processes import Outcome, outcome, run, started
from tests.hours import HOURLY_TASKS, Hours, hourly_run

a_task = st.sampled_from(HOURLY_TASKS)


class OrdersWithHours(Orders):
    """The state machine of `orders` with hourly runs, without the rules that they do not meet."""

    a_smaller_day = another_plan = a_backfill = swapped_keys = a_clear = two_runs_at_once = None
    an_older_attempt = archives_expire = None

    @initialize()
    def no_hours(self) -> None:
        self.hours: dict[int, Uuids] = {}
        self.hourly_runs = 0

    @rule(day=a_day, lands=st.sampled_from(LANDING_FORMATS))
    def an_hourly_run(self, day: int, lands: str) -> None:
        """Load the day's hours that are missing, unless the day is loaded."""
        model = self.models[day]
        self._run_hours(model, self._new_hours(model, lands), HOURLY_TASKS)

    @rule(day=a_day, task=a_task, moment=a_moment)
    def a_killed_hourly_run(self, day: int, task: str, moment: int) -> None:
        """Kill an hourly run at some side effect from the task on; then run it again."""
        model = self.models[day]
        each, at = self._new_hours(model), HOURLY_TASKS.index(task)
        self._run_hours(model, each, HOURLY_TASKS[:at])
        self._run_hours(model, each, HOURLY_TASKS[at:], Kill(nth=moment))
        self._run_hours(model, each, HOURLY_TASKS)

    @rule(day=a_day, hour=an_hour)
    def an_hour_that_grows_later(self, day: int, hour: int) -> None:
        """Clear an hourly run from its export, after an hour has grown: it is replaced."""
        model = self.models[day]
        each = self._new_hours(model)
        self._run_hours(model, each, HOURLY_TASKS)
        self._add_event(model, hour)
        self._run_hours(model, each, HOURLY_TASKS[1:])

    @rule(day=a_day, hour=an_hour, kept=st.sampled_from((7, 0)))
    def a_late_hourly_run(self, day: int, hour: int, kept: int) -> None:
        """Load the day while an hourly run waits with its files; it then ends skipped."""
        model = self.models[day]
        each = self._new_hours(model)
        self._run_hours(model, each, HOURLY_TASKS[:4])
        self._add_event(model, hour)
        self.a_run(day, 24, kept, "json")
        self._run_hours(model, each, HOURLY_TASKS[4:])
        assert not each.has_loaded

    @rule(day=a_day)
    def both_at_once(self, day: int) -> None:
        """Run the day and its hours at once."""
        model = self.models[day]
        each, daily, rows = self._new_hours(model), self._new_run(model), model.rows
        with (
            started(each, *HOURLY_TASKS) as hourly_process,
            started(daily.day) as daily_process,
        ):
            hours, whole = outcome(*hourly_process), outcome(*daily_process)
        self._after(model, daily, "export", whole, rows)
        self._after_hours(model, hours, each)

    @invariant()
    def readers_see_each_event_once(self) -> None:
        """Final days are as they were loaded, and have no provisional rows."""
        for model in self.models:
            final = self._is_final(model)
            expected = model.rows if final else self.hours.get(id(model), {})
            table = self.deployment.table
            assert table.fresh(model.date, model.project) == expected
            provisional = table.uuids(model.date, model.project, "amplitude_provisional")
            assert provisional == ({} if final else expected)

    def _is_final(self, model: Model) -> bool:
        return bool(self.deployment.table.ledger(model.date, model.project))

    def _new_hours(self, model: Model, lands: str = "json") -> Hours:
        name = f"{model.date}-{model.project}-hourly-{self.hourly_runs}"
        settings: dict[str, Any] = {"project": model.project, "landing_format": lands}
        folder = self.deployment.folder / "xcoms" / name
        where = self.deployment.volume, self.deployment.bucket
        self.hourly_runs += 1
        return hourly_run(folder, *where, day=model.date, run_id=name, **settings)

    def _run_hours(
        self, model: Model, each: Hours, tasks: Sequence[str], kill: Kill | None = None
    ) -> None:
        if tasks:
            self._after_hours(model, run(each, *tasks, kill=kill), each)

    def _after_hours(self, model: Model, ended: Outcome, each: Hours) -> None:
        """Read what the load has done: nothing, or the hours of the run's windows."""
        assert ended.code in (0, -SIGKILL), ended
        found = self.deployment.table.fresh(model.date, model.project)
        if self._is_final(model):
            assert found == model.rows
        else:
            before = self.hours.get(id(model), {})
            content = self.deployment.projects[model.project].expected(model.date)
            asked = {n for w in each.windows for n in range(*_span(w))}
            now = {hour: uuids for hour, uuids in content.items() if hour in asked}
            after = dict(sorted({**before, **now}.items()))
            assert found == after if each.has_loaded else found in (before, after)
            self.hours[id(model)] = found
        if (each.xcoms / "clean_up.json").exists():
            folder = hourly_folder(self.deployment.volume, model.project)
            assert [
                space
                for space in Workspace.all_in(folder)
                if space.folder.name == run_folder(each.run_id)
            ] == []


def _span(window: dict[str, str]) -> tuple[int, int]:
    return int(window["start"][-2:]), int(window["end"][-2:]) + 1
