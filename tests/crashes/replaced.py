"""A loaded day whose events at Amplitude have changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from itertools import count

from tests.crashes.deployment import Deployment, Uuids
from tests.crashes.processes import run
from tests.days import TASKS, Day

DAY = date(2026, 3, 4)
HOURS = (2, 9, 14)
# The hour that changes has five events; its file is unpacked in pieces of 256 KB, two of them.
CHANGED = 9
EVENT_BYTES = 80_000

_RUNS = count(1)
_ROWS = """
select export_hour, run_id, count(*) from amplitude_raw where export_day = %s
group by export_hour, run_id
"""
_LEDGER = """
select export_hour, run_id, events from amplitude_loads where export_day = %s and events > 0
"""


@dataclass(frozen=True)
class Replaced:
    """The table's uuids by hour, before (`old`) and after (`new`) the run `day`."""

    deployment: Deployment
    day: Day
    old: Uuids
    new: Uuids

    @classmethod
    def loaded_before(cls, deployment: Deployment, **settings: object) -> Replaced:
        """Load DAY unless an earlier test has; then change one of its hours."""
        contents, number = deployment.contents, next(_RUNS)
        if not contents.expected(DAY) or deployment.table.uuids(DAY) != contents.expected(DAY):
            for hour in HOURS:
                contents.set(DAY, hour, 0, [f"{hour}-{n}" for n in range(4)])
            # What a test that failed has loaded can have more events.
            before = deployment.run_of(DAY, f"before-{number}", window_hours=24, accept_fewer=True)
            succeed(before)
        old = deployment.table.uuids(DAY)
        changed = [f"{CHANGED}-{number}-{n}" for n in range(4)]
        contents.set(DAY, CHANGED, 0, [*changed, f"{CHANGED}-0"], EVENT_BYTES)
        day = deployment.run_of(DAY, f"run-{number}", **{"window_hours": 24, **settings})
        new = contents.expected(DAY)
        assert old != new
        return cls(deployment, day, old, new)

    @property
    def rows(self) -> Uuids:
        """Return the rows that a reader of the table sees now."""
        return self.deployment.table.uuids(DAY)

    def require_ledger(self) -> None:
        """Assert that the ledger has the table's rows by hour, and their run."""
        table, ledger = (
            sorted(self.deployment.table.rows(query, f"{DAY}")) for query in (_ROWS, _LEDGER)
        )
        assert table == ledger
        self.deployment.table.require_same_sums(DAY)

    def resume_from(self, task: str) -> None:
        """Run the task again until the run ends, then run the whole day once more."""
        succeed(self.day, *TASKS[TASKS.index(task) :])
        assert self.rows == self.new
        verdict = self.deployment.verdict(DAY)
        assert (verdict.loaded, verdict.problems) == (True, [])
        assert verdict.compared == (self.day.archive_days > 0)
        succeed(self.day)
        assert self.rows == self.new
        self.require_ledger()


def succeed(day: Day, *tasks: str) -> None:
    """Run the tasks (by default all), which succeed."""
    outcome = run(day, *tasks)
    assert (outcome.code, outcome.error, outcome.message) == (0, "", ""), outcome
