"""A daily run that began under 0.5.0 continues: today's tasks read its XComs and files."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from amplitude_export.errors import WarehouseRefused
from amplitude_export.verify.verify import verify_day
from amplitude_export.warehouse.hook import WarehouseHook

from tests.upgrade.deployment import BUCKET, Deployment
from tests.upgrade.recorder import DAILY, GIVEN, function
from tests.upgrade.recordings import ADDED_COLUMNS, LOADS, OLD, RAW, known

ROWS = "select export_hour, source_file, json_data:uuid::string as uuid, run_id from " + RAW
RUNS = ("daily", "daily_windows")
WINDOWS = [(run, window) for run in ("daily_windows", "daily_unfinished") for window in (0, 1)]


def load(dag: Any, run: str, manifests: list[Any]) -> Any:
    """Run today's load; check that its asset event has the same record, and return it."""
    outlets: Any = defaultdict(SimpleNamespace)
    day, run_id = OLD.xcom(run, "wait_for_day"), OLD.run(run)["run_id"]
    loaded = function(dag, "load")(
        day, manifests, run_id, BUCKET, outlet_events=outlets, dag_run=OLD.dag_run(run)
    )
    assert {asset.name: event.extra for asset, event in outlets.items()} == {
        "AMPLITUDE_RAW": loaded
    }
    return loaded


def stored(deployment: Deployment, run: str) -> Counter[tuple[str, str, str]]:
    rows = deployment.rows(f"{ROWS} where export_day = '{OLD.day(run)}'")
    assert {row["RUN_ID"] for row in rows} == {OLD.run(run)["run_id"]}
    return Counter((f"{r['EXPORT_HOUR']}", r["SOURCE_FILE"], r["UUID"]) for r in rows)


@pytest.mark.parametrize("run", RUNS)
def test_plan_windows_takes_an_old_day(today: dict[str, Any], run: str) -> None:
    """The windows are the same as under 0.5.0."""
    hours = "24" if run == "daily" else "12"
    planned = function(today[DAILY], "plan_windows")(OLD.xcom(run, "wait_for_day"), hours)
    assert planned == OLD.xcom(run, "plan_windows")


def test_a_wait_resumes_in_the_method_that_airflow_stored(today: dict[str, Any]) -> None:
    """The trigger fires after the upgrade."""
    waiting = OLD.read("waiting.json")
    task = today[DAILY].get_task("wait_for_day")
    midnight = datetime(2026, 9, 24, tzinfo=UTC)
    run = SimpleNamespace(logical_date=midnight, run_after=None, run_type="scheduled")
    resume = getattr(task, waiting["method_name"])
    assert resume({"dag_run": run}, event=None, **(waiting["kwargs"] or {})) == "2026-09-24"


def test_export_takes_an_old_window(
    today: dict[str, Any], deployment: Deployment, tmp_path: Path
) -> None:
    """The record is the same as under 0.5.0, except for the worker's name."""
    (window,) = OLD.xcom("daily", "plan_windows")
    operator = type(today[DAILY].get_task("stage_window.export"))(
        task_id="export", window=window, data_dir=str(tmp_path)
    )
    exported = operator.execute(
        {"run_id": OLD.run("daily")["run_id"], "dag_run": OLD.dag_run("daily")}
    )
    old = OLD.xcom("daily", "stage_window.export")
    assert known(exported, old) | {"host": ""} == old | {"host": ""}


@pytest.mark.parametrize(("run", "window"), WINDOWS)
def test_decompress_takes_an_old_archive(
    today: dict[str, Any], old_volume: Path, run: str, window: int
) -> None:
    """The manifest is the same, and has more; bad lines are quarantined as before."""
    manifest = function(today[DAILY], "stage_window.decompress")(
        OLD.xcoms(run, "stage_window.export")[window],
        landing_format="json",
        params={"quarantine": True},
        **OLD.daily_place(run, old_volume),
    )
    old = OLD.xcoms(run, "stage_window.decompress")[window]
    # The time of the export is unknown, and no gap was confirmed.
    assert known(manifest, old) == old
    assert (manifest["exported_at"], manifest["gaps"]) == ([], [])
    for file in manifest["files"] + manifest["set_aside"]:
        assert (file["json_bytes"], file["json_crc32"]) == (file["bytes"], file["crc32"])


def test_an_unfinished_upload_continues_and_its_day_is_loaded(
    today: dict[str, Any], deployment: Deployment, old_volume: Path, bucket: str
) -> None:
    """Only the refused file is sent; the window that was uploaded before is not sent again."""
    run, sent_before = "daily_unfinished", len(deployment.s3_proxy.requests)
    manifest, other = OLD.xcoms(run, "stage_window.decompress")
    common = OLD.daily_place(run, old_volume)
    uploaded = function(today[DAILY], "stage_window.upload")(manifest, bucket=bucket, **common)
    assert known(uploaded, manifest) == manifest
    sent = [request.path for request in deployment.s3_proxy.requests[sent_before:]]
    refused = f"{OLD.day(run)}_02_1.json"
    assert [path.split("?")[0].endswith(refused) for path in sent] == [True]

    already = OLD.xcoms(run, "stage_window.upload")
    assert already == [other]
    loaded = load(today[DAILY], run, [uploaded, *already])
    assert (loaded["events"], loaded["files"], loaded["quarantined"]) == (4, 2, 2)
    assert stored(deployment, run).total() == 4
    cleaned = function(today[DAILY], "clean_up")(loaded, archive_days="7", **common)
    assert cleaned == {"json_files": 2, "archive_folders": 0}
    assert not [*old_volume.rglob("uploaded.jsonl"), *old_volume.rglob("json")]


@pytest.mark.parametrize("run", RUNS)
def test_load_takes_old_manifests(
    today: dict[str, Any], deployment: Deployment, bucket: str, run: str
) -> None:
    """The rows are the same, and so is the result, except for the query's id."""
    loaded = load(today[DAILY], run, OLD.xcoms(run, "stage_window.upload"))
    old = OLD.xcom(run, "load") | {"query_ids": []}
    assert known(loaded, old) | {"query_ids": []} == old
    rows = OLD.rows("amplitude_raw", OLD.day(run))
    assert stored(deployment, run) == Counter(
        (row["EXPORT_HOUR"], row["SOURCE_FILE"], row["UUID"]) for row in rows
    )


@pytest.mark.parametrize("run", RUNS)
def test_an_old_ledger_gets_its_columns_from_the_set_up(
    today: dict[str, Any], deployment: Deployment, bucket: str, run: str
) -> None:
    """Before that, a load names the set-up and changes nothing; after it, the load passes."""
    OLD.restore_day(deployment, OLD.day(run))
    ledger = f"select * from {LOADS} where export_day = '{OLD.day(run)}' order by export_hour"
    with deployment.session() as cursor:
        for column in ADDED_COLUMNS["amplitude_loads"]:
            cursor.execute(f"alter table {LOADS} drop column {column}")
    before = (stored(deployment, run), deployment.rows(ledger))
    manifests = OLD.xcoms(run, "stage_window.upload")
    with pytest.raises(WarehouseRefused, match="run the DAG amplitude_setup"):
        load(today[DAILY], run, manifests)
    assert (stored(deployment, run), deployment.rows(ledger)) == before
    step = function(today["amplitude_setup"], "create_objects")(BUCKET, params=GIVEN)
    assert [line.split()[:3] for line in step["changed"]] == [
        ["+", "column", f"amplitude_loads.{column}"]
        for column in sorted(ADDED_COLUMNS["amplitude_loads"])
    ]
    load(today[DAILY], run, manifests)
    found = [(row["REPLACED_EVENTS"], row["REPLACED_RUN_ID"]) for row in deployment.rows(ledger)]
    assert found == [(row["EVENTS"], row["RUN_ID"]) for row in before[1]]


@pytest.mark.parametrize("run", RUNS)
def test_clean_up_takes_an_old_load(today: dict[str, Any], old_volume: Path, run: str) -> None:
    """Its archives were marked as loaded under 0.5.0; with 0 days they have expired."""
    cleaned = function(today[DAILY], "clean_up")(
        OLD.xcom(run, "load"), archive_days="0", **OLD.daily_place(run, old_volume)
    )
    assert cleaned == {"json_files": 0, "archive_folders": 3}  # One for each window of both days.
    assert not (old_volume / f"{OLD.day(run)}").exists()
    assert (old_volume / f"{OLD.day('daily_unfinished')}").exists()


@pytest.mark.parametrize("run", RUNS)
def test_verify_finds_no_problem_with_an_old_day(
    deployment: Deployment, old_volume: Path, bucket: str, run: str
) -> None:
    """Volume, bucket, ledger and table come from 0.5.0; every event is compared."""
    OLD.restore_day(deployment, OLD.day(run))
    verdict = verify_day(WarehouseHook().get_conn, old_volume, OLD.day(run))
    assert verdict.problems == []
    assert verdict.loaded
    assert verdict.compared
    assert verdict.events == OLD.xcom(run, "load")["events"]


def test_a_damaged_old_day_is_found(deployment: Deployment, old_volume: Path, bucket: str) -> None:
    """This proves that verify can fail on these recordings."""
    OLD.restore_day(deployment, OLD.day("daily"))
    with deployment.session() as cursor:
        cursor.execute(f"delete from {RAW} where source_row = 1")
    verdict = verify_day(WarehouseHook().get_conn, old_volume, OLD.day("daily"))
    assert any("missing from the table" in problem for problem in verdict.problems)
