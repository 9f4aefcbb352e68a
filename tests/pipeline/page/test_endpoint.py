"""The page's endpoint, asked through Airflow's own application, after real runs."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest
from amplitude_export.page.app import app, utc_now
from fastapi.testclient import TestClient

from local.export_api import expected_uuids
from tests.pipeline.page.days import EVENTS_A_DAY, FAILED, LANDED, LOADED, NOW, WRONG_SECRET

DAYS = "/amplitude/api/days"

pytestmark = pytest.mark.usefixtures("three_days")
Browser = Callable[[str | None], TestClient]


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    """The morning after the three days."""
    app.dependency_overrides[utc_now] = lambda: NOW
    yield
    app.dependency_overrides.clear()


def grid(browser: Browser, days: int = 4) -> dict[str, Any]:
    answer = browser("viewer").get(DAYS, params={"days": days})
    assert answer.status_code == 200, answer.text
    return {day["day"]: day for day in answer.json()["days"]}


def events(day: date) -> list[int]:
    """What the Export API has of each hour."""
    exported = expected_uuids(day, events_per_day=EVENTS_A_DAY)
    return [len(exported.get(hour, [])) for hour in range(24)]


def test_the_grid_shows_what_the_ledger_says(browser: Browser, table: Any) -> None:
    """Hour by hour, after a real load."""
    day = grid(browser)[f"{LOADED}"]
    assert (day["state"], day["complete"], day["source"]) == ("loaded", True, "load")
    assert [hour["events"] for hour in day["hours"]] == events(LOADED)
    shown = {hour["hour"]: (hour["state"], hour["events"]) for hour in day["hours"]}
    ledger = table.ledger(LOADED)
    assert shown == {hour: (state, events) for hour, (state, _, events) in ledger.items()}


def test_a_failed_load_leaves_its_day_exported(browser: Browser) -> None:
    """With what waits in the bucket, and why."""
    day = grid(browser)[f"{LANDED}"]
    assert day["state"] == "exported"
    assert {hour["events"] for hour in day["hours"]} == {None}
    assert sum(hour["exported"] for hour in day["hours"]) == sum(events(LANDED))
    assert "docs/runbook.md#warehouserefused" in day["reason"]


def test_a_failed_export_leaves_its_day_failed(browser: Browser) -> None:
    """And says which key was refused, without saying the key."""
    day = grid(browser)[f"{FAILED}"]
    assert day["state"] == "failed"
    assert "403" in day["reason"]
    assert day["run"]["state"] == "failed"


def test_the_header_counts(browser: Browser) -> None:
    """One day of three is complete, and the oldest that is not is no gap before it."""
    summary = browser("viewer").get(DAYS, params={"days": 4}).json()["summary"]
    assert summary["loaded_through"] == f"{LANDED}T00:00:00Z"
    assert (summary["days_due"], summary["days_complete"]) == (3, 1)
    assert (summary["hours_missing"], summary["first_gap"]) == (48, None)


def test_a_day_in_detail_has_each_station(browser: Browser) -> None:
    """Events as exported, unpacked, uploaded and loaded; tasks with a way to their logs."""
    day = browser("viewer").get(f"{DAYS}/{LOADED}").json()
    numbers = events(LOADED)
    for station in ("exported", "unpacked", "uploaded", "loaded"):
        assert [hour[station] for hour in day["hours"]] == numbers, station
    assert len(day["query_ids"]) == 1
    tasks = {task["task_id"]: task for task in day["tasks"]}
    assert tasks["load"]["state"] == "success"
    export = tasks["stage_window.export"]
    assert (export["label"], export["attempts"]) == ("00–23", 1)
    run_id = day["runs"][0]["run_id"].replace(":", "%3A").replace("+", "%2B")
    assert export["page"] == (
        f"dags/amplitude_to_snowflake/runs/{run_id}/tasks/stage_window.export/mapped/0"
    )


def test_a_failed_day_in_detail_says_which_task_and_why(browser: Browser) -> None:
    """The reason stands at the task that failed, and at no other."""
    day = browser("viewer").get(f"{DAYS}/{LANDED}").json()
    reasons = {task["task_id"]: task["runbook"] for task in day["tasks"] if task["reason"]}
    assert reasons == {"load": "warehouserefused"}
    assert {hour["loaded"] for hour in day["hours"]} == {None}
    assert sum(hour["uploaded"] for hour in day["hours"]) == sum(events(LANDED))


def test_a_day_without_a_run_has_no_detail_but_its_state(browser: Browser) -> None:
    """Today, and a day before anything."""
    assert browser("viewer").get(f"{DAYS}/{NOW:%Y-%m-%d}").json()["state"] == "not_due"
    before = browser("viewer").get(f"{DAYS}/2026-01-02").json()
    assert (before["state"], before["tasks"], before["runs"]) == ("unknown", [], [])


def test_the_file_for_a_spreadsheet_has_the_same_hours(browser: Browser) -> None:
    """Comma-separated, to be saved."""
    answer = browser("viewer").get(f"{DAYS}.csv", params={"days": 4})
    assert answer.headers["Content-Type"].startswith("text/csv")
    assert "attachment" in answer.headers["Content-Disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert len(rows) == 4 * 24
    loaded = [row for row in rows if row["day"] == f"{LOADED}"]
    assert sum(int(row["events"]) for row in loaded) == sum(events(LOADED))


PATHS = [DAYS, f"{DAYS}.csv", f"{DAYS}/{LOADED}"]


@pytest.mark.parametrize("path", PATHS)
def test_who_has_not_logged_in_learns_nothing(browser: Browser, path: str) -> None:
    """401 of each of them; a token that nobody signed is refused as well."""
    assert browser(None).get(path).status_code == 401
    forger = browser(None)
    forger.cookies.set("_token", "eyJhbGciOiJub25lIn0.e30.")
    assert forger.get(path).status_code in (401, 403)


@pytest.mark.parametrize("path", PATHS)
def test_who_may_not_see_the_dag_learns_nothing(browser: Browser, path: str) -> None:
    """403, and no day in the answer."""
    answer = browser("").get(path)
    assert answer.status_code == 403
    assert f"{LOADED}" not in answer.text


@pytest.mark.parametrize(("role", "may"), [("viewer", False), ("user", True), ("admin", True)])
def test_a_viewer_sees_but_may_not_act(browser: Browser, role: str, may: bool) -> None:
    """The page says so, and Airflow's own API holds to it."""
    client = browser(role)
    assert client.get(DAYS).json()["may"] == {"load": may}
    body = {
        "dag_id": "amplitude_to_snowflake",
        "from_date": f"{LANDED}T00:00:00Z",
        "to_date": f"{LANDED}T00:00:00Z",
    }
    asked = client.post("/api/v2/backfills/dry_run", json=body)
    assert asked.status_code == (200 if may else 403)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"{DAYS}?days=0", 422),
        (f"{DAYS}?days=401", 422),
        (f"{DAYS}?days=many", 422),
        (f"{DAYS}/yesterday", 422),
        (f"{DAYS}/2026-09-28", 404),
        (f"{DAYS}/2025-08-24", 200),
        (f"{DAYS}/2025-08-23", 404),
        (f"{DAYS}?days=400", 200),
    ],
)
def test_only_what_can_be_answered_is(browser: Browser, path: str, status: int) -> None:
    """From 1 to 400 days, and each of these days."""
    answer = browser("viewer").get(path)
    assert answer.status_code == status
    assert status == 200 or answer.json()["detail"]


def test_no_answer_holds_a_key(browser: Browser) -> None:
    """Neither Amplitude's nor Snowflake's, though both were refused."""
    client = browser("admin")
    said = "".join(client.get(f"{DAYS}/{day}").text for day in (LOADED, LANDED, FAILED))
    assert "403" in said
    assert WRONG_SECRET not in said


def test_every_answer_tells_the_browser_to_trust_nothing_else(browser: Browser) -> None:
    """The page, its files, data and refusals alike."""
    for path in ("/amplitude/", "/amplitude/static/page.js", DAYS, f"{DAYS}?days=0"):
        headers = browser("viewer").get(path).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert headers["X-Content-Type-Options"] == "nosniff"


def test_the_page_is_there_for_who_has_not_logged_in(browser: Browser) -> None:
    """To say so; no data is in it."""
    page = browser(None).get("/amplitude/")
    assert page.status_code == 200
    assert f"{LOADED}" not in page.text
