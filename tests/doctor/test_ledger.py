"""The event of `record_ledger` has what ledger and table hold, read with the loader's role."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from amplitude_export.errors import RecordInvalid, WarehouseRefused
from amplitude_export.load.load import load_day
from amplitude_export.manifest import DayManifest, LandedFile
from amplitude_export.record import Record, from_record, to_record
from amplitude_export.verify import task
from amplitude_export.verify.load_history import Recorded, findings, read_ledger
from amplitude_export.warehouse.hook import WarehouseHook
from amplitude_export.workspace import object_key

from tests.doctor.deployment import BUCKET, Deployment

FIRST, SECOND = date(2026, 7, 1), date(2026, 7, 2)
EVENTS = {FIRST: {0: 2, 9: 5}, SECOND: {9: 1, 23: 3}}
NOW = datetime(2026, 7, 3, 3, tzinfo=UTC)
TABLE, LEDGER = "AMPLITUDE.RAW.amplitude_raw", "AMPLITUDE.RAW.amplitude_loads"
NINE = "export_hour = '2026-07-01 09:00:00'"
NUMBERS = ("files", "events", "bytes", "quarantined")

# Of the default project among the mapped tasks.
PLACE = SimpleNamespace(map_index=0)

Read = Callable[[], dict[str, Record]]


def land(deployment: Deployment, day: date, hour: int, events: int) -> LandedFile:
    name = f"123456_{day}_{hour:02}_0.json"
    body = b'{"uuid":"made-up"}\n' * events
    key = object_key(day, name)
    deployment.aws("s3").put_object(Bucket=BUCKET, Key=key, Body=body)
    return LandedFile(hour, 0, name, key, events, len(body), "")


@pytest.fixture
def loaded(deployment: Deployment) -> Iterator[dict[str, Record]]:
    """The results of the loads of two days; rows and objects are removed afterwards."""
    results = {}
    for day, hours in EVENTS.items():
        files = [land(deployment, day, hour, events) for hour, events in hours.items()]
        manifest = DayManifest(day, files)
        committed = load_day(WarehouseHook().get_conn, manifest, f"run of {day}")
        results[f"{day}"] = to_record(committed)
        for file in files:
            deployment.aws("s3").delete_object(Bucket=BUCKET, Key=file.key)
    yield results
    deployment.run(f"delete from {TABLE}", f"delete from {LEDGER}")


def days(recorded: Record) -> dict[str, Record]:
    return {day["day"]: day for day in recorded["days"]}


@pytest.fixture
def read(deployment: Deployment) -> Read:
    """Return a function that reads the days with the loader's role."""
    return lambda: days(to_record(read_ledger(WarehouseHook().get_conn, NOW)))


@pytest.fixture
def at_now(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stop the task's clock."""
    monkeypatch.setattr(task, "datetime", SimpleNamespace(now=lambda zone: NOW))


@pytest.fixture
def projects(deployment: Deployment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """One project of the file with loaded days, one without, and one that was removed from it."""
    (config := tmp_path / "amplitude.yaml").write_text("projects: [{name: web}, {name: default}]")
    monkeypatch.setenv("AMPLITUDE_CONFIG", str(config))
    for table in (TABLE, LEDGER):
        deployment.run(
            f"insert into {table} select * replace ('app' as project) from {table} "
            "where export_day = '2026-07-02'"
        )
    return ["web", "default", "app"]


def test_the_event_has_each_hour_as_the_loads_reported_it(
    loaded: dict[str, Record], projects: list[str], dags: dict[str, Any], at_now: None
) -> None:
    """Each project has one, and AMPLITUDE_RAW none, so that no downstream DAG starts."""
    from airflow.models.asset import AssetEvent
    from airflow.utils.session import create_session
    from sqlalchemy import select

    run = dags["amplitude_doctor"].test(mark_success_pattern=r"doctor\..*")
    assert run.state == "success"
    with create_session() as session:
        query = select(AssetEvent).where(AssetEvent.source_run_id == run.run_id)
        events = session.scalars(query.order_by(AssetEvent.source_map_index)).all()
        assert {event.asset.name for event in events} == {"AMPLITUDE_LOADS"}
    assert [event.extra["project"] for event in events] == projects
    none, event, removed = events
    assert list(days(none.extra)) == []
    assert days(removed.extra) == {"2026-07-02": days(event.extra)["2026-07-02"]}
    assert (event.extra["first_day"], event.extra["last_day"]) == ("2025-05-30", "2026-07-03")
    assert list(days(event.extra)) == ["2026-07-01", "2026-07-02"]
    for day, found in days(event.extra).items():
        hours = loaded[day]["hours"]
        assert found["run_id"] == f"run of {day}"
        for column in ("state", *NUMBERS):
            assert found[column] == [hour[column] for hour in hours], column
        assert found["rows"] == found["events"]


def test_the_time_of_a_load_is_in_utc(
    loaded: dict[str, Record], read: Read, deployment: Deployment
) -> None:
    """To the second."""
    deployment.run(f"update {LEDGER} set loaded_at = '2026-07-03 02:31:07.123'")
    assert {day["loaded_at"] for day in read().values()} == {"2026-07-03T02:31:07Z"}


TAMPERED = {
    "a row is missing": (f"delete from {TABLE} where {NINE} and source_row = 1", 5, 4),
    "a row is there twice": (
        f"insert into {TABLE} select * from {TABLE} where {NINE} and source_row = 1",
        5,
        6,
    ),
    "the ledger's hour is missing": (f"delete from {LEDGER} where {NINE}", 0, 5),
    "the ledger has the hour twice": (
        f"insert into {LEDGER} select * from {LEDGER} where {NINE}",
        10,
        5,
    ),
    "rows are filed under another day's hour": (
        f"update {TABLE} set export_hour = '2026-07-02 10:00:00' where {NINE} and source_row < 3",
        5,
        3,
    ),
}


@pytest.mark.parametrize("case", TAMPERED)
def test_rows_of_the_table_are_beside_events_of_the_ledger(
    loaded: dict[str, Record], read: Read, deployment: Deployment, case: str
) -> None:
    """Both numbers of the changed hour; earlier hours and the other day agree as before."""
    statement, events, rows = TAMPERED[case]
    before = read()
    deployment.run(statement)
    found = read()
    first = found["2026-07-01"]
    assert (first["events"][9], first["rows"][9]) == (events, rows)
    assert first["rows"][:9] == first["events"][:9] == before["2026-07-01"]["events"][:9]
    assert found["2026-07-02"] == before["2026-07-02"]


def test_a_day_that_the_ledger_lost_has_its_rows(
    loaded: dict[str, Record], read: Read, deployment: Deployment
) -> None:
    """Without run, time and states, which only the ledger knows."""
    deployment.run(f"delete from {LEDGER} where export_day = '2026-07-01'")
    found = read()["2026-07-01"]
    assert (found["run_id"], found["loaded_at"], found["state"]) == (None, None, [None] * 24)
    assert all(found[number] == [0] * 24 for number in NUMBERS)
    assert {hour: rows for hour, rows in enumerate(found["rows"]) if rows} == EVENTS[FIRST]


def test_a_day_in_neither_is_not_in_the_event(
    loaded: dict[str, Record], read: Read, deployment: Deployment
) -> None:
    """Between first_day and last_day, its absence means that it is missing."""
    day = "export_day = '2026-07-01'"
    deployment.run(f"delete from {TABLE} where {day}", f"delete from {LEDGER} where {day}")
    assert list(read()) == ["2026-07-02"]


def test_the_range_is_400_days_and_ends_today_in_utc(
    loaded: dict[str, Record], deployment: Deployment
) -> None:
    """Both ends are included, whatever zone the clock has."""
    edges = ("2025-10-20", "2025-10-21", "2026-11-24", "2026-11-25")
    for edge in edges:
        deployment.run(
            f"insert into {LEDGER} (export_day, export_hour, state, files, events, bytes,"
            " quarantined, run_id, loaded_at, query_id)"
            f" select '{edge}', '{edge} 00:00:00', state, files, events, bytes,"
            f" null, run_id, loaded_at, query_id from {LEDGER} where {NINE}",
            f"insert into {TABLE} select json_data, '{edge}', '{edge} 00:00:00', source_file,"
            f" source_row, loaded_at, run_id, project from {TABLE} where {NINE}",
        )
    now = datetime(2026, 11, 25, 1, 30, tzinfo=timezone(timedelta(hours=2)))
    recorded = to_record(read_ledger(WarehouseHook().get_conn, now))
    assert (recorded["first_day"], recorded["last_day"]) == edges[1:3]
    assert list(days(recorded)) == [edges[1], "2026-07-01", "2026-07-02", edges[2]]
    assert days(recorded)["2025-10-21"]["quarantined"] == [0] * 24


@pytest.mark.parametrize("table", ["amplitude_raw", "amplitude_loads"])
def test_a_denied_read_fails_at_once_and_records_nothing(
    deployment: Deployment, table: str
) -> None:
    """The message names the missing right; a partial record is not sent."""
    event = SimpleNamespace(extra={})
    right = f"select on table AMPLITUDE.RAW.{table}"
    deployment.run(f"revoke {right} from role AMPLITUDE_LOADER")
    try:
        with pytest.raises(WarehouseRefused, match="failed to select recorded hours") as raised:
            task.record_ledger.function(outlet_events={task.AMPLITUDE_LOADS: event}, ti=PLACE)
    finally:
        deployment.run(f"grant {right} to role AMPLITUDE_LOADER")
    assert table.upper() in raised.value.what.upper()
    assert event.extra == {}


def test_the_findings_are_in_the_log(
    loaded: dict[str, Record], at_now: None, caplog: pytest.LogCaptureFixture
) -> None:
    """One line for each kind."""
    event = SimpleNamespace(extra={})
    with caplog.at_level("INFO", logger=task.__name__):
        task.record_ledger.function(outlet_events={task.AMPLITUDE_LOADS: event}, ti=PLACE)
    lines = [record.getMessage() for record in caplog.records if record.name == task.__name__]
    assert lines == findings(from_record(Recorded, event.extra))
    assert lines[0].endswith(": 2 (2026-07-01 to 2026-07-02).")


@pytest.mark.parametrize(("project", "place"), [("fake", 0), ("default", 1)])
def test_a_project_by_hand_is_not_recorded(
    loaded: dict[str, Record], at_now: None, project: str, place: int
) -> None:
    """The page reads the newest event of each place: a project's own must not be hidden."""
    event, instance = SimpleNamespace(extra={}), SimpleNamespace(map_index=place)
    with pytest.raises(RecordInvalid, match="the projects are default"):
        task.record_ledger.function(project, {task.AMPLITUDE_LOADS: event}, instance)
    assert event.extra == {}
