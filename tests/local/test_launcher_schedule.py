"""The owners of IP networks are loaded once at a start: by the run that is due, or by hand."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from local.launcher import job

DUE = datetime(2026, 11, 3, 4, 17, tzinfo=UTC)
SCHEDULED = {"dag_run_id": "scheduled", "state": "queued"}
LOADED = {"dag_run_id": "earlier", "state": "success"}


@dataclass
class Scheduler:
    """Airflow whose networks were loaded by these runs, with a run that is due once unpaused."""

    runs_before: list[dict[str, Any]] = field(default_factory=list)
    next_run: datetime | None = None
    paused: bool = True
    triggered: int = 0

    def due(self, dag_id: str) -> datetime | None:
        return self.next_run

    def pause(self, dag_id: str, *, paused: bool) -> None:
        self.paused = paused

    def trigger(self, dag_id: str) -> str:
        self.triggered += 1
        return "manual"

    def runs(self, dag_id: str, **filters: Any) -> list[dict[str, Any]]:
        if filters == {"state": ["success"]}:
            return self.runs_before
        assert filters == {"run_type": ["scheduled"], "run_after_gte": DUE.isoformat()}
        return [] if self.paused else [SCHEDULED]


@pytest.fixture
def awaited(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The ids of the runs that were awaited."""
    ids: list[str] = []

    class Follower:
        def __init__(self, client: Scheduler, dag_id: str, run_id: str, echo: object) -> None:
            ids.append(run_id)

        def wait(self) -> None:
            pass

    monkeypatch.setattr(job, "Follower", Follower)
    return ids


@pytest.mark.parametrize("before", [[], [LOADED]], ids=["not loaded", "loaded"])
def test_a_run_that_is_due_loads_the_networks_and_is_awaited(
    awaited: list[str], before: list[dict[str, Any]]
) -> None:
    """It is neither marked as failed nor left running beside the backfill that follows."""
    airflow = Scheduler(before, DUE)
    job.ensure_networks(airflow, schedule=True, new_warehouse=not before)
    assert awaited == ["scheduled"]
    assert airflow.triggered == 0


@pytest.mark.parametrize(
    ("before", "new_warehouse", "expected"),
    [
        pytest.param([], True, ["manual"], id="first start"),
        pytest.param([], False, ["manual"], id="not loaded"),
        pytest.param([LOADED], True, ["manual"], id="new warehouse"),
        pytest.param([LOADED], False, [], id="loaded"),
    ],
)
@pytest.mark.parametrize("schedule", [True, False])
def test_without_a_due_run_the_networks_are_loaded_if_they_are_missing(
    awaited: list[str],
    *,
    schedule: bool,
    before: list[dict[str, Any]],
    new_warehouse: bool,
    expected: list[str],
) -> None:
    """From then on the schedule can update them."""
    airflow = Scheduler(before, None if schedule else DUE)
    job.ensure_networks(airflow, schedule=schedule, new_warehouse=new_warehouse)
    assert awaited == expected
    assert not airflow.paused
