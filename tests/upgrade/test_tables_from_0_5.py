"""The set-up migrates the tables of 0.5.0, and then its loads can't harm them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from amplitude_export.doctor.objects import expected_columns
from amplitude_export.errors import WarehouseRefused
from snowflake.connector.errors import ProgrammingError

from tests.pipeline.stand_ins import Table
from tests.upgrade.deployment import BUCKET, Deployment
from tests.upgrade.recorder import DAILY, GIVEN, Recorder, function
from tests.upgrade.recordings import ADDED_COLUMNS, LOADS, OLD, RAW, Recording

FILES = expected_columns("amplitude_files")
LOADED = ("daily", "daily_windows")
LOCK = "amplitude.raw.amplitude_lock"
DAY, RUN = OLD.day("daily_windows"), OLD.dag_run("daily_windows")
# The statements of the migration, in their order.
MIGRATION = (
    "rename column run_id to locked_by",
    r"amplitude_raw'\)\s+add column project ",
    r"amplitude_loads'\)\s+add column project ",
    "set project_id = ",
    r"amplitude_lock'\)\s+add column project ",
)


@pytest.fixture
def marts(old_tables: Any, deployment: Deployment) -> Iterator[Callable[[], Any]]:
    """Put two tables of its transform, from these rows; return a function that reads them.

    The first one tells the transform of this version that it has to build all tables anew.
    """
    made = {
        "amplitude.silver.staged_days": "export_day, count(*) as lines",
        "amplitude.gold.daily": "export_day as day, count(*) as events",
    }
    with deployment.session() as cursor:
        for table, columns in made.items():
            cursor.execute(f"create table {table} as select {columns} from {RAW} group by 1")
    yield lambda: [deployment.rows(f"select * from {table} order by 1") for table in made]
    with deployment.session() as cursor:
        for table in made:
            cursor.execute(f"drop table {table}")


@pytest.fixture
def old_tables(connected: Deployment) -> dict[str, list[dict[str, Any]]]:
    """Put the tables of 0.5.0 into the deployment, and return their rows."""
    OLD.restore_tables(connected)
    return rows(connected)


def rows(deployment: Deployment) -> dict[str, list[dict[str, Any]]]:
    """Return all rows of the events and the ledger."""
    return {
        "amplitude_raw": deployment.rows(f"select * from {RAW} order by source_file, source_row"),
        "amplitude_loads": deployment.rows(f"select * from {LOADS} order by export_hour"),
    }


def without(table: str, found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the rows without the columns that were added since 0.5.0."""
    return [{k: v for k, v in row.items() if k not in ADDED_COLUMNS[table]} for row in found]


def set_up(today: dict[str, Any]) -> Any:
    return function(today["amplitude_setup"], "create_objects")(BUCKET, params=GIVEN)


def require_migrated(deployment: Deployment, before: dict[str, list[dict[str, Any]]]) -> None:
    """Require all rows of before, with their project, and its id where an hour has files."""
    after = rows(deployment)
    for table, found in after.items():
        assert without(table, found) == before[table]
        assert {row["PROJECT"] for row in found} == {"default"}
    ids = [(row["PROJECT_ID"], row["FILES"] > 0) for row in after["amplitude_loads"]]
    assert set(ids) == {("123456", True), (None, False)}
    (lock,) = deployment.rows(f"select * from {LOCK}")
    assert [*lock] == ["LOCKED_BY", "LOCKED_AT", "PROJECT"]
    assert lock["PROJECT"] == "default"


def test_the_set_up_migrates_the_tables(
    today: dict[str, Any],
    recorded: Recorder,
    deployment: Deployment,
    old_tables: dict[str, list[dict[str, Any]]],
    marts: Callable[[], Any],
    bucket: str,
) -> None:
    """No row is lost, the columns are those of new tables, and a second run changes nothing.

    Marts are as before: `tests/transform/test_projects.py` has the run that rebuilds them.
    """
    built = marts()
    manifests = OLD.xcoms("daily_windows", "stage_window.upload")
    load = function(today[DAILY], "load")
    with pytest.raises(WarehouseRefused, match="run the DAG amplitude_setup"):
        load(f"{DAY}", manifests, "run", BUCKET, dag_run=RUN)
    assert rows(deployment) == old_tables

    changed = [line for line in set_up(today)["changed"] if "column" in line]
    assert [line.split(" = ")[0] for line in changed] == [
        *(f"+ column amplitude_files.{column.upper()}" for column in sorted(FILES)),
        *(
            f"+ column amplitude_loads.{column}"
            for column in sorted(ADDED_COLUMNS["amplitude_loads"])
        ),
        "+ column amplitude_lock.LOCKED_BY",
        "+ column amplitude_lock.PROJECT",
        "- column amplitude_lock.RUN_ID",
        "+ column amplitude_raw.PROJECT",
    ]
    require_migrated(deployment, old_tables)
    for table, found in rows(deployment).items():
        new = Recording(recorded.folder).read(f"tables/{table}.json")[0]
        assert [column for column in found[0] if column != "JSON_DATA"] == [
            column for column in new if column != "UUID"
        ]
    assert set_up(today)["changed"] == []
    fill = function(today["amplitude_setup"], "fill_files")
    assert [line.split(" files of ")[1] for line in fill()] == [
        f"{day} of default in AMPLITUDE_FILES" for day in sorted(OLD.day(run) for run in LOADED)
    ]
    assert fill() == []
    with deployment.session() as cursor:
        cursor.execute("use schema amplitude.raw")
        table = Table(cursor.connection.cursor())
        for run in LOADED:
            table.require_same_sums(OLD.day(run))
    assert marts() == built != [[], []]

    outlets: Any = defaultdict(SimpleNamespace)
    loaded = load(f"{DAY}", manifests, "again", BUCKET, outlet_events=outlets, dag_run=RUN)
    assert loaded["events"] == OLD.xcom("daily_windows", "load")["events"]


def test_a_load_of_0_5_fails_before_it_deletes(
    today: dict[str, Any], deployment: Deployment, old_tables: dict[str, Any]
) -> None:
    """With tables of its own version, the same statements delete the day of all projects."""
    values = {"day": f"{DAY}", "run_id": "old"}

    def load(cursor: Any) -> int:
        cursor.execute("use schema amplitude.raw")
        cursor.execute("alter session set transaction_abort_on_error = true")
        cursor.execute("begin transaction")
        try:
            cursor.execute(OLD.statement("take_lock"), values)
            cursor.execute(OLD.statement("delete_day"), values)
            return int(cursor.rowcount)
        finally:
            cursor.execute("rollback")

    with deployment.session() as cursor:
        assert load(cursor) > 0
        set_up(today)
        cursor.execute(f"insert into {RAW} select * replace ('app' as project) from {RAW}")
        before = rows(deployment)
        with pytest.raises(ProgrammingError, match="invalid identifier 'RUN_ID'") as raised:
            load(cursor)
        assert raised.value.errno == 904
        assert rows(deployment) == before
        cursor.execute(f"delete from {RAW} where project = 'app'")


def test_a_set_up_that_was_cut_short_continues(
    today: dict[str, Any], deployment: Deployment, connected: Deployment
) -> None:
    """At each statement; until the last one, no load of this version can begin."""
    load = function(today[DAILY], "load")
    manifests = OLD.xcoms("daily_windows", "stage_window.upload")
    for statement in MIGRATION:
        OLD.restore_tables(connected)
        before = rows(deployment)
        deployment.warehouse.fail("refuse", statement=statement, errno=3001, text="not today")
        with pytest.raises(WarehouseRefused, match="not today"):
            set_up(today)
        deployment.warehouse.recover()
        with pytest.raises(WarehouseRefused, match="failed to take lock"):
            load(f"{DAY}", manifests, "run", BUCKET, dag_run=RUN)
        set_up(today)
        require_migrated(deployment, before)


def test_the_rendered_text_migrates_as_well(
    today: dict[str, Any],
    deployment: Deployment,
    old_tables: dict[str, list[dict[str, Any]]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Without an administrator's connection, the daily login describes the tables."""
    with deployment.session() as cursor:
        for table in old_tables:
            cursor.execute(f"grant select on table amplitude.raw.{table} to role amplitude_loader")
        cursor.execute(f"grant select, update on table {LOCK} to role amplitude_loader")
    monkeypatch.delenv("AIRFLOW_CONN_SNOWFLAKE_ADMIN")
    text = set_up(today)["run"]
    with deployment.session() as cursor:
        list(cursor.connection.execute_string(text))
    require_migrated(deployment, old_tables)
    again = set_up(today)["run"]
    assert "add column if not exists project_id varchar" in again
    assert "rename column" not in again
    assert "add column project " not in again
