"""Verify finds every kind of damage to a loaded day, and names the place."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import snowflake.connector
from amplitude_export.clean_up.clean_up import clean_up
from amplitude_export.load.load import load_day
from amplitude_export.manifest import DayManifest
from amplitude_export.verify.verify import Verdict, verify_day

from local.export_api import ExportApi
from tests.days import Day
from tests.pipeline.stand_ins import BUCKET, Table

DAY = date(2026, 8, 10)
HOUR = f"'{DAY} 09:00:00'"
FOLDER = f"python-import/{DAY}/"


@pytest.fixture
def loaded(tables: Any, s3: Any, api: ExportApi, volume: Path, tmp_path: Path) -> Iterator[Day]:
    """The run that loaded the day; its objects are deleted afterwards."""
    xcoms = tmp_path / "xcoms"
    xcoms.mkdir()
    # An earlier test has changed the ledger by hand.
    settings = {"window_hours": 24, "accept_fewer": True}
    run = Day(xcoms, volume, DAY, "manual__verified", BUCKET, **settings)
    run.whole()
    yield run
    for key in objects(s3):
        s3.delete_object(Bucket=BUCKET, Key=key)


@pytest.fixture
def verdict(loaded: Day, tables: Any, volume: Path) -> Callable[[], Verdict]:
    """Return a function that verifies the day."""
    return lambda: verify_day(
        lambda: snowflake.connector.connect(**tables.connection()), volume, DAY
    )


def test_a_loaded_day_has_no_problem(verdict: Callable[[], Verdict], api: ExportApi) -> None:
    """Every event is compared, and there are no notes."""
    found = verdict()
    assert (found.problems, found.notes) == ([], [])
    assert found.loaded
    assert found.compared
    assert found.events == sum(api.expected_events(DAY).values())


TAMPERED = {
    "an event is missing": (
        f"delete from amplitude_raw where export_hour = {HOUR} and source_row = 1",
        "09:00: 1 missing from the table (",
    ),
    "an event is doubled": (
        f"insert into amplitude_raw select * from amplitude_raw where export_hour = {HOUR}"
        " and source_row = 1",
        "09:00: 1 doubled in the table (",
    ),
    "an event is foreign": (
        "insert into amplitude_raw select object_construct('uuid', 'never-sent'), export_day,"
        " export_hour, source_file, 0, loaded_at, run_id, project from amplitude_raw"
        f" where export_hour = {HOUR} and source_row = 1",
        "09:00: 1 in the table but not exported (never-sent)",
    ),
    "rows of another run": (
        f"update amplitude_raw set run_id = 'other' where export_hour = {HOUR}",
        "runs that the ledger does not name: other",
    ),
    "an hour of another day": (
        f"update amplitude_raw set export_hour = '2026-08-11 00:00:00' where export_hour = {HOUR}",
        "2026-08-11 00:00: the table has",
    ),
    "a ledger row is missing": (
        f"delete from amplitude_loads where export_hour = {HOUR}",
        "the ledger has 23 rows for the day",
    ),
    "the ledger has another number": (
        f"update amplitude_loads set events = events + 1 where export_hour = {HOUR}",
        "09:00: the ledger has",
    ),
    "the ledger of files has another number": (
        f"update amplitude_files set events = events + 1 where export_hour = {HOUR}",
        "09:00: AMPLITUDE_FILES has ",
    ),
    "the ledger of files lacks an hour": (
        f"delete from amplitude_files where export_hour = {HOUR}",
        "09:00: AMPLITUDE_FILES has nothing, and not the ledger's",
    ),
    "the ledger names another run": (
        f"update amplitude_loads set run_id = 'other' where export_hour = {HOUR}",
        "the ledger's rows are of several runs: ",
    ),
}


@pytest.mark.parametrize("case", TAMPERED, ids=str)
def test_damage_in_the_warehouse_is_reported(
    verdict: Callable[[], Verdict], table: Table, case: str
) -> None:
    """The problem names the hour, the number and the kind."""
    statement, message = TAMPERED[case]
    table.cursor.execute(statement)
    assert any(message in problem for problem in verdict().problems), verdict().problems


def test_missing_and_changed_objects_are_reported(
    verdict: Callable[[], Verdict], s3: Any, volume: Path
) -> None:
    """Problems name the keys; an unknown object is only a note."""
    folder = f"python-import/{DAY}/"
    keys = [e["Key"] for e in s3.list_objects_v2(Bucket=BUCKET, Prefix=folder)["Contents"]]
    s3.delete_object(Bucket=BUCKET, Key=keys[0])
    s3.put_object(Bucket=BUCKET, Key=keys[1], Body=b"{}\n")
    s3.put_object(Bucket=BUCKET, Key=f"{folder}leftover.json", Body=b"{}\n")
    found = verdict()
    assert [problem.split(":")[0] for problem in found.problems] == keys[:2]
    assert "not in the bucket" in found.problems[0]
    assert "3 in the bucket" in found.problems[1]
    assert found.notes == [
        f"1 objects of earlier runs beside the day's own ({folder}leftover.json)"
    ]


def test_only_a_run_after_the_load_explains_missing_objects(
    verdict: Callable[[], Verdict], s3: Any, volume: Path
) -> None:
    """The folder of an older failed run stays forever; a newer run can have changed the bucket."""
    (mark,) = volume.rglob("loaded")
    other = mark.parent.with_name("other-12345678")
    other.mkdir()
    os.utime(other, (0, 0))
    key = f"python-import/{DAY}/"
    gone = s3.list_objects_v2(Bucket=BUCKET, Prefix=key)["Contents"][0]["Key"]
    s3.delete_object(Bucket=BUCKET, Key=gone)
    assert any(gone in problem for problem in verdict().problems)
    later = mark.stat().st_mtime + 1
    os.utime(other, (later, later))
    found = verdict()
    assert found.problems == []
    assert any(gone in note for note in found.notes)


def test_a_broken_archive_is_reported_as_a_problem(
    verdict: Callable[[], Verdict], volume: Path
) -> None:
    """Half of it is missing, which raises nothing."""
    (archive,) = volume.rglob("*.zip")
    archive.write_bytes(archive.read_bytes()[:1000])
    assert "an archive on the volume is broken" in verdict().problems[0]


def test_files_that_clean_up_should_have_removed_are_reported(
    verdict: Callable[[], Verdict], volume: Path
) -> None:
    """The loaded day still has JSON and half an archive."""
    (mark,) = volume.rglob("loaded")
    (mark.parent / "json").mkdir()
    (mark.parent / ".export.zip.1234.part").touch()
    assert sorted(problem.split(" ")[0].rpartition("/")[2] for problem in verdict().problems) == [
        ".export.zip.1234.part",
        "json",
    ]


def test_without_archives_a_day_is_compared_with_the_ledger(
    verdict: Callable[[], Verdict], volume: Path, loaded: Day
) -> None:
    """The archives have expired, which the verdict reports."""
    clean_up(volume, DAY, loaded.run_id, archive_days=0)
    found = verdict()
    assert found.problems == []
    assert not found.compared
    assert "are no longer on this volume" in found.notes[0]


def change_nothing(s3: Any, keys: list[str]) -> None:
    """Leave the bucket as the run has left it."""


def add_one(s3: Any, keys: list[str]) -> None:
    s3.put_object(Bucket=BUCKET, Key=f"{FOLDER}leftover.json", Body=b"{}\n")


def remove_one(s3: Any, keys: list[str]) -> None:
    s3.delete_object(Bucket=BUCKET, Key=keys[0])


def replace_one(s3: Any, keys: list[str]) -> None:
    s3.put_object(Bucket=BUCKET, Key=keys[0], Body=b"{}\n")


def split_one(s3: Any, keys: list[str]) -> None:
    """Leave one object more, and as many bytes."""
    body = s3.get_object(Bucket=BUCKET, Key=keys[0])["Body"].read()
    s3.put_object(Bucket=BUCKET, Key=keys[0], Body=body[:-3])
    add_one(s3, keys)


@pytest.mark.parametrize("change", [change_nothing, add_one, remove_one, replace_one, split_one])
def test_without_archives_the_bucket_is_compared_with_the_ledger(
    verdict: Callable[[], Verdict], volume: Path, loaded: Day, s3: Any, change: Callable[..., None]
) -> None:
    """A note has both numbers and both sizes if either differs, and then what differs."""
    clean_up(volume, DAY, loaded.run_id, archive_days=0)
    recorded = objects(s3)
    change(s3, sorted(recorded))
    found, held = verdict(), objects(s3)
    bucket = (
        f"the bucket has {len(held):,} objects of {sum(held.values()):,} bytes, the ledger "
        f"{len(recorded):,} files of {sum(recorded.values()):,}"
    )
    assert found.problems == []
    notes = [note.partition(";")[0] for note in found.notes[1:]]
    assert notes == ([bucket] if held != recorded else [])
    named = [": 00:00 (", "leftover.json"]
    assert all(any(name in note for name in named) for note in found.notes[1:])


def test_a_bucket_whose_objects_have_expired_is_named_as_such(
    verdict: Callable[[], Verdict], volume: Path, s3: Any
) -> None:
    """The lifecycle removes objects after 90 days: no damage, with archives or without."""
    for key in objects(s3):
        s3.delete_object(Bucket=BUCKET, Key=key)
    found = verdict()
    assert (found.problems, found.compared) == ([], True)
    assert found.notes == ["the bucket no longer has any of the day's objects"]


def test_objects_of_an_empty_day_are_named(tables: Any, volume: Path, s3: Any, loaded: Day) -> None:
    """Without a file in the ledger, a bucket without objects is right, and one with some is not."""

    def notes() -> list[str]:
        return verify_day(connect, volume, DAY).notes[1:]

    def connect() -> Any:
        return snowflake.connector.connect(**tables.connection())

    for key in objects(s3):
        s3.delete_object(Bucket=BUCKET, Key=key)
    load_day(connect, DayManifest(DAY, []), "manual__empty", accept_fewer=True)
    assert notes() == []
    add_one(s3, [])
    (note,) = notes()
    assert note.startswith("the bucket has 1 objects of 3 bytes, the ledger 0 files of 0; ")
    assert note.endswith("leftover.json")


def objects(s3: Any) -> dict[str, int]:
    """Return key and bytes of each of the day's objects."""
    listed = s3.list_objects_v2(Bucket=BUCKET, Prefix=FOLDER).get("Contents", [])
    return {each["Key"]: each["Size"] for each in listed}


def test_an_archive_that_was_not_loaded_is_not_compared(
    verdict: Callable[[], Verdict], volume: Path
) -> None:
    """A task of the run was cleared, and the run has not finished."""
    (mark,) = volume.rglob("loaded")
    mark.unlink()
    found = verdict()
    assert found.problems == []
    assert "has started again, or has not cleaned up yet" in found.notes[0]


def test_a_day_that_was_never_loaded_has_no_problem_but_is_not_loaded(
    tables: Any, volume: Path
) -> None:
    """The verdict tells the two apart."""
    found = verify_day(
        lambda: snowflake.connector.connect(**tables.connection()), volume, date(2001, 1, 1)
    )
    assert (found.loaded, found.problems) == (False, [])


def test_the_rows_are_the_exported_objects(
    loaded: Day, table: Table, volume: Path, tmp_path: Path
) -> None:
    """Each row's JSON equals its line in the archive."""
    import gzip
    import zipfile

    (path,) = volume.rglob("*.zip")
    with zipfile.ZipFile(path) as archive:
        lines = [
            line
            for member in archive.infolist()
            for line in gzip.decompress(archive.read(member)).splitlines()
        ]
    stored = table.rows("select json_data from amplitude_raw where export_day = %s", f"{DAY}")
    assert sorted(json.dumps(json.loads(text), sort_keys=True) for (text,) in stored) == sorted(
        json.dumps(json.loads(line), sort_keys=True) for line in lines
    )
