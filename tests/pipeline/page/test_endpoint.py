"""The page's endpoint, requested through Airflow's own application after real runs."""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from amplitude_export.page.app import app
from amplitude_export.page.choice import read_xcom, utc_now
from fastapi.testclient import TestClient

from local.export_api import ExportApi, expected_uuids
from tests.page.fleet import run_of
from tests.pipeline.page.days import EVENTS_A_DAY, FAILED, LANDED, LOADED, NOW, WRONG_SECRET
from tests.pipeline.stand_ins import amplitude

DAYS = "/amplitude/api/days"

pytestmark = pytest.mark.usefixtures("three_days")
Browser = Callable[[str | None], TestClient]


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    """Set the page's clock to the morning after the three days."""
    app.dependency_overrides[utc_now] = lambda: NOW
    yield
    app.dependency_overrides.clear()


def grid(browser: Browser, days: int = 4) -> dict[str, Any]:
    response = browser("viewer").get(DAYS, params={"days": days})
    assert response.status_code == 200, response.text
    return {day["day"]: day for day in response.json()["days"]}


def events(day: date) -> list[int]:
    """Return the events that the Export API has of each hour."""
    exported = expected_uuids(day, events_per_day=EVENTS_A_DAY)
    return [len(exported.get(hour, [])) for hour in range(24)]


def test_the_grid_agrees_with_the_ledger(browser: Browser, table: Any) -> None:
    """Hour by hour, after a real load."""
    day = grid(browser)[f"{LOADED}"]
    assert (day["state"], day["complete"], day["source"]) == ("loaded", True, "load")
    assert [hour["events"] for hour in day["hours"]] == events(LOADED)
    shown = {hour["hour"]: (hour["state"], hour["events"]) for hour in day["hours"]}
    ledger = table.ledger(LOADED)
    assert shown == {hour: (state, events) for hour, (state, _, events) in ledger.items()}


def test_a_day_whose_load_failed_is_exported(browser: Browser) -> None:
    """With the events in the bucket, and the reason."""
    day = grid(browser)[f"{LANDED}"]
    assert day["state"] == "exported"
    assert {hour["events"] for hour in day["hours"]} == {None}
    assert sum(hour["exported"] for hour in day["hours"]) == sum(events(LANDED))
    assert "What to do: " in day["reason"]
    assert "runbook" not in day["reason"]


def test_a_day_whose_export_failed_is_failed(browser: Browser) -> None:
    """The reason has the status, and no key."""
    day = grid(browser)[f"{FAILED}"]
    assert day["state"] == "failed"
    assert "403" in day["reason"]
    assert day["run"]["state"] == "failed"


def test_xcoms_in_an_object_store_are_resolved(browser: Browser, object_store: Path) -> None:
    """As a task reads them; the page is the same as with XComs in the database."""
    days = grid(browser)
    assert days[f"{LANDED}"]["state"] == "exported"
    assert "What to do: " in days[f"{LANDED}"]["reason"]
    assert "403" in days[f"{FAILED}"]["reason"]
    loaded = browser("viewer").get(f"{DAYS}/{LOADED}").json()
    assert [hour["uploaded"] for hour in loaded["hours"]] == events(LOADED)


def test_no_object_is_made_of_a_list_by_hand() -> None:
    """Airflow's deserializer would call a class of the list's choice, in the api-server."""
    value = {"path": "x", "mtime": 0}
    made = {"__classname__": "airflow.sdk.definitions.asset.Asset", "__version__": 1}
    stored = [made | {"__data__": {"name": "a", "uri": "a", "group": "a", "extra": value}}]
    assert read_xcom("return_value", stored) == stored


def test_an_object_store_that_cannot_be_read_is_named(browser: Browser, object_store: Path) -> None:
    """Nothing is invented in the place of a result, and the rest of the page is there."""
    shutil.rmtree(object_store)
    days = grid(browser)
    assert days[f"{LOADED}"]["state"] == "loaded"
    assert "XCom backend" in days[f"{FAILED}"]["reason"]
    loaded = browser("viewer").get(f"{DAYS}/{LOADED}").json()
    reasons = {task["task_id"]: task["reason"] for task in loaded["tasks"] if task["reason"]}
    assert set(reasons) == {"stage_window.decompress", "stage_window.upload"}
    assert {hour["uploaded"] for hour in loaded["hours"]} == {None}


def test_the_summary_counts_days_and_hours(browser: Browser) -> None:
    """One day of three is complete, and no gap is before it."""
    summary = browser("viewer").get(DAYS, params={"days": 4}).json()["summary"]
    assert summary["loaded_through"] == f"{LANDED}T00:00:00Z"
    assert (summary["days_due"], summary["days_complete"]) == (3, 1)
    assert (summary["hours_missing"], summary["first_gap"]) == (48, None)


def test_a_day_in_detail_has_each_station(browser: Browser) -> None:
    """Events as exported, unpacked, uploaded and loaded; tasks with a link to their logs."""
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


def test_a_failed_day_in_detail_has_the_reason_at_its_task(browser: Browser) -> None:
    """Only the failed task has a reason."""
    day = browser("viewer").get(f"{DAYS}/{LANDED}").json()
    reasons = {task["task_id"]: task["runbook"] for task in day["tasks"] if task["reason"]}
    assert reasons == {"load": "warehouserefused"}
    assert {hour["loaded"] for hour in day["hours"]} == {None}
    assert sum(hour["uploaded"] for hour in day["hours"]) == sum(events(LANDED))


def test_a_day_without_a_run_has_only_its_state(browser: Browser) -> None:
    """Today, and a day before the first run."""
    assert browser("viewer").get(f"{DAYS}/{NOW:%Y-%m-%d}").json()["state"] == "not_due"
    before = browser("viewer").get(f"{DAYS}/2026-01-02").json()
    assert (before["state"], before["tasks"], before["runs"]) == ("unknown", [], [])


def test_the_file_for_a_spreadsheet_has_the_same_hours(browser: Browser) -> None:
    """As an attachment, one line for each hour."""
    response = browser("viewer").get(f"{DAYS}.csv", params={"days": 4})
    assert response.headers["Content-Type"].startswith("text/csv")
    assert "attachment" in response.headers["Content-Disposition"]
    rows = list(csv.DictReader(io.StringIO(response.text)))
    assert len(rows) == 4 * 24
    loaded = [row for row in rows if row["day"] == f"{LOADED}"]
    assert sum(int(row["events"]) for row in loaded) == sum(events(LOADED))


PATHS = [DAYS, f"{DAYS}.csv", f"{DAYS}/{LOADED}"]


@pytest.mark.parametrize("path", PATHS)
def test_a_request_without_a_login_gets_no_data(browser: Browser, path: str) -> None:
    """401 for each path; an unsigned token is refused as well."""
    assert browser(None).get(path).status_code == 401
    forger = browser(None)
    forger.cookies.set("_token", "eyJhbGciOiJub25lIn0.e30.")
    assert forger.get(path).status_code in (401, 403)


@pytest.mark.parametrize("path", PATHS)
def test_a_user_without_access_to_the_dag_gets_no_data(browser: Browser, path: str) -> None:
    """403, and no day in the response."""
    response = browser("").get(path)
    assert response.status_code == 403
    assert f"{LOADED}" not in response.text


@pytest.mark.parametrize(("role", "may"), [("viewer", False), ("user", True), ("admin", True)])
def test_a_viewer_can_read_and_cannot_start_runs(browser: Browser, role: str, may: bool) -> None:
    """The endpoint reports it, and Airflow's own API enforces it."""
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
def test_only_valid_ranges_and_days_are_served(browser: Browser, path: str, status: int) -> None:
    """From 1 to 400 days, and each of those days."""
    response = browser("viewer").get(path)
    assert response.status_code == status
    assert status == 200 or response.json()["detail"]


def test_no_response_contains_a_key(browser: Browser) -> None:
    """Although Amplitude refused one."""
    client = browser("admin")
    text = "".join(client.get(f"{DAYS}/{day}").text for day in (LOADED, LANDED, FAILED))
    assert "403" in text
    assert WRONG_SECRET not in text


def test_every_response_forbids_content_from_elsewhere(browser: Browser) -> None:
    """The page, its files, data and errors alike."""
    for path in ("/amplitude/", "/amplitude/static/page.js", DAYS, f"{DAYS}?days=0"):
        headers = browser("viewer").get(path).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert headers["X-Content-Type-Options"] == "nosniff"


def test_the_page_itself_needs_no_login(browser: Browser) -> None:
    """It contains no data, and offers the login."""
    page = browser(None).get("/amplitude/")
    assert page.status_code == 200
    assert f"{LOADED}" not in page.text


@pytest.fixture
def result(browser: Browser) -> Iterator[Callable[[str], None]]:
    """Return a function that writes the result of the landed day's upload by hand, as JSON."""
    admin, runs = browser("admin"), "/api/v2/dags/amplitude_to_snowflake/dagRuns"
    found = admin.get(runs, params={"logical_date_gte": f"{LANDED}T00:00:00Z"}).json()["dag_runs"]
    (run,) = (r["dag_run_id"] for r in found if r["logical_date"].startswith(f"{LANDED}"))
    entry = f"{runs}/{quote(run, safe='')}/taskInstances/stage_window.upload/xcomEntries"
    entry += "/return_value"
    own = admin.get(entry, params={"map_index": 0, "stringify": "false"}).json()["value"]

    def write(text: str) -> None:
        body = f'{{"value": {text}, "map_index": 0}}'
        admin.patch(entry, content=body, headers={"Content-Type": "application/json"})

    yield write
    write(json.dumps(own))


BY_HAND = ['"text"', "[[]]", "NaN", '{"a": NaN}', '{"window": {"start": "", "end": ""}}']


@pytest.mark.parametrize("text", BY_HAND)
def test_a_result_by_hand_harms_its_own_day_alone(
    browser: Browser, result: Callable[[str], None], text: str
) -> None:
    """The others are as before; the day counts nothing in the bucket, and can be opened."""
    before = grid(browser)
    result(text)
    after = grid(browser)
    assert after.pop(f"{LANDED}")["state"] == "failed"
    assert before.pop(f"{LANDED}")["state"] == "exported"
    assert after == before
    day = browser("viewer").get(f"{DAYS}/{LANDED}").json()
    reasons = {task["task_id"]: task["reason"] for task in day["tasks"]}
    assert "task's result" in reasons["stage_window.upload"]


@pytest.mark.parametrize("run_id", ["~", ".", "a/b", "a?b#c", "x" * 250])
def test_a_run_id_by_hand_shows_no_other_run(
    browser: Browser, monkeypatch: pytest.MonkeyPatch, run_id: str
) -> None:
    """Airflow takes ~ for all runs, whose uploads would then count for the day of this one."""
    from airflow.utils.session import create_session

    monkeypatch.setenv("AIRFLOW__SCHEDULER__ALLOWED_RUN_ID_PATTERN", ".+")
    before, day = grid(browser, 6), date(2026, 9, 23)
    run = run_of("default", day, failed=True)
    run.run_id = run_id
    with create_session() as session:
        session.add(run)
    try:
        after = grid(browser, 6)
        detail = browser("viewer").get(f"{DAYS}/{day}").json()
    finally:
        with create_session() as session:
            session.delete(session.merge(run))
    assert {hour["exported"] for hour in after.pop(f"{day}")["hours"]} == {None}
    del before[f"{day}"]
    assert after == before
    assert (detail["tasks"], detail["run"]["run_id"]) == ([], run_id)


def test_an_event_by_hand_is_no_load(browser: Browser) -> None:
    """Only `load` of the project's own DAG loads a day."""
    admin, before = browser("admin"), grid(browser)
    assets = admin.get("/api/v2/assets", params={"name_pattern": "AMPLITUDE_RAW"}).json()["assets"]
    extra = admin.get("/api/v2/assets/events", params={"source_task_id": "load"}).json()
    crafted = extra["asset_events"][0]["extra"] | {"day": f"{LANDED}"}
    sent = admin.post("/api/v2/assets/events", json={"asset_id": assets[0]["id"], "extra": crafted})
    assert sent.status_code == 200, sent.text
    assert grid(browser) == before


def test_nothing_but_the_pages_own_files_is_stored_by_a_cache(browser: Browser) -> None:
    """Data, errors and the runbook do not stay on a shared computer."""
    client = browser("viewer")
    for path in (DAYS, f"{DAYS}.csv", f"{DAYS}?days=0", "/amplitude/runbook"):
        assert client.get(path).headers["Cache-Control"] == "private, no-store", path
    for path in ("/amplitude/", "/amplitude/static/page.js"):
        assert client.get(path).headers["Cache-Control"] == "no-cache", path


def test_a_second_look_is_shown(
    browser: Browser, dags: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A day is verified; once it has grown at Amplitude, the page has the numbers and the load.

    A later load from the bucket is shown as well.
    """
    day, volume = date(2026, 9, 23), tmp_path / "volume"
    volume.mkdir()
    monkeypatch.setenv("AIRFLOW_VAR_AMPLITUDE_DATA_DIR", str(volume))

    def look(minute: int) -> Any:
        at = datetime(2026, 9, 26, 6, minute, tzinfo=UTC)
        assert dags["amplitude_second_look"].test(logical_date=at).state == "success"
        lines = browser("viewer").get(f"{DAYS}.csv", params={"days": 5}).text.splitlines()
        row = next(each for each in csv.DictReader(lines) if (each["day"], each["hour"]) == at_nine)
        return grid(browser, 5)[f"{day}"], row

    at_nine = (f"{day}", "9")
    with ExportApi(events_per_day=EVENTS_A_DAY) as api:
        monkeypatch.setenv("AIRFLOW_CONN_AMPLITUDE_DEFAULT", json.dumps(amplitude(api.url)))
        midnight = datetime(2026, 9, 23, tzinfo=UTC)
        assert dags["amplitude_to_snowflake"].test(logical_date=midnight).state == "success"
        shown, row = look(47)
        assert (shown["verified_at"][-1], shown["changed_at_source"]) == ("Z", None)
        assert row["verified_at"] == shown["verified_at"]
        before = shown["events"]

        api.change(day, "grow", hour=9)
        shown, row = look(48)
    changed = shown["changed_at_source"]
    assert (shown["state"], shown["source"], shown["verified_at"]) == ("loaded", "load", None)
    assert (changed["replaced"], changed["gone"]) == (True, 0)
    assert shown["events"] == before + changed["new"] > before
    assert [hour["hour"] for hour in changed["hours"]] == [9]
    assert (row["verified_at"], row["new_at_source"]) == ("", f"{changed['new']}")
    # The daily run is still the day's run; its number of events is that of the newest load.
    assert shown["run"]["state"] == "success"

    detail = browser("viewer").get(f"{DAYS}/{day}").json()
    assert detail["loaded_since"] == changed["run_id"]
    # As the daily run had counted it.
    assert detail["hours"][9]["exported"] == detail["hours"][9]["loaded"] - changed["new"]

    asked = {"project": "default", "from": f"{day}", "to": f"{day}"}
    assert dags["amplitude_reload"].test(run_conf=asked).state == "success"
    again = grid(browser, 5)[f"{day}"]
    assert again["loaded_at"] > shown["loaded_at"]
    assert again["events"] == shown["events"]
