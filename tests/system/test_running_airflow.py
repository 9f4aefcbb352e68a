"""The README's commands on a real Airflow: scheduler, api-server, dag-processor, triggerer."""

from __future__ import annotations

import json
import time
from datetime import date, timedelta

import pytest
import requests

from local.export_api import APP, DEFAULT, PROJECTS, expected_uuids
from local.export_api.projects import Project
from local.launcher.history import BACKFILL_SECONDS
from local.launcher.progress import POLL_SECONDS
from local.launcher.rest import RestError
from local.launcher.stack import DAGS
from tests.system.checkout import (
    APP_DAYS,
    DAILY,
    DAILY_APP,
    DAYS,
    EVENTS_A_DAY,
    GAP,
    TRANSFORM,
    Checkout,
)

SAMPLE = date(2026, 9, 24)
COUNTS = """select
    (select count(*) from amplitude_raw),
    (select count(*) from gold.fct_events),
    (select count(*) from silver.stg_repeats)"""
LEDGER = """select hour(export_hour), events, project_id from amplitude_loads
    where project = %s and export_day = %s and events > 0 order by 1"""
DAILY_EVENTS = "select day, sum(events) from gold.daily group by day order by day"


def exported(day: date, project: Project = DEFAULT) -> dict[int, list[str]]:
    expected = expected_uuids(day, EVENTS_A_DAY, project)
    return {hour: sorted(uuids) for hour, uuids in expected.items() if uuids}


def loaded_days(checkout: Checkout, dag_id: str = DAILY) -> list[date]:
    runs = checkout.airflow.runs(dag_id, state=["success"])
    return sorted(date.fromisoformat(run["logical_date"][:10]) for run in runs)


def test_no_run_has_failed(up: Checkout) -> None:
    """The first sight of the UI is all green; the scheduled run of the networks is among them."""
    dags = (DAILY, DAILY_APP, *DAGS)
    failed = [run for dag_id in dags for run in up.airflow.runs(dag_id, state=["failed"])]
    assert failed == []


def test_the_backfill_loads_each_day_to_the_event(up: Checkout) -> None:
    """Every day except the gap is loaded, each equal to the export."""
    days = loaded_days(up)
    asked = [days[-1] - timedelta(days=n) for n in reversed(range(DAYS))]
    assert days == [day for day in asked if day != gap(days)]
    for day in days:
        assert up.uuids(day) == exported(day)


def test_two_projects_are_loaded_side_by_side(up: Checkout) -> None:
    """Rows, ledger and `make verify` of the same day are each project's own."""
    days = loaded_days(up, DAILY_APP)
    assert days == loaded_days(up)[-APP_DAYS:]
    # The scheduled run of yesterday waits until 02:30 UTC.
    ended = {"state": ["success"]}
    runs = [run for dag_id in (DAILY, DAILY_APP) for run in up.airflow.runs(dag_id, **ended)]
    began = [
        min(run["start_date"] for run in runs if run["dag_id"] == of) for of in (DAILY, DAILY_APP)
    ]
    assert max(began) < min(run["end_date"] for run in runs)
    for project in PROJECTS:
        expected = exported(days[-1], project)
        assert up.uuids(days[-1], project.name) == expected
        with up.table() as table:
            ledger = table.rows(LEDGER, project.name, f"{days[-1]}")
        assert ledger == [(h, len(expected[h]), f"{project.number}") for h in sorted(expected)]
        assert project.name in up.welcome
    verified = up.local("verify", "--project", APP.name, "--day", f"{days[-1]}")
    events = sum(map(len, exported(days[-1], APP).values()))
    assert f"app, {days[-1]}: {events} events are in the table, as exported" in verified.stdout
    assert verified.returncode == 0


def gap(days: list[date]) -> date:
    """Return the day that is left out among the days that end with the last of these."""
    return days[-1] - timedelta(days=GAP)


def test_the_day_that_is_left_out_has_no_run_and_is_named(up: Checkout) -> None:
    """The page from which it can be loaded is named, and the table has no row of it."""
    day = gap(loaded_days(up))
    assert up.airflow.run_of_day(DAILY, day) is None
    assert up.uuids(day) == {}
    assert f"{up.stack['url']}/plugin/amplitude" in up.welcome
    assert f"{day} of default is missing on purpose" in up.welcome


def test_the_history_is_transformed_by_one_run(up: Checkout) -> None:
    """The loads trigger it; their later events changed nothing more."""
    built, *skipped = up.airflow.runs(TRANSFORM, order_by="run_after")
    assert (built["run_type"], built["state"]) == ("asset_triggered", "success")
    states = {
        task["task_id"]: task["state"]
        for run in skipped
        for task in up.airflow.tasks(TRANSFORM, run["dag_run_id"])
    }
    assert states.get("build_silver", "skipped") in ("skipped", None)
    with up.table() as table:
        ((raw, events, repeats),) = table.rows(COUNTS)
    assert raw == events + repeats > 0
    assert f"In all {events:,} events, {repeats:,} repeats, " in up.welcome


def test_airflows_commands_run_on_the_local_airflow(up: Checkout) -> None:
    """As they are pasted."""
    span = f"--from-date {SAMPLE}T00:00:00Z --to-date {SAMPLE}T00:00:00Z"
    line = f"airflow backfill create --dag-id {DAILY} --dry-run {span}"
    done = up.local("airflow", "--", line)
    assert done.returncode == 0, done.stdout
    assert f"{SAMPLE} 00:00:00+00:00" in done.stdout


def test_the_tables_are_documented(up: Checkout) -> None:
    """The documentation is one file of dbt's, in a sandbox."""
    url = f"{up.stack['url']}/amplitude/dbt/"
    token = {"Authorization": f"Bearer {up.airflow.token}"}
    answer = requests.get(url, headers=token, timeout=30)
    assert answer.status_code == 200, answer.text
    assert "model.amplitude.fct_sessions" in answer.text
    assert answer.headers["Content-Security-Policy"].startswith("sandbox allow-scripts;")


def test_a_run_of_one_day_reports_counts_that_agree(up: Checkout) -> None:
    """`make run` uses the running Airflow, prints its table, and the gold layer has the day too."""
    with up.table() as table:
        before = table.rows(DAILY_EVENTS)
    ran = up.local("run", "--day", f"{SAMPLE}")
    up.airflow.pause(TRANSFORM, paused=True)
    assert ran.returncode == 0, ran.stdout
    assert "All stations and the ledger agree" in ran.stdout
    (total,) = (line for line in ran.stdout.splitlines() if line.startswith("total"))
    assert total.split() == ["total", "3", "19", "19", "19", "19", "46,687"]
    assert up.uuids(SAMPLE) == exported(SAMPLE)
    with up.table() as table:
        after = table.rows(DAILY_EVENTS)
        ((raw, events, repeats),) = table.rows(COUNTS)
    assert raw - repeats == events == sum(count for _, count in after)
    # The export came on top: its day, and the days on which its late events happened.
    grown = {day: count - dict(before).get(day, 0) for day, count in after}
    assert dict(before).keys() <= grown.keys()
    assert min(grown.values()) == 0
    assert 0 < sum(grown.values()) <= 19
    assert max(day for day, count in grown.items() if count) == SAMPLE


@pytest.mark.parametrize("task", ["stage_window.export", "stage_window.decompress", "load"])
def test_a_task_cleared_alone_does_its_work_again(up: Checkout, task: str) -> None:
    """The UI's own API clears it and its downstream tasks after clean_up; the rows stay."""
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


def test_a_day_that_would_shrink_is_let_through_by_a_backfill_with_other_windows(
    up: Checkout,
) -> None:
    """The results of the windows of its refused try remain; the newest plan's are loaded."""
    day = loaded_days(up)[1]
    run_id = str(up.airflow.run_of_day(DAILY, day)["dag_run_id"])
    with up.table() as table:
        doubled = "update amplitude_loads set events = 2 * events where project = %s"
        table.rows(f"{doubled} and export_day = %s", DEFAULT.name, f"{day}")
    windows = {"key": "amplitude_window_hours", "value": "12"}
    up.airflow.call("POST", "/variables", json=windows)
    up.airflow.clear(DAILY, run_id)
    assert up.wait_for(run_id) == "failed"
    up.airflow.call("DELETE", f"/variables/{windows['key']}")
    (task,) = (t for t in up.airflow.tasks(DAILY, run_id) if t["state"] == "failed")
    log = json.dumps(up.airflow.log(task))
    assert "amplitude/runbook#fewerevents" in log
    assert "docs/runbook.md" not in log
    assert f"--from-date {day}T00:00:00Z --to-date {day}T00:00:00Z --reprocess-behavior " in log

    accept_again(up, day)
    assert up.wait_for(run_id) == "success"
    tasks = up.airflow.tasks(DAILY, run_id)
    states = {t["map_index"]: t["state"] for t in tasks if t["task_id"] == "stage_window.upload"}
    assert states == {0: "success", 1: "removed"}
    assert up.uuids(day) == exported(day)
    with up.table() as table:
        replaced = "select sum(replaced_events) from amplitude_loads where export_day = %s"
        assert table.rows(replaced, f"{day}") == [(2 * sum(map(len, exported(day).values())),)]


def accept_again(up: Checkout, day: date) -> None:
    """Create the backfill that the message names, once earlier ones are over."""
    midnight = f"{day}T00:00:00Z"
    body = {"dag_id": DAILY, "from_date": midnight, "to_date": midnight}
    body |= {"reprocess_behavior": "completed", "dag_run_conf": {"accept_fewer": True}}
    deadline = time.monotonic() + BACKFILL_SECONDS
    while True:
        try:
            up.airflow.call("POST", "/backfills", json=body)
            return
        except RestError:
            # Airflow allows one at a time, and closes it half a minute after its last run.
            if time.monotonic() > deadline:
                raise
            time.sleep(POLL_SECONDS)


def test_upload_cleared_alone_names_the_task_to_clear_as_well(up: Checkout) -> None:
    """Its files went with clean_up: it fails at once and names the task to clear; the rows stay."""
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
