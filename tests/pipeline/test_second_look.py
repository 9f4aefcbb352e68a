"""Loaded days are exported again: the same ones are verified, changed ones replaced, and none lost.

A day that has shrunk changes nothing, and a load in between is never taken for the compared one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from airflow.models.asset import AssetEvent
from airflow.utils.session import create_session
from amplitude_export.archive import ArchiveRecord, Exported, file_crc32
from amplitude_export.ledger import LookedAgain
from amplitude_export.load.load import load_day
from amplitude_export.manifest import DayManifest, LandedFile
from amplitude_export.record import from_record
from amplitude_export.second_look.compare import look_again
from amplitude_export.window import whole_day
from amplitude_export.workspace import Workspace
from sqlalchemy import select

from local.export_api import ExportApi
from tests.archives import gz, name, zipped
from tests.pipeline.landed import events
from tests.pipeline.stand_ins import BUCKET, Table

DAY = date(2026, 11, 5)
NOT_LOADED = date(2026, 11, 6)
AGE = timedelta(days=3, hours=6, minutes=47)
GATE = {"plan_days", "export", "compare", "decide"}
_DAYS = count()

Run = Callable[..., Any]


@pytest.fixture
def run(dags: dict[str, Any], tables: Any, s3: Any, api: ExportApi, volume: Path) -> Run:
    """Return a function that runs the daily DAG, or the second look, about the day."""

    def run(dag_id: str, day: date, at: timedelta = timedelta(), **conf: Any) -> Any:
        midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
        return dags[dag_id].test(logical_date=midnight + at, run_conf=conf)

    return run


@pytest.fixture
def look(run: Run) -> Callable[..., tuple[dict[str, str], LookedAgain]]:
    """Return a function that looks at the day again; it returns task states and the event."""
    minutes = count()

    def look(day: date) -> tuple[dict[str, str], LookedAgain]:
        ended = run("amplitude_second_look", day, AGE + next(minutes) * timedelta(minutes=1))
        instances = ended.get_task_instances()
        states = {ti.task_id.partition(".")[2] or ti.task_id: ti for ti in instances}
        with create_session() as session:
            found = session.scalars(
                select(AssetEvent.extra).where(
                    AssetEvent.source_run_id == ended.run_id,
                    AssetEvent.source_task_id == "look_again.compare",
                )
            ).all()
        named = {ti.rendered_map_index for ti in instances if str(ti.state) == "success"}
        assert named <= {None, f"{day}"}
        (looked,) = (from_record(LookedAgain, extra) for extra in found)
        assert (looked.day, looked.project, looked.run_id) == (day, "default", ended.run_id)
        return {task: str(ti.state) for task, ti in states.items()}, looked

    return look


def verified(table: Table, day: date) -> set[bool]:
    rows = table.rows("select verified_at from amplitude_loads where export_day = %s", f"{day}")
    return {at is not None for (at,) in rows}


def runs(table: Table, day: date) -> set[str]:
    rows = table.rows("select distinct run_id from amplitude_loads where export_day = %s", f"{day}")
    return {run_id for (run_id,) in rows}


def objects(s3: Any, day: date) -> dict[str, str]:
    listed = s3.list_objects_v2(Bucket=BUCKET, Prefix=f"python-import/{day}/")["Contents"]
    return {each["Key"]: each["ETag"] for each in listed}


def files(volume: Path) -> list[str]:
    return sorted(path.name for path in volume.rglob("*") if path.is_file())


def uuids(api: ExportApi, day: date) -> dict[int, list[str]]:
    return {hour: sorted(found) for hour, found in api.expected_uuids(day).items()}


def states(passed: set[str], failed: set[str] | None = None) -> dict[str, str]:
    """Return the states of all tasks; those after a failed one do not run, the others are ended."""
    tasks = [*GATE, "decompress", "upload", "load", "clean_up"]
    others = "upstream_failed" if failed else "skipped"
    named = dict.fromkeys(passed, "success") | dict.fromkeys(failed or (), "failed")
    return dict.fromkeys(tasks, others) | named


def test_a_day_is_verified_replaced_or_refused(
    run: Run,
    look: Any,
    api: ExportApi,
    table: Table,
    s3: Any,
    volume: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """As it is the same at Amplitude, has grown, comes in other parts, or has shrunk."""
    assert run("amplitude_to_snowflake", DAY).state == "success"
    first, on_volume = uuids(api, DAY), files(volume)
    assert table.uuids(DAY) == first
    assert verified(table, DAY) == {False}

    monkeypatch.setenv("AIRFLOW_VAR_AMPLITUDE_WINDOW_HOURS", "12")
    before = len(api.requests)
    found, looked = look(DAY)
    assert found == states(GATE - {"decide"})
    assert [(r.start[-2:], r.end[-2:]) for r in api.requests[before:]] == [
        ("00", "11"),
        ("12", "23"),
    ]
    assert (looked.outcome, looked.new, looked.gone) == ("same", 0, 0)
    assert {looked.compared_run_id} == runs(table, DAY)
    assert verified(table, DAY) == {True}
    assert files(volume) == on_volume

    api.change(DAY, "grow", hour=9)
    found, looked = look(DAY)
    assert found == states({*found})
    grown = uuids(api, DAY)
    assert table.uuids(DAY) == grown != first
    assert table.ledger(DAY)[9][2] == len(grown[9])
    assert runs(table, DAY) == {looked.run_id}
    assert verified(table, DAY) == {False}
    (hour,) = (hour for hour in looked.hours if hour.differs)
    assert (hour.hour, hour.before, hour.now) == (9, len(first[9]), len(grown[9]))
    assert (looked.outcome, looked.new, looked.gone) == ("changed", hour.now - hour.before, 0)

    api.change(DAY, "repart")
    stored, in_bucket = table.uuids(DAY), objects(s3, DAY)
    found, looked = look(DAY)
    assert found == states(GATE - {"decide"})
    assert (looked.outcome, verified(table, DAY)) == ("same", {True})
    assert (table.uuids(DAY), objects(s3, DAY)) == (stored, in_bucket)

    api.change(DAY, "shrink", hour=9)
    capfd.readouterr()
    found, looked = look(DAY)
    assert found == states(GATE - {"decide"}, {"decide"})
    assert (looked.outcome, looked.new) == ("changed", 0)
    assert looked.gone == len(grown[9]) - len(uuids(api, DAY)[9])
    assert (table.uuids(DAY), objects(s3, DAY)) == (stored, in_bucket)
    log = "".join(capfd.readouterr())
    assert f"09:00: {len(grown[9])} before, {len(uuids(api, DAY)[9])} now. Nothing was" in log
    assert f"airflow dags trigger amplitude_to_snowflake --logical-date {DAY}T00:01:00Z" in log

    minute = timedelta(minutes=1)
    assert run("amplitude_to_snowflake", DAY, minute, accept_fewer=True).state == "success"
    assert look(DAY)[0] == states(GATE - {"decide"})
    assert table.uuids(DAY) == uuids(api, DAY)
    assert verified(table, DAY) == {True}


def test_a_day_that_is_not_loaded_is_skipped(
    look: Any, table: Table, volume: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """The log says so; nothing of it stays on the volume, and it is not loaded."""
    found, looked = look(NOT_LOADED)
    assert found == states(GATE - {"decide"})
    assert (looked.outcome, looked.hours) == ("not_loaded", [])
    assert f"{NOT_LOADED} is not loaded" in "".join(capfd.readouterr())
    assert table.ledger(NOT_LOADED) == {}
    assert list(volume.iterdir()) == []


@pytest.fixture
def day() -> date:
    """A day that nothing has loaded."""
    return date(2025, 6, 1) + timedelta(days=next(_DAYS))


class Looker:
    """A look at a day of one hour, with loads between its comparison and its note."""

    def __init__(self, connect: Any, landed: Any, volume: Path, day: date) -> None:
        self._connect, self._landed, self._day = connect, landed, day
        self._workspace = Workspace.of(volume, whole_day(day), "look").open()
        self.exported_at = datetime(2026, 7, 2, 3, tzinfo=UTC)
        self.export(events(7, 3))

    def export(self, text: bytes) -> None:
        """Let the hour have these lines in the archive."""
        members = {name(7, day=f"{self._day}"): gz(text)}
        zipped(self._workspace.archive(whole_day(self._day)), members)

    def load(self, number: int, run_id: str, quarantined: int = 0, **at: Any) -> None:
        """Load the hour with so many events; `exported_at` is the time of the export."""
        times = dict.fromkeys(range(24), at["exported_at"]) if at else {}
        file, aside = self._landed(7, number, day=self._day), []
        if quarantined:
            bad = f"123456_{self._day}_07_0.txt"
            aside = [LandedFile(7, 0, bad, f"quarantine/{bad}", quarantined, 9, "", 9, "")]
        load_day(self._connect, DayManifest(self._day, [file], aside, times), run_id)

    def look(self, *between: Callable[[], None]) -> LookedAgain:
        """Look; after the first comparison call the first function, and so on."""
        acts = iter(between)

        def sessions() -> Iterator[Any]:
            while True:
                yield self._connect()
                next(acts, lambda: None)()
                yield self._connect()

        opened, window = sessions(), whole_day(self._day)
        path = self._workspace.archive(window)
        with path.open("rb") as file:
            crc32 = file_crc32(file)
        archive = ArchiveRecord(window, path.name, path.stat().st_size, crc32, self.exported_at)
        export = Exported(window, [archive], "worker-1")
        return look_again(lambda: next(opened), export, self._workspace, "default", "look")


@pytest.fixture
def looker(connect: Any, landed: Any, tmp_path: Path, day: date) -> Looker:
    return Looker(connect, landed, tmp_path, day)


@pytest.mark.parametrize("run_id", ["first", "another"], ids=["the run cleared", "another run"])
def test_a_load_during_the_look_is_compared_itself(
    looker: Looker, table: Table, day: date, run_id: str
) -> None:
    """The note is only ever made of rows that were compared: the same id is another load."""
    looker.load(3, "first")
    looked = looker.look(lambda: looker.load(3, run_id))
    assert (looked.outcome, looked.compared_run_id) == ("same", run_id)
    assert verified(table, day) == {True}

    looked = looker.look(lambda: looker.load(4, run_id))
    assert (looked.outcome, looked.gone) == ("changed", 1)
    assert verified(table, day) == {False}


def test_a_day_that_is_loaded_again_and_again_is_not_verified(
    looker: Looker, table: Table, day: date
) -> None:
    """The look ends: its export grows old."""
    looker.load(3, "first")
    looked = looker.look(*[lambda: looker.load(3, "again")] * 3)
    assert (looked.outcome, looked.hours) == ("superseded", [])
    assert verified(table, day) == {False}


def test_an_export_that_is_older_than_the_loaded_one_is_not_compared(
    looker: Looker, table: Table, day: date
) -> None:
    """It says nothing about what Amplitude has had since."""
    looker.load(3, "first", exported_at=looker.exported_at + timedelta(seconds=1))
    looked = looker.look()
    assert (looked.outcome, looked.compared_run_id) == ("superseded", "first")
    assert verified(table, day) == {False}
    looker.exported_at += timedelta(seconds=1)
    assert looker.look().outcome == "same"


def test_quarantined_lines_count_on_both_sides(looker: Looker, table: Table, day: date) -> None:
    """The day is the same while as many lines of the archive are not events of the table."""
    looker.export(events(7, 3) + b"{cut\n")
    looker.load(3, "first", quarantined=1)
    looked = looker.look()
    assert (looked.outcome, looked.hours[7].before, looked.hours[7].now) == ("same", 4, 4)
    assert verified(table, day) == {True}
    looker.export(events(7, 4) + b"{cut\n")
    looked = looker.look()
    assert (looked.outcome, looked.new, looked.gone) == ("changed", 1, 0)


def test_what_0_6_has_loaded_is_compared_by_its_events(
    looker: Looker, table: Table, day: date
) -> None:
    """Its files are not in the ledger, or without checksums; a part of a ledger is not a day."""
    looker.load(3, "first")
    table.cursor.execute(f"update amplitude_files set json_crc32 = null where export_day = '{day}'")
    assert looker.look().outcome == "same"
    table.cursor.execute(f"delete from amplitude_files where export_day = '{day}'")
    assert looker.look().outcome == "same"
    table.cursor.execute(
        f"delete from amplitude_loads where export_day = '{day}' and hour(export_hour) = 23"
    )
    assert looker.look().outcome == "not_loaded"
