"""Runs of the daily DAG, each compared with what was exported, event by event."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from amplitude_export.plan import operator

from local.export_api import ExportApi
from tests.days import Day, no_pauses
from tests.pipeline.stand_ins import BUCKET, Table, amplitude

SAMPLE = date(2026, 9, 24)
BUSY = date(2026, 9, 23)
# The stand-in's project began on 2024-01-01.
EMPTY = date(2023, 5, 1)

Run = Callable[[date], Any]


@pytest.fixture
def run_day(dags: dict[str, Any], tables: Any, s3: Any, api: ExportApi, volume: Path) -> Run:
    """Return a function that runs the day's real tasks in this process, without a scheduler."""
    midnight = datetime.min.time()

    def run(day: date) -> Any:
        logical_date = datetime.combine(day, midnight, tzinfo=UTC)
        return dags["amplitude_to_snowflake"].test(logical_date=logical_date)

    return run


def exported(api: ExportApi, day: date) -> dict[int, list[str]]:
    """Return the uuids that the table should have of the day."""
    return {hour: sorted(uuids) for hour, uuids in api.expected_uuids(day).items() if uuids}


def files_on(volume: Path) -> list[str]:
    return sorted(path.name for path in volume.rglob("*") if path.is_file())


def states(run: Any) -> dict[str, str]:
    return {ti.task_id: str(ti.state) for ti in run.get_task_instances()}


def test_the_sample_day_is_loaded_completely(
    run_day: Run, api: ExportApi, table: Table, s3: Any, volume: Path
) -> None:
    """The table has its 19 rows, with the repeated uuid, and the ledger its 24 hours."""
    assert run_day(SAMPLE).state == "success"
    assert table.uuids(SAMPLE) == exported(api, SAMPLE)
    assert sum(map(len, table.uuids(SAMPLE).values())) == 19
    empty = dict.fromkeys(range(24), ("empty", 0, 0))
    assert table.ledger(SAMPLE) == empty | {2: ("loaded", 1, 10), 14: ("loaded", 2, 9)}
    keys = [
        o["Key"]
        for o in s3.list_objects_v2(Bucket=BUCKET, Prefix="python-import/2026-09-24/")["Contents"]
    ]
    assert keys == [
        "python-import/2026-09-24/123456_2026-09-24_02_0.json",
        "python-import/2026-09-24/123456_2026-09-24_14_0.json",
        "python-import/2026-09-24/123456_2026-09-24_14_1.json",
    ]
    assert files_on(volume) == ["export_20260924T00_20260924T23.zip", "loaded", "manifest.json"]


def test_rows_name_their_source_and_run(run_day: Run, table: Table) -> None:
    """File and line lead back to the object."""
    run = run_day(SAMPLE)
    rows = table.rows(
        "select source_file, source_row, run_id, json_data:event_type::string from amplitude_raw"
        " where export_day = %s and export_hour = '2026-09-24 14:00:00' order by 1, 2",
        f"{SAMPLE}",
    )
    first = "python-import/2026-09-24/123456_2026-09-24_14_0.json"
    assert [(file, row) for file, row, *_ in rows[:7]] == [(first, n) for n in range(1, 8)]
    assert {run_id for _, _, run_id, _ in rows} == {run.run_id}
    assert rows[0][3] == "[Amplitude] Element Clicked"


def test_a_day_that_runs_twice_is_loaded_once(run_day: Run, api: ExportApi, table: Table) -> None:
    """The second run replaces the rows of the first."""
    run_day(BUSY)
    assert run_day(BUSY).state == "success"
    assert table.uuids(BUSY) == exported(api, BUSY)
    assert len(table.ledger(BUSY)) == 24


def test_a_day_without_events_is_loaded_as_empty(run_day: Run, table: Table) -> None:
    """It has no rows, and 24 ledger rows in the state empty."""
    assert run_day(EMPTY).state == "success"
    assert table.uuids(EMPTY) == {}
    assert table.ledger(EMPTY) == dict.fromkeys(range(24), ("empty", 0, 0))


@pytest.mark.parametrize("day", [date(2019, 12, 30), date(2014, 11, 5), date(1969, 12, 31)])
def test_a_day_of_any_year_is_loaded(run_day: Run, table: Table, day: date) -> None:
    """No run is green without its tasks, however old its day is."""
    run = run_day(day)
    assert states(run) == dict.fromkeys(states(run), "success")
    assert {"wait_for_day", "load", "clean_up"} <= {*states(run)}
    assert table.ledger(day) == dict.fromkeys(range(24), ("empty", 0, 0))


@pytest.mark.parametrize(("hours", "windows"), [(1, 24), (6, 4), (9, 3)])
def test_windows_of_any_length_load_the_same_day(
    api: ExportApi, table: Table, volume: Path, tmp_path: Path, hours: int, windows: int
) -> None:
    """Each hour is in one window, and the day is complete; a window without events comes twice."""
    day = date(2026, 10, hours)
    with no_pauses():
        Day(tmp_path, volume, day, f"manual__{hours}", BUCKET, window_hours=hours).whole()
    assert table.uuids(day) == exported(api, day)
    requested = Counter((request.start, request.status) for request in api.requests)
    assert len(requested) == windows
    assert all(times == (2 if status == 404 else 1) for (_, status), times in requested.items())


def test_mapped_tasks_are_named_by_their_hours(
    run_day: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The UI shows 00–11 and 12–23 instead of 0 and 1."""
    monkeypatch.setenv("AIRFLOW_VAR_AMPLITUDE_WINDOW_HOURS", "12")
    run = run_day(date(2026, 10, 12))
    for task in ("export", "decompress", "upload"):
        found = [ti for ti in run.get_task_instances() if ti.task_id == f"stage_window.{task}"]
        assert [ti.rendered_map_index for ti in found] == ["00–11", "12–23"]


def test_a_day_that_is_too_large_is_split(run_day: Run, api: ExportApi, table: Table) -> None:
    """One task requests halves until they are small enough."""
    api.fail("too_large", above_hours=6)
    assert run_day(date(2026, 10, 13)).state == "success"
    assert [(r.start[-2:], r.end[-2:], r.status) for r in api.requests] == [
        ("00", "23", 400),
        ("00", "11", 400),
        ("00", "05", 200),
        ("06", "11", 200),
        ("12", "23", 400),
        ("12", "17", 200),
        ("18", "23", 200),
    ]
    assert table.uuids(date(2026, 10, 13)) == exported(api, date(2026, 10, 13))


def test_gzipped_members_land_unchanged(
    run_day: Run, api: ExportApi, table: Table, s3: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rows are the same, from a tenth of the bytes."""
    day = date(2026, 10, 14)
    monkeypatch.setenv("AIRFLOW_VAR_AMPLITUDE_LANDING_FORMAT", "json.gz")
    assert run_day(day).state == "success"
    assert table.uuids(day) == exported(api, day)
    landed = s3.list_objects_v2(Bucket=BUCKET, Prefix=f"python-import/{day}/")["Contents"]
    assert all(entry["Key"].endswith(".json.gz") for entry in landed)


def test_a_wrong_key_fails_at_once_with_advice(
    run_day: Run,
    api: ExportApi,
    table: Table,
    environment: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """There is one request, no retry and no row; the advice names connection and region."""
    day = date(2026, 10, 15)
    wrong = json.dumps(amplitude(api.url) | {"password": "not-the-secret"})
    environment.setenv("AIRFLOW_CONN_AMPLITUDE_DEFAULT", wrong)
    run = run_day(day)
    assert run.state == "failed"
    assert [request.status for request in api.requests] == [403]
    assert states(run)["load"] == "upstream_failed"
    assert table.uuids(day) == {}
    assert table.ledger(day) == {}
    log = "".join(capfd.readouterr())
    assert "check login (API key) and password (secret key)" in log
    assert "analytics.eu.amplitude.com" in log
    assert "amplitude/runbook#exportrefused" in caplog.text
    assert "not-the-secret" not in log


def test_a_missing_bucket_fails_at_once_and_loses_nothing(
    run_day: Run,
    table: Table,
    volume: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """The unpacked files stay on the volume; the table is unchanged."""
    monkeypatch.setenv("AIRFLOW_VAR_AMPLITUDE_BUCKET", "never-created-bucket")
    before = table.uuids(SAMPLE)
    assert run_day(SAMPLE).state == "failed"
    assert table.uuids(SAMPLE) == before
    assert "123456_2026-09-24_02_0.json" in files_on(volume)
    log = "".join(capfd.readouterr())
    assert "NoSuchBucket" in log
    assert "Variable amplitude_bucket" in log


def test_an_unknown_landing_format_is_refused(
    run_day: Run, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """The message names the allowed values."""
    monkeypatch.setenv("AIRFLOW_VAR_AMPLITUDE_LANDING_FORMAT", "parquet")
    assert run_day(SAMPLE).state == "failed"
    assert "one of json, json.gz" in "".join(capfd.readouterr())


def test_a_day_in_the_future_is_refused(
    run_day: Run, api: ExportApi, capfd: pytest.CaptureFixture[str]
) -> None:
    """There is no request, and no task waits."""
    assert run_day(date(2126, 1, 1)).state == "failed"
    assert "2126-01-01 has not begun" in "".join(capfd.readouterr())
    assert api.requests == []


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/New_York"])
def test_another_zones_midnight_is_refused(
    dags: dict[str, Any],
    api: ExportApi,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    zone: str,
) -> None:
    """There is no request; the log has the string to type, and its section of the runbook."""
    logical_date = datetime.combine(SAMPLE, datetime.min.time(), tzinfo=ZoneInfo(zone))
    assert dags["amplitude_to_snowflake"].test(logical_date=logical_date).state == "failed"
    log = "".join(capfd.readouterr())
    assert "2026-09-24T00:00:00Z" in log
    assert "amplitude/runbook#logicaldaterefused" in caplog.text
    assert api.requests == []


def test_a_run_waits_until_its_day_is_complete(
    run_day: Run, table: Table, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """The task defers, the trigger fires, and the day is loaded."""
    # Counted from the task's first check: Airflow's start can take longer than the wait.
    complete_at = cache(lambda day: datetime.now(UTC) + timedelta(seconds=1))
    monkeypatch.setattr(operator, "day_complete_at", lambda day, now: complete_at(day))
    assert run_day(SAMPLE).state == "success"
    assert "; waiting." in "".join(capfd.readouterr())
    assert sum(map(len, table.uuids(SAMPLE).values())) == 19


def test_archives_can_be_removed_with_the_load(
    run_day: Run, volume: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With amplitude_archive_days=0 no file of a loaded day stays on the volume."""
    monkeypatch.setenv("AIRFLOW_VAR_AMPLITUDE_ARCHIVE_DAYS", "0")
    assert run_day(SAMPLE).state == "success"
    assert list(volume.iterdir()) == []
