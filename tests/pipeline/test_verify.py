"""The checker finds what is wrong with a loaded day, and says where."""

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
from amplitude_export.verify.verify import Verdict, verify_day

from local.export_api import ExportApi
from tests.days import Day
from tests.pipeline.stand_ins import BUCKET, Table

DAY = date(2026, 8, 10)
HOUR = f"'{DAY} 09:00:00'"


@pytest.fixture
def loaded(tables: Any, s3: Any, api: ExportApi, volume: Path, tmp_path: Path) -> Iterator[Day]:
    """The run that has loaded the day; its objects are gone again afterwards."""
    xcoms = tmp_path / "xcoms"
    xcoms.mkdir()
    run = Day(xcoms, volume, DAY, "manual__verified", BUCKET, window_hours=24)
    run.whole()
    yield run
    for each in s3.list_objects_v2(Bucket=BUCKET, Prefix=f"python-import/{DAY}/")["Contents"]:
        s3.delete_object(Bucket=BUCKET, Key=each["Key"])


@pytest.fixture
def verdict(loaded: Day, tables: Any, volume: Path) -> Callable[[], Verdict]:
    """What the checker says now."""
    return lambda: verify_day(
        lambda: snowflake.connector.connect(**tables.connection()), volume, DAY
    )


def test_a_loaded_day_has_no_problem(verdict: Callable[[], Verdict], api: ExportApi) -> None:
    """Every event was compared, and there is nothing to note."""
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
        "insert into amplitude_raw select object_construct('uuid', 'nobody-sent-this'), export_day,"
        " export_hour, source_file, 0, loaded_at, run_id from amplitude_raw"
        f" where export_hour = {HOUR} and source_row = 1",
        "09:00: 1 in the table but not exported (nobody-sent-this)",
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
    "the ledger says another number": (
        f"update amplitude_loads set events = events + 1 where export_hour = {HOUR}",
        "09:00: the ledger has",
    ),
    "the ledger names another run": (
        f"update amplitude_loads set run_id = 'other' where export_hour = {HOUR}",
        "the ledger's rows are of several runs: ",
    ),
}


@pytest.mark.parametrize("case", TAMPERED, ids=str)
def test_what_is_wrong_in_the_warehouse_is_named(
    verdict: Callable[[], Verdict], table: Table, case: str
) -> None:
    """Which hour, how many, and what."""
    statement, said = TAMPERED[case]
    table.cursor.execute(statement)
    assert any(said in problem for problem in verdict().problems), verdict().problems


def test_objects_that_are_missing_or_changed_are_named(
    verdict: Callable[[], Verdict], s3: Any, volume: Path
) -> None:
    """By their keys; one that nobody named is only noted."""
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


def test_a_run_that_failed_before_the_load_excuses_nothing(
    verdict: Callable[[], Verdict], s3: Any, volume: Path
) -> None:
    """Its folder stays for ever; one that worked on the day since may have changed the bucket."""
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


def test_a_broken_archive_is_a_problem_and_no_traceback(
    verdict: Callable[[], Verdict], volume: Path
) -> None:
    """The volume has lost half of it."""
    (archive,) = volume.rglob("*.zip")
    archive.write_bytes(archive.read_bytes()[:1000])
    assert "an archive on the volume is broken" in verdict().problems[0]


def test_what_clean_up_left_is_named(verdict: Callable[[], Verdict], volume: Path) -> None:
    """JSON beside a day that is marked as loaded, and half an archive."""
    (mark,) = volume.rglob("loaded")
    (mark.parent / "json").mkdir()
    (mark.parent / ".export.zip.1234.part").touch()
    assert sorted(problem.split(" ")[0].rpartition("/")[2] for problem in verdict().problems) == [
        ".export.zip.1234.part",
        "json",
    ]


def test_archives_past_their_days_leave_the_ledger_as_the_measure(
    verdict: Callable[[], Verdict], volume: Path, loaded: Day
) -> None:
    """The table is compared with it still, hour by hour, and the verdict says so."""
    clean_up(volume, DAY, loaded.run_id, archive_days=0)
    found = verdict()
    assert found.problems == []
    assert not found.compared
    assert "are no longer on this volume" in found.notes[0]


def test_an_archive_that_is_not_what_was_loaded_is_not_compared(
    verdict: Callable[[], Verdict], volume: Path
) -> None:
    """A task of the run was cleared and has not come to its end."""
    (mark,) = volume.rglob("loaded")
    mark.unlink()
    found = verdict()
    assert found.problems == []
    assert "has started again, or has not cleaned up yet" in found.notes[0]


def test_a_day_that_was_never_loaded_is_no_problem_but_not_loaded(
    tables: Any, volume: Path
) -> None:
    """The two are not the same."""
    found = verify_day(
        lambda: snowflake.connector.connect(**tables.connection()), volume, date(2001, 1, 1)
    )
    assert (found.loaded, found.problems) == (False, [])


def test_the_rows_are_the_exported_objects(
    loaded: Day, table: Table, volume: Path, tmp_path: Path
) -> None:
    """Not only their uuids: each row's JSON equals its line in the archive."""
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
