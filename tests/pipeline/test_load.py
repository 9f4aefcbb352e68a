"""The load into the warehouse: the whole day, or nothing and an error."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from functools import partial
from typing import Any

import pytest
import snowflake.connector
from amplitude_export.errors import (
    CountsDiffer,
    PipelineError,
    WarehouseRefused,
    WarehouseUnavailable,
)
from amplitude_export.load.load import load_day
from amplitude_export.manifest import DayManifest
from amplitude_export.warehouse.hook import WarehouseHook

from tests.pipeline.landed import DAY, events
from tests.pipeline.stand_ins import BUCKET, Table, connection


@pytest.fixture
def load(connect: Callable[[], Any]) -> Callable[..., Any]:
    """A load of these files, whatever the day had before: see test_load_guards.py."""
    return lambda *files, run="run-1", day=DAY: load_day(
        connect, DayManifest(day, list(files)), run, accept_fewer=True
    )


@pytest.fixture
def loaded_before(load: Any, landed: Any, table: Table) -> dict[int, list[str]]:
    """The uuids of the day after an earlier run: three events from 05:00 to 06:00."""
    load(landed(5, 3, mark="before-"))
    return table.uuids(DAY)


def test_a_day_that_is_loaded_again_with_fewer_events_keeps_nothing_of_before(
    load: Any, landed: Any, table: Table, loaded_before: dict[int, list[str]]
) -> None:
    """Files and hours that no longer exist leave no rows behind, once a person has accepted it."""
    result = load(landed(7, 2), landed(7, 1, part=1), run="run-2")
    assert {hour: len(uuids) for hour, uuids in table.uuids(DAY).items()} == {7: 3}
    assert table.ledger(DAY)[7] == ("loaded", 2, 3)
    assert table.ledger(DAY)[5] == ("empty", 0, 0)
    assert result.events == 3
    assert len(result.query_ids) == 1


BROKEN = {
    "fewer rows than exported": (partial(events, 6, 4), 5, CountsDiffer, "5 exported, 4 copied"),
    "more rows than exported": (partial(events, 6, 6), 5, CountsDiffer, "5 exported, 6 copied"),
    "a line that is not JSON": (lambda: b'{"a":1}\n{"a":\n', 2, WarehouseRefused, "_06_0.json"),
}


@pytest.mark.parametrize("case", BROKEN, ids=str)
def test_a_load_whose_counts_differ_is_rolled_back(
    load: Any, landed: Any, table: Table, loaded_before: dict[int, list[str]], case: str
) -> None:
    """Table and ledger are unchanged; the message names the file and the numbers."""
    body, count, error, message = BROKEN[case]
    with pytest.raises(error, match=message):
        load(landed(5, 3), landed(6, count, body()), run="run-2")
    assert table.uuids(DAY) == loaded_before
    assert table.ledger(DAY)[5] == ("loaded", 1, 3)


_AT_FIVE = f"from amplitude_raw where run_id = 'run-2' and export_hour = '{DAY} 05:00:00'"
_COLUMNS = "json_data, export_day, {}, source_file, source_row, loaded_at, run_id, project"


def copies(hour: str, rows: str = "source_row = 1") -> str:
    """Return the statement that copies rows of 05:00 to another hour."""
    columns = _COLUMNS.format(f"'{hour}'")
    return f"insert into amplitude_raw select {columns} {_AT_FIVE} and {rows}"


def moves(hour: str, rows: str) -> str:
    return (
        f"update amplitude_raw set export_hour = '{hour}' where run_id = 'run-2' and "
        f"export_hour = '{DAY} 05:00:00' and {rows}"
    )


CHANGED_AFTER_THE_COPY = {
    "a row comes in": (copies(f"{DAY} 05:00:00"), "05:00:00: 3 exported, 4 stored"),
    "a row comes into an empty hour": (copies(f"{DAY} 20:00:00"), "20:00:00: 0 exported, 1 "),
    "a row disappears": (f"delete {_AT_FIVE} and source_row = 1", "05:00:00: 3 exported, 2 "),
    "an hour disappears": (f"delete {_AT_FIVE}", "05:00:00: 3 exported, 0 stored"),
    "a row moves to another hour": (
        moves(f"{DAY} 06:00:00", "source_row = 1"),
        "05:00:00: 3 exported, 2 stored; 2026-07-01 06:00:00: 2 exported, 3 stored",
    ),
    "an hour moves to the day before": (
        moves("2026-06-30 05:00:00", "true"),
        "2026-06-30 05:00:00: 0 exported, 3 stored; 2026-07-01 05:00:00: 3 exported, 0 stored",
    ),
    "an hour comes in a second time under the day after": (
        copies("2026-07-02 05:00:00", "true"),
        "2026-07-02 05:00:00: 0 exported, 3 stored",
    ),
    "a row moves within its hour": (
        moves(f"{DAY} 05:00:30", "source_row = 1"),
        "05:00:00: 3 exported, 2 stored; 2026-07-01 05:00:30: 0 exported, 1 stored",
    ),
}


@pytest.mark.parametrize("case", CHANGED_AFTER_THE_COPY, ids=str)
def test_rows_that_change_between_copy_and_commit_are_noticed(
    connect: Any, landed: Any, table: Table, loaded_before: dict[int, list[str]], case: str
) -> None:
    """The hours are counted last: table and ledger stay as they were."""
    statement, message = CHANGED_AFTER_THE_COPY[case]
    day = DayManifest(DAY, [landed(5, 3), landed(6, 2)])
    with pytest.raises(CountsDiffer, match=message):
        load_day(lambda: _running_before(connect(), "count(distinct", statement), day, "run-2")
    assert table.uuids(DAY) == loaded_before
    assert table.ledger(DAY)[5] == ("loaded", 1, 3)


def _running_before(session: Any, beginning: str, statement: str) -> Any:
    """Return the session, which runs the statement before the one that contains `beginning`."""
    cursor_of = session.cursor

    def cursor(*kind: Any) -> Any:
        found = cursor_of(*kind)
        execute = found.execute

        def run(command: str, *values: Any, **options: Any) -> Any:
            if beginning in command:
                cursor_of().execute(statement)
            return execute(command, *values, **options)

        found.execute = run
        return found

    session.cursor = cursor
    return session


@pytest.mark.parametrize("run", ["run-1", "run-2"], ids=["the same run", "another run"])
def test_a_load_leaves_all_other_days_as_they_are(
    load: Any, landed: Any, table: Table, run: str
) -> None:
    """Its conditions take the rows of its own day: not of the days around, nor of its run."""
    days = (DAY - timedelta(1), DAY + timedelta(1), DAY.replace(month=6), date(2027, 7, 1))
    for day in days:
        load(landed(5, 2, day=day), landed(23, 1, day=day), day=day)
    others = stored_of_other_days(table)
    for day in days:
        assert table.uuids(day) == {5: ["05-0", "05-1"], 23: ["23-0"]}
        assert table.ledger(day).get(5) == ("loaded", 1, 2)
    load(landed(5, 3), landed(0, 1), run=run)
    load(run=run)
    assert stored_of_other_days(table) == others
    assert table.uuids(DAY) == {}
    assert table.ledger(DAY) == dict.fromkeys(range(24), ("empty", 0, 0))


def stored_of_other_days(table: Table) -> list[list[tuple[Any, ...]]]:
    """Return all rows of raw table and ledger but those of DAY, sorted."""
    return [
        sorted(table.rows(f"select {columns} from {name} where export_day <> %s", f"{DAY}"))
        for name, columns in (
            (
                "amplitude_raw",
                "export_day, export_hour, source_file, source_row, run_id, loaded_at",
            ),
            ("amplitude_loads", "export_day, export_hour, run_id, events, loaded_at"),
        )
    ]


def test_an_object_with_the_same_number_of_other_events_is_refused(
    load: Any, landed: Any, table: Table, s3: Any, loaded_before: dict[int, list[str]]
) -> None:
    """Another run has replaced the object: its size differs."""
    file = landed(5, 3)
    s3.put_object(Bucket=BUCKET, Key=file.key, Body=events(5, 3, "others-"))
    with pytest.raises(CountsDiffer, match=r"_05_0\.json has 72 bytes in the bucket; 51 bytes "):
        load(file)
    assert table.uuids(DAY) == loaded_before


def test_a_missing_object_is_named(
    load: Any, landed: Any, table: Table, s3: Any, loaded_before: dict[int, list[str]]
) -> None:
    """S3's lifecycle has removed it: nothing changes, and the advice names the task to clear."""
    file = landed(9, 2)
    s3.delete_object(Bucket=BUCKET, Key=file.key)
    with pytest.raises(WarehouseRefused, match=r"_09_0\.json") as raised:
        load(file)
    assert "clear stage_window.upload" in raised.value.do
    assert table.uuids(DAY) == loaded_before


def test_concurrent_loads_of_one_day_load_it_once(load: Any, landed: Any, table: Table) -> None:
    """They take turns at the lock row, and the last one's rows stay."""
    files = [landed(hour, 20) for hour in range(8)]
    with ThreadPoolExecutor(3) as pool:
        runs = [pool.submit(load, *files, run=f"at-once-{n}") for n in range(3)]
        assert [run.result().events for run in runs] == [160] * 3
    assert {hour: len(uuids) for hour, uuids in table.uuids(DAY).items()} == dict.fromkeys(
        range(8), 20
    )
    assert (
        len(table.rows("select distinct run_id from amplitude_raw where export_day = %s", f"{DAY}"))
        == 1
    )


def test_more_files_than_one_copy_accepts_are_copied_in_several(
    load: Any, landed: Any, table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Snowflake accepts 1,000 names; this test three."""
    monkeypatch.setattr("amplitude_export.load.load.FILES_A_COPY", 3)
    result = load(*[landed(hour, 2) for hour in range(8)])
    assert len(result.query_ids) == 3
    assert sum(map(len, table.uuids(DAY).values())) == 16


def test_a_session_that_dies_before_the_commit_changes_nothing(
    connect: Any, landed: Any, table: Table, loaded_before: dict[int, list[str]], tables: Any
) -> None:
    """The client disappears after delete and copy; the next load succeeds."""

    class Dies(Exception):
        """The worker was killed."""

    def dying() -> Any:
        session = connect()
        cursor_of = session.cursor

        def cursor(kind: Any) -> Any:
            found = cursor_of(kind)
            found.executemany = lambda *_: (_ for _ in ()).throw(Dies())
            return found

        session.cursor = cursor
        return session

    with pytest.raises(Dies):
        load_day(dying, DayManifest(DAY, [landed(1, 9)]), "dies", accept_fewer=True)
    assert table.uuids(DAY) == loaded_before
    load_day(connect, DayManifest(DAY, [landed(1, 9)]), "lives", accept_fewer=True)
    assert list(table.uuids(DAY)) == [1]


def test_without_the_objects_the_advice_is_to_run_the_set_up(tables: Any, landed: Any) -> None:
    """The schema is empty."""
    elsewhere = {**tables.connection(), "schema": "NEVER_SET_UP"}
    with pytest.raises(WarehouseRefused) as raised:
        load_day(
            lambda: snowflake.connector.connect(**elsewhere),
            DayManifest(DAY, [landed(1, 1)]),
            "run",
        )
    assert "run the DAG amplitude_setup" in str(raised.value)


def test_an_unreachable_warehouse_fails_within_seconds(
    tables: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing listens on the port; the error is for Airflow to retry and names the connection."""
    nowhere = connection(9)
    nowhere["extra"]["login_timeout"] = 2
    monkeypatch.setenv("AIRFLOW_CONN_SNOWFLAKE_DEFAULT", json.dumps(nowhere))
    with pytest.raises(WarehouseUnavailable) as raised:
        WarehouseHook().get_conn()
    assert "open a session" in str(raised.value)
    assert "snowflake_default" in str(raised.value)


def test_no_error_contains_the_password(tables: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the message nor the chain of exceptions has it."""
    nowhere = connection(9)
    nowhere["extra"]["login_timeout"] = 2
    nowhere["password"] = "a-password-to-look-for"
    monkeypatch.setenv("AIRFLOW_CONN_SNOWFLAKE_DEFAULT", json.dumps(nowhere))
    with pytest.raises(PipelineError) as raised:
        WarehouseHook().get_conn()
    error: BaseException | None = raised.value
    while error:
        assert "a-password-to-look-for" not in repr(error)
        error = error.__cause__ or error.__context__
