"""`make up` loads the days of each project that earlier starts have not loaded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

import pytest
from amplitude_export.projects import Project

from local.launcher import history
from local.launcher.history import Span, spans
from local.launcher.progress import RunFailed
from local.launcher.rest import DatabaseBusy

FIRST, GAP, LAST = (date(2026, 9, 10), date(2026, 9, 12), date(2026, 9, 14))
DAYS = [FIRST + timedelta(days=n) for n in range(5)]
LOADED = dict.fromkeys(DAYS, "success")
BUT_GAP = {day: state for day, state in LOADED.items() if day != GAP}
DEFAULT, APP = Project("default"), Project("app", first_day=date(2026, 9, 13))
DAILY, DAILY_APP = DEFAULT.dag_id, APP.dag_id
SPANS = spans([DEFAULT, APP], FIRST, LAST, GAP)


@dataclass
class Scheduler:
    """Airflow with these runs by DAG; those of a backfill succeed once the DAG is not paused."""

    states: dict[str, Mapping[date, str]]
    refusals: int = 0
    paused: set[str] = field(default_factory=lambda: {DAILY, DAILY_APP})
    acts: list[str] = field(default_factory=list)

    def runs(self, dag_id: str, *, logical_date_gte: str) -> list[dict[str, Any]]:
        """Return the runs since then, the newest first."""
        found = sorted(self.states.get(dag_id, {}).items(), reverse=True)
        times = [(f"{day}T00:00:00Z", state) for day, state in found]
        done = dag_id not in self.paused
        return [
            {"logical_date": time, "state": "success" if done and state == "queued" else state}
            for time, state in times
            if time >= logical_date_gte
        ]

    def pause(self, dag_id: str, *, paused: bool) -> None:
        """Pause or unpause the DAG."""
        (self.paused.add if paused else self.paused.discard)(dag_id)
        if not paused:
            self.acts.append(f"unpause {dag_id}")

    def backfills(self, dag_id: str) -> list[dict[str, Any]]:
        """Return none that is open."""
        return []

    def backfill(self, dag_id: str, first: date, last: date, *_: object) -> None:
        """Create the runs, while the DAG is paused."""
        assert dag_id in self.paused
        if self.refusals:
            self.refusals -= 1
            raise DatabaseBusy("POST /backfills: 503")
        self.acts.append(f"load {dag_id} {first} {last}")
        before, days = self.states.get(dag_id, {}), Span(APP, first, last).days
        runs = {day: "queued" for day in days if before.get(day) != "success"}
        self.states[dag_id] = {**before, **runs}

    def run_of_day(self, dag_id: str, day: date) -> dict[str, str]:
        """Return its run."""
        return {"dag_run_id": f"{day}"}

    def delete(self, dag_id: str, run_id: str) -> None:
        """Delete a run."""
        self.acts.append(f"delete {dag_id} {run_id}")
        states = self.states[dag_id]
        self.states[dag_id] = {d: state for d, state in states.items() if f"{d}" != run_id}


def test_a_project_begins_with_its_first_day_and_one_has_the_gap() -> None:
    """One that begins later than the last day has no days yet, or than the gap, no gap."""
    assert spans(
        [DEFAULT, APP, Project("late", first_day=date(2026, 9, 15))], FIRST, LAST, GAP
    ) == [
        Span(DEFAULT, FIRST, LAST, GAP),
        Span(APP, date(2026, 9, 13), LAST),
    ]
    for projects, gap in (([DEFAULT, APP], None), ([APP, DEFAULT], GAP)):
        assert [span.gap for span in spans(projects, FIRST, LAST, gap)] == [None, None]


def test_projects_are_loaded_side_by_side_except_the_gap() -> None:
    """No run of any starts before all backfills are created and the gap's run is deleted."""
    airflow = Scheduler({})
    assert history.load(airflow, SPANS) == SPANS
    assert airflow.acts == [
        f"load {DAILY} {FIRST} {LAST}",
        f"delete {DAILY} {GAP}",
        f"load {DAILY_APP} 2026-09-13 {LAST}",
        f"unpause {DAILY}",
        f"unpause {DAILY_APP}",
    ]
    assert airflow.states[DAILY].keys() == BUT_GAP.keys()


@pytest.mark.parametrize(
    ("states", "loaded", "left"),
    [
        pytest.param(BUT_GAP, [], GAP, id="all but the gap"),
        pytest.param(LOADED, [], None, id="the gap as well"),
        pytest.param({**BUT_GAP, LAST: "failed"}, [DAILY], GAP, id="a day that failed"),
        pytest.param({**LOADED, LAST: "failed"}, [DAILY], None, id="the gap, a day that failed"),
        pytest.param({**LOADED, GAP: "failed"}, [DAILY], None, id="the gap, which failed"),
    ],
)
def test_a_second_start_loads_what_is_not_loaded(
    states: dict[date, str], loaded: list[str], left: date | None
) -> None:
    """A loaded project gets no backfill, which would block one from the page; the gap stays."""
    airflow = Scheduler({DAILY: states, DAILY_APP: LOADED}, paused=set())
    expected = [replace(SPANS[0], gap=left), SPANS[1]]
    assert history.load(airflow, SPANS) == expected
    assert [act.split()[1] for act in airflow.acts if act.startswith("load")] == loaded
    assert airflow.paused == set()


def test_a_backfill_that_the_database_refuses_is_created_again() -> None:
    """SQLite refuses writes while the scheduler writes."""
    airflow = Scheduler({}, refusals=2)
    history.load(airflow, SPANS[1:])
    assert airflow.acts == [f"load {DAILY_APP} 2026-09-13 {LAST}", f"unpause {DAILY_APP}"]
    airflow = Scheduler({}, refusals=history.BACKFILL_TRIES)
    with pytest.raises(RunFailed, match=f"too busy to create a backfill of {DAILY_APP}"):
        history.load(airflow, SPANS[1:])
