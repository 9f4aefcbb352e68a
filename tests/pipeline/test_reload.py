"""Days come back from the bucket alone, as they were loaded last, or are named before anything."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import snowflake.connector
from amplitude_export.errors import (
    AnotherProject,
    BadSetting,
    BucketRefused,
    FewerEvents,
    FileMissing,
    OlderExport,
    RecordInvalid,
)
from amplitude_export.load.manifests import put_manifest
from amplitude_export.load.task import load, load_again, plan_days
from amplitude_export.manifest import DayManifest, LandedFile, Manifest
from amplitude_export.record import to_record
from amplitude_export.setup.files import fill_files
from amplitude_export.tasks.assets import AMPLITUDE_RAW
from amplitude_export.warehouse.hook import WarehouseHook
from amplitude_export.window import Window, midnight
from amplitude_export.workspace import manifest_key, object_key, quarantine_key

from local.warehouse import Warehouse
from tests.pipeline.landed import events
from tests.pipeline.stand_ins import AWS, BUCKET, Table, connection, set_up

EXPORTED = datetime(2026, 7, 2, 3, tzinfo=UTC)
_DAYS = count(step=10)
STORED = (
    "select source_file, source_row, export_hour, project, json_data:uuid::string "
    "from amplitude_raw where export_day between %s and %s order by 1, 2",
    "select * exclude (run_id, loaded_at, query_id, replaced_events, replaced_run_id) "
    "from amplitude_loads where export_day between %s and %s order by project, export_hour",
    "select * exclude (run_id, loaded_at) "
    "from amplitude_files where export_day between %s and %s order by key",
)
# What was lost, and the statement that lost it.
LOST = {
    "nothing": "select 1",
    "the events": "truncate table amplitude.raw.amplitude_raw",
    "the ledger of files": "truncate table amplitude.raw.amplitude_files",
    "all rows": "truncate table amplitude.raw.amplitude_raw; "
    "truncate table amplitude.raw.amplitude_loads; truncate table amplitude.raw.amplitude_files",
    "the schema": "drop schema amplitude.raw",
}


@dataclass
class Days:
    """Three days: of several files, of a quarantined line, and without an event."""

    first: date
    s3: Any
    table: Table

    @property
    def all(self) -> list[date]:
        return [self.first + timedelta(days=n) for n in range(3)]

    def load(self, number: int, run: str, files: list[LandedFile], **settings: Any) -> Any:
        """Load one of the days by the task of the daily DAG, and return its asset event."""
        day, event = self.all[number], SimpleNamespace(extra=None)
        manifest = Manifest(
            Window.between(midnight(day), midnight(day) + timedelta(hours=23)),
            files,
            quarantined_files=settings.pop("aside", []),
            exported_at=[settings.pop("exported_at", EXPORTED)] * 24,
        )
        load.function(
            f"{day}",
            [to_record(manifest)],
            run,
            settings.pop("bucket", BUCKET),
            params={"accept_fewer": True},
            dag_run=SimpleNamespace(logical_date=midnight(day), run_after=midnight(day)),
            outlet_events={AMPLITUDE_RAW: event},
            **settings,
        )
        return event.extra

    def load_all(self) -> list[Any]:
        """Load the three days."""
        several = [self.land(0, 5, 3), self.land(0, 5, 2, part=1), self.land(0, 23, 1)]
        return [
            self.load(0, "a-run", several),
            self.load(1, "a-run", [self.land(1, 7, 4)], aside=[self.aside(1, 7), self.aside(1, 9)]),
            self.load(2, "a-run", []),
        ]

    def land(self, number: int, hour: int, many: int, part: int = 0, id: str = "1") -> LandedFile:
        """Put a file into the bucket, as an upload does."""
        day = self.all[number]
        name, body = f"{id}_{day}_{hour:02}_{part}.json", events(hour, many, f"{day}-{part}-")
        key = object_key(day, name)
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=body)
        size = len(body)
        return LandedFile(hour, part, name, key, many, size, "AAAAAQ==", size, "AAAAAQ==")

    def aside(self, number: int, hour: int) -> LandedFile:
        """Return a file of a quarantined line."""
        name = f"1_{self.all[number]}_{hour:02}_3.txt"
        return LandedFile(hour, 3, name, quarantine_key(self.all[number], name), 1, 9, "AAAAAw==")

    def params(self, **given: str) -> dict[str, str]:
        days = self.all
        return {"project": "default", "from": f"{days[0]}", "to": f"{days[-1]}", **given}

    def reload(self, run: str = "again", **given: str) -> list[Any]:
        """Run the tasks of amplitude_reload, and return the asset events."""
        params, found = self.params(**given), []
        for day in plan_days.function(params=params):
            event = SimpleNamespace(extra=None)
            loaded = load_again.function(
                day, BUCKET, params, run_id=run, outlet_events={AMPLITUDE_RAW: event}
            )
            assert event.extra == loaded
            found.append(loaded)
        return found

    def stored(self) -> list[Any]:
        """Return all rows, except for what names a load; both ledgers agree."""
        span = f"{self.all[0]}", f"{self.all[-1]}"
        for day in self.all:
            self.table.ledger(day)
        return [self.table.rows(query, *span) for query in STORED]

    def lose(self, statements: str) -> None:
        for statement in statements.split(";"):
            self.table.cursor.execute(statement)


@pytest.fixture(scope="module")
def warehouse(s3: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    """A warehouse whose schema can be dropped."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in AWS.items():
            patch.setenv(name, value)
        file = Path(tmp_path_factory.mktemp("reload")) / "warehouse.duckdb"
        with Warehouse(file=file, s3_endpoint=s3.meta.endpoint_url) as running:
            for name in AWS:
                patch.delenv(name)
            patch.setenv("AIRFLOW_CONN_SNOWFLAKE_DEFAULT", json.dumps(connection(running.port)))
            set_up(running, BUCKET)
            yield running


@pytest.fixture
def connect(warehouse: Warehouse) -> Any:
    """A function that opens a session of the loads."""
    return WarehouseHook().get_conn


@pytest.fixture
def days(warehouse: Warehouse, s3: Any) -> Iterator[Days]:
    """Days that nothing has loaded."""
    with snowflake.connector.connect(**warehouse.connection()) as session:
        first = date(2021, 1, 1) + timedelta(days=next(_DAYS))
        yield Days(first, s3, Table(session.cursor()))


def without_run(event: dict[str, Any]) -> dict[str, Any]:
    assert bool(event["query_ids"]) == bool(event["files"])
    return {**event, "run_id": None, "query_ids": None}


def test_days_are_loaded_again_as_they_were(days: Days, warehouse: Warehouse) -> None:
    """Event by event, with the times of their exports; quarantined and empty hours are as before.

    The asset events are the same, and the ledgers name the new run, whatever was lost.
    """
    loaded = days.load_all()
    before = days.stored()
    assert list(map(len, before)) == [10, 72, 6]
    for lost, statements in LOST.items():
        days.lose(statements)
        if lost == "the schema":
            set_up(warehouse, BUCKET)
            days.lose("use schema amplitude.raw")
        again = days.reload(f"after {lost}")
        assert list(map(without_run, again)) == list(map(without_run, loaded)), lost
        assert days.stored() == before, lost
        for name in ("amplitude_raw", "amplitude_loads", "amplitude_files"):
            query = f"select distinct run_id from {name} where export_day between %s and %s"
            span = f"{days.first}", f"{days.all[-1]}"
            assert days.table.rows(query, *span) == [(f"after {lost}",)]


def test_days_that_the_bucket_does_not_have_are_named_before_anything(days: Days) -> None:
    """Expired, replaced by another object, of no load, or of a load that the tables lost."""
    days.load_all()
    kept, expired = days.land(0, 5, 3), days.land(1, 7, 4)
    days.s3.delete_object(Bucket=BUCKET, Key=expired.key)
    days.s3.put_object(Bucket=BUCKET, Key=kept.key, Body=b"{}\n")
    before = days.stored()
    with pytest.raises(FileMissing) as raised:
        days.reload(to=f"{days.first + timedelta(days=3)}")
    assert raised.value.what == (
        f"{days.all[0]}: {kept.key} is not the object that was loaded: the bucket has 3 bytes, and "
        f"{kept.bytes} were loaded. {days.all[1]}: 1 of its 1 objects are no longer in the bucket, "
        f"such as {expired.key}. {days.first + timedelta(days=3)} is not in AMPLITUDE_FILES, and "
        "no manifest in the bucket has it. Nothing was changed."
    )
    assert "amplitude_to_snowflake exports them again" in raised.value.do
    assert days.stored() == before


def test_of_several_manifests_the_newest_export_counts(days: Days) -> None:
    """Whichever was put last; one that cannot be read, or of another day, is left out."""
    old, new = [days.land(0, 5, 3)], [days.land(0, 5, 3), days.land(0, 6, 4)]
    days.load(0, "z-first", old)
    later = EXPORTED + timedelta(hours=1)
    days.load(0, "b-second", new, exported_at=later)
    before = days.stored()
    folder = manifest_key("default", days.first, "").rpartition("/")[0]
    put = days.s3.put_object
    put(Bucket=BUCKET, Key=f"{folder}/zz.json", Body=b'{"project": "default"}\n')
    strange = DayManifest(days.first + timedelta(days=1), [], exported_at={0: later + timedelta(1)})
    put_manifest(days.s3, BUCKET, strange, "default", "stray")
    key = manifest_key("default", strange.day, "stray")
    days.s3.copy_object(
        Bucket=BUCKET, Key=f"{folder}/zzz.json", CopySource={"Bucket": BUCKET, "Key": key}
    )
    days.lose(LOST["all rows"])
    days.reload(to=f"{days.first}")
    assert days.stored() == before


GUARDED: dict[str, tuple[str, type[Exception], str]] = {
    "a newer export": (
        "update amplitude_loads set exported_at = '2026-07-02 04:00:00'",
        OlderExport,
        "was exported later by the run a-run",
    ),
    "more events": (
        "update amplitude_loads set events = events + 9, exported_at = null",
        FewerEvents,
        "has 6 for it",
    ),
}


@pytest.mark.parametrize("case", GUARDED)
def test_the_guards_of_a_load_hold(days: Days, case: str) -> None:
    """Nothing changes, and the advice is about the daily DAG."""
    change, error, what = GUARDED[case]
    days.load_all()
    # With the ledgers at odds, the manifest counts.
    days.lose(
        f"{change} where export_day = '{days.first}'; "
        f"delete from amplitude_files where export_day = '{days.first}'"
    )
    rows = "select count(*), max(run_id) from amplitude_raw where export_day = %s"
    with pytest.raises(error, match=what) as raised:
        days.reload(to=f"{days.first}")
    advice = f"airflow dags trigger amplitude_to_snowflake --logical-date {days.first}T00:01:00Z"
    assert advice in str(raised.value)
    assert days.table.rows(rows, f"{days.first}") == [(6, "a-run")]


def test_a_project_that_was_recreated_comes_back_and_no_other_ones_days(days: Days) -> None:
    """Of its two ids at Amplitude either can be the first one; that of another project cannot."""
    days.lose(LOST["all rows"])
    days.load(0, "a-run", [days.land(0, 5, 3, id="8")], project="old")
    theirs = [days.land(1, 5, 3, id="9")]
    put_manifest(days.s3, BUCKET, DayManifest(days.all[1], theirs), "old", "a-run")
    days.reload(project="old", to=f"{days.all[1]}")
    query = "select distinct project_id from amplitude_files where project = 'old' order by 1"
    assert days.table.rows(query) == [("8",), ("9",)]
    put_manifest(days.s3, BUCKET, DayManifest(days.all[1], theirs), "another", "a-run")
    with pytest.raises(AnotherProject, match="old has 9"):
        days.reload(**{"project": "another", "from": f"{days.all[1]}", "to": f"{days.all[1]}"})


def test_a_manifest_that_cannot_be_put_fails_the_load_and_its_retry_puts_it(days: Days) -> None:
    """The day is loaded, and the asset event waits for the retry."""
    files = [days.land(0, 5, 3)]
    with pytest.raises(BucketRefused, match="its manifest is not in the bucket") as raised:
        days.load(0, "a-run", files, bucket="no-such-bucket")
    assert "Then clear load, which loads the same files again." in raised.value.do
    before = days.stored()
    assert days.load(0, "a-run", files)["events"] == 3
    assert days.stored() == before
    days.lose(LOST["all rows"])
    days.reload(to=f"{days.first}")
    assert days.stored() == before


def test_the_set_up_fills_in_the_files_of_loaded_days(
    days: Days, connect: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """Of table, ledger and bucket, once, and only where rows are missing or of another load."""
    days.lose(LOST["all rows"])
    days.load_all()
    whole, bad = days.land(0, 5, 3), days.aside(1, 7)
    days.s3.put_object(Bucket=BUCKET, Key=bad.key, Body=b"nine byte")
    query = "select export_day, kind, key, events, bytes, loaded_at from amplitude_files order by 3"
    before = days.table.rows(query)
    assert fill_files(connect) == []
    days.lose(
        f"delete from amplitude_files where export_day = '{days.all[1]}';"
        "update amplitude_files set run_id = 'of another load'"
    )
    assert fill_files(connect) == [
        f"+ 3 files of {days.all[0]} of default in AMPLITUDE_FILES",
        f"+ 3 files of {days.all[1]} of default in AMPLITUDE_FILES",
    ]
    assert fill_files(connect) == []
    for day in days.all:
        days.table.require_same_sums(day)
    # Of a file that is gone from the bucket, the name has the number of the hour's first part.
    gone, named = days.aside(1, 9).key, days.aside(1, 9).key.replace("_3.txt", "_0.txt")
    assert [row[:5] for row in days.table.rows(query)] == [
        (*row[:2], named, row[3], None) if row[2] == gone else row[:5] for row in before
    ]
    assert days.table.rows("select distinct crc32, json_bytes from amplitude_files") == [
        (None, None)
    ]
    assert [event["events"] for event in days.reload()] == [6, 4, 0]

    # A load that is quicker than the set-up leaves nothing to do.
    days.lose(f"delete from amplitude_files where export_day = '{days.first}'")

    def late() -> Any:
        if len(sessions) == 1:
            days.load(0, "quick", [days.land(0, 5, 3), days.land(0, 23, 1)])
        sessions.append(connect())
        return sessions[-1]

    sessions: list[Any] = []
    assert fill_files(late) == []
    crc = f"select distinct crc32 from amplitude_files where export_day = '{days.first}'"
    assert days.table.rows(crc) == [("AAAAAQ==",)]
    days.load_all()

    days.s3.put_object(Bucket=BUCKET, Key=whole.key, Body=b"{}\n")
    days.lose(
        "delete from amplitude_files;"
        f"delete from amplitude_raw where export_day = '{days.all[1]}' and source_row = 1"
    )
    assert fill_files(connect) == [f"+ 3 files of {days.all[0]} of default in AMPLITUDE_FILES"]
    assert f"AMPLITUDE_FILES stays without {days.all[1]} of default" in caplog.text
    with pytest.raises(FileMissing, match=f"{whole.key} .*3 bytes, and an unknown number were"):
        days.reload(to=f"{days.first}")


@pytest.mark.parametrize(
    "given",
    [{"project": "../x"}, {"from": "2026-01-02", "to": "2026-01-01"}, {"from": "2001-01-01"}],
    ids=str,
)
def test_parameters_that_cannot_work_are_refused(days: Days, given: dict[str, str]) -> None:
    """So is the XCom of a day that the run is not about."""
    with pytest.raises(BadSetting, match="trigger a run with"):
        days.reload(**given)
    with pytest.raises(RecordInvalid, match="not among the days"):
        load_again.function("2000-01-01", BUCKET, days.params(), run_id="run")
