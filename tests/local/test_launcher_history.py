"""`make up` loads the days that earlier starts have not loaded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest

from local.launcher import job
from local.launcher.settings import Settings

FIRST, GAP, LAST = (date(2026, 9, 10), date(2026, 9, 12), date(2026, 9, 14))
SPAN = [FIRST + timedelta(days=n) for n in range(5)]
LOADED = dict.fromkeys(SPAN, "success")
BUT_GAP = {day: state for day, state in LOADED.items() if day != GAP}


@dataclass
class Paused:
    """Airflow with these runs, and whether the DAG is paused."""

    states: Mapping[date, str]
    paused: bool = False

    def runs(self, dag_id: str, **filters: Any) -> list[dict[str, Any]]:
        """Return the runs, the newest first."""
        assert filters == {"logical_date_gte": f"{FIRST}T00:00:00Z"}
        newest_first = sorted(self.states.items(), reverse=True)
        return [{"logical_date": f"{day}T00:00:00Z", "state": state} for day, state in newest_first]

    def pause(self, dag_id: str, *, paused: bool) -> None:
        """Pause or unpause the DAG."""
        self.paused = paused


@pytest.mark.parametrize(
    ("states", "without", "left"),
    [
        pytest.param({}, GAP, GAP, id="nothing"),
        pytest.param({**BUT_GAP, LAST: "failed"}, GAP, GAP, id="a day that failed"),
        pytest.param({**LOADED, LAST: "failed"}, None, None, id="the gap and a day that failed"),
        pytest.param({**LOADED, GAP: "failed"}, None, None, id="the gap, which failed"),
    ],
)
def test_missing_days_are_loaded_except_a_gap_that_was_never_requested(
    monkeypatch: pytest.MonkeyPatch,
    states: dict[date, str],
    without: date | None,
    left: date | None,
) -> None:
    """One backfill loads the days, created while no run can start."""
    airflow, made = Paused(states), []

    def backfill(client: Paused, given: Settings, *span: date, without: date | None) -> None:
        made.append((client.paused, span, without))

    monkeypatch.setattr(job, "backfill", backfill)
    assert job.load_history(airflow, Settings({}), FIRST, LAST, GAP) == left
    assert made == [(True, (FIRST, LAST), without)]


@pytest.mark.parametrize(
    ("states", "left"),
    [
        pytest.param(BUT_GAP, GAP, id="all but the gap"),
        pytest.param(LOADED, None, id="the gap as well"),
    ],
)
def test_loaded_days_get_no_backfill(
    monkeypatch: pytest.MonkeyPatch, states: dict[date, str], left: date | None
) -> None:
    """A backfill would block one from the page; the gap stays, and the schedule goes on."""
    airflow = Paused(states, paused=True)
    monkeypatch.setattr(job, "backfill", None)
    assert job.load_history(airflow, Settings({}), FIRST, LAST, GAP) == left
    assert not airflow.paused


def test_your_own_warehouse_gets_every_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a gap to leave out, every day is loaded."""
    made: list[date | None] = []
    monkeypatch.setattr(job, "backfill", lambda *_, without: made.append(without))
    assert job.load_history(Paused({}), Settings({}), FIRST, LAST, None) is None
    assert made == [None]
