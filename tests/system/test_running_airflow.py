"""The README's commands on a real Airflow: scheduler, api-server, dag-processor, triggerer."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest

from local.export_api import expected_uuids
from tests.system.checkout import DAILY, DAYS, EVENTS_A_DAY, Checkout

SAMPLE = date(2026, 9, 24)


def exported(day: date) -> dict[int, list[str]]:
    return {
        hour: sorted(uuids) for hour, uuids in expected_uuids(day, EVENTS_A_DAY).items() if uuids
    }


def loaded_days(checkout: Checkout) -> list[date]:
    runs = checkout.airflow.runs(DAILY, state=["success"])
    return sorted(date.fromisoformat(run["logical_date"][:10]) for run in runs)


def test_the_backfill_loads_each_day_to_the_event(up: Checkout) -> None:
    """All but their 5th newest day, each day equal to what the Export API hands out."""
    days = loaded_days(up)
    asked = [days[-1] - timedelta(days=n) for n in reversed(range(DAYS))]
    assert days == [day for day in asked if day != gap(days)]
    for day in days:
        assert up.uuids(day) == exported(day)


def gap(days: list[date]) -> date:
    """Of the days that end with the last of these."""
    return days[-1] - timedelta(days=4)


def test_the_day_that_is_left_out_has_no_run_and_is_named(up: Checkout) -> None:
    """With the page from which it can be filled; and no row of it is there."""
    day = gap(loaded_days(up))
    assert up.airflow.run_of_day(DAILY, day) is None
    assert up.uuids(day) == {}
    assert f"{up.stack['url']}/plugin/amplitude" in up.welcome
    assert f"{day} is missing on purpose" in up.welcome


def test_a_run_of_one_day_reports_counts_that_agree(up: Checkout) -> None:
    """`make run` uses the running Airflow, and says so in its table."""
    ran = up.local("run", "--day", f"{SAMPLE}")
    assert ran.returncode == 0, ran.stdout
    assert "All stations and the ledger agree" in ran.stdout
    (total,) = (line for line in ran.stdout.splitlines() if line.startswith("total"))
    assert total.split() == ["total", "3", "19", "19", "19", "19", "46,687"]
    assert up.uuids(SAMPLE) == exported(SAMPLE)


@pytest.mark.parametrize("task", ["stage_window.export", "stage_window.decompress", "load"])
def test_a_task_cleared_alone_does_its_work_again(up: Checkout, task: str) -> None:
    """With what is downstream of it, from the UI's own API; after clean_up, and the rows stay."""
    day = loaded_days(up)[-1]
    run_id = str(up.airflow.run_of_day(DAILY, day)["dag_run_id"])
    tries = {ti["task_id"]: ti["try_number"] for ti in up.airflow.tasks(DAILY, run_id)}
    up.airflow.call(
        "POST",
        f"/dags/{DAILY}/clearTaskInstances",
        json={
            "dag_run_id": run_id,
            "task_ids": [task],
            "include_downstream": True,
            "only_failed": False,
            "dry_run": False,
        },
    )
    assert up.wait_for(run_id) == "success"
    again = {ti["task_id"]: ti["try_number"] for ti in up.airflow.tasks(DAILY, run_id)}
    assert again[task] == tries[task] + 1
    assert up.uuids(day) == exported(day)


def test_upload_cleared_alone_says_what_to_clear_as_well(up: Checkout) -> None:
    """Its files went with clean_up: it fails at once and names the task; the rows stay."""
    day = loaded_days(up)[0]
    run_id = str(up.airflow.run_of_day(DAILY, day)["dag_run_id"])
    body = {"dag_run_id": run_id, "task_ids": ["stage_window.upload"], "dry_run": False}
    body |= {"include_downstream": True, "only_failed": False}
    up.airflow.call("POST", f"/dags/{DAILY}/clearTaskInstances", json=body)
    assert up.wait_for(run_id) == "failed"
    (task,) = (t for t in up.airflow.tasks(DAILY, run_id) if t["state"] == "failed")
    log = json.dumps(up.airflow.log(task))
    assert "clear stage_window.decompress of this window as well" in log
    assert up.uuids(day) == exported(day)
