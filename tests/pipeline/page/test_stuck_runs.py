"""Runs that Airflow never starts: cleared after their backfill was cancelled."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

import pytest
from amplitude_export.page.app import app
from amplitude_export.page.choice import utc_now
from fastapi.testclient import TestClient

from tests.notices import steps
from tests.pipeline.page.days import forget_everything

DAYS, BACKFILLS = "/amplitude/api/days", "/api/v2/backfills"
DAG = "/api/v2/dags/amplitude_to_snowflake"
DAY = "2026-09-24"
SPAN = {"from_date": f"{DAY}T00:00:00Z", "to_date": "2026-09-25T00:00:00Z"}


@pytest.fixture
def admin(browser: Callable[[str | None], TestClient]) -> Iterator[TestClient]:
    """A browser of an administrator; Airflow has the DAG, not paused, and no run of it."""
    steps.write_dags()
    forget_everything()
    app.dependency_overrides[utc_now] = lambda: datetime(2026, 9, 27, 9, tzinfo=UTC)
    client = browser("admin")
    client.patch(DAG, params={"update_mask": "is_paused"}, json={"is_paused": False})
    yield client
    app.dependency_overrides.clear()
    forget_everything()


def post(client: TestClient, path: str, **body: Any) -> Any:
    response = client.post(path, json={"dag_id": "amplitude_to_snowflake", **body})
    assert response.is_success, response.text
    return response.json()


def run_path(client: TestClient) -> str:
    runs = client.get(f"{DAG}/dagRuns").json()["dag_runs"]
    (run_id,) = (run["dag_run_id"] for run in runs if run["logical_date"].startswith(DAY))
    return f"{DAG}/dagRuns/{quote(run_id, safe='')}"


def started_by_the_scheduler() -> set[str]:
    """Return the days of the runs that Airflow's scheduler would start now."""
    from airflow.models.dagrun import DagRun
    from airflow.utils.session import create_session

    with create_session() as session:
        return {
            f"{run.logical_date:%Y-%m-%d}"
            for run in DagRun.get_queued_dag_runs_to_set_running(session=session)
        }


@pytest.fixture
def cleared(admin: TestClient) -> TestClient:
    """The run of DAY is cleared after its backfill was cancelled."""
    backfill = post(admin, BACKFILLS, **SPAN)
    assert admin.put(f"{BACKFILLS}/{backfill['id']}/cancel").is_success
    cleared = admin.post(f"{run_path(admin)}/clear", json={"dry_run": False})
    assert cleared.is_success, cleared.text
    return admin


def days(client: TestClient) -> dict[str, Any]:
    shown = client.get(DAYS, params={"days": 5}).json()["days"]
    return {day["day"]: day for day in shown}


def test_a_stuck_run_is_named(cleared: TestClient) -> None:
    """Its day is not called running, and the reason has a remedy; its neighbor is as before."""
    assert DAY not in started_by_the_scheduler()
    day = days(cleared)[DAY]
    assert (day["state"], day["run"]["state"], day["run"]["stuck"]) == ("failed", "queued", True)
    assert "cancelled" in day["reason"]
    assert "docs/runbook.md#a-cleared-run-stays-queued" in day["reason"]
    neighbor = days(cleared)["2026-09-25"]
    assert (neighbor["state"], neighbor["stuck_run"]) == ("unknown", None)
    assert cleared.get(f"{DAYS}/{DAY}").json()["stuck_run"] == day["run"]["run_id"]


def test_marked_failed_it_can_run_again(cleared: TestClient) -> None:
    """Which the page requests with the user's rights; before that, no backfill takes the day."""
    plan = {**SPAN, "reprocess_behavior": "completed"}
    dry_run = post(cleared, f"{BACKFILLS}/dry_run", **plan)["backfills"]
    assert [run["logical_date"][:10] for run in dry_run] == ["2026-09-25"]
    marked = cleared.patch(
        run_path(cleared), params={"update_mask": "state"}, json={"state": "failed"}
    )
    assert marked.is_success, marked.text
    post(cleared, BACKFILLS, **plan)
    assert DAY in started_by_the_scheduler()
    day = days(cleared)[DAY]
    assert (day["state"], day["stuck_run"], day["reason"]) == ("running", None, None)


def test_the_transform_does_not_wait_for_cancelled_runs(
    admin: TestClient, dags: dict[str, Any]
) -> None:
    """Their tasks stay pending for ever; those of a backfill under way are waited for."""
    from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance

    sensor = dags["amplitude_transform"].get_task("wait_for_loads")
    run = SimpleNamespace(start_date=datetime.now(UTC))
    context = {"ti": RuntimeTaskInstance, "dag_run": run}
    backfill = post(admin, BACKFILLS, **SPAN)
    with steps.supervised(dags["amplitude_transform"]):
        assert not sensor.poke(context)
        assert admin.put(f"{BACKFILLS}/{backfill['id']}/cancel").is_success
        assert sensor.poke(context)


@pytest.mark.parametrize("act", ["pause", None])
def test_a_run_that_will_start_is_running(admin: TestClient, act: str | None) -> None:
    """Queued for a backfill that is paused, which the page can resume, or that is under way."""
    backfill = post(admin, BACKFILLS, **SPAN)
    if act:
        assert admin.put(f"{BACKFILLS}/{backfill['id']}/{act}").is_success
    assert (DAY in started_by_the_scheduler()) is (act is None)
    day = days(admin)[DAY]
    assert (day["state"], day["stuck_run"]) == ("running", None)
