"""Verify compares archive, manifest, bucket, ledger and table each with its neighbors."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import snowflake.connector
from amplitude_export.clean_up.clean_up import clean_up
from amplitude_export.verify.verify import Verdict, verify_day
from amplitude_export.workspace import LANDING_FORMATS

from local.export_api import ExportApi
from tests.archives import events, gz, name, zipped
from tests.days import Day
from tests.pipeline.kept_days import KeptDay
from tests.pipeline.stand_ins import BUCKET, Table

DAY = date(2026, 8, 12)
LEDGER = f"from amplitude_loads where export_day = '{DAY}' and export_hour = '{DAY}"
Verify = Callable[[], Verdict]


@pytest.fixture(scope="module")
def kept(tables: Any, s3: Any, tmp_path_factory: Any) -> Iterator[KeptDay]:
    """The run that loads the day in two windows."""
    xcoms, volume = tmp_path_factory.mktemp("xcoms"), tmp_path_factory.mktemp("volume")
    run = Day(xcoms, volume, DAY, "manual__neighbors", BUCKET)
    with KeptDay.loaded(run, tables, s3) as kept:
        yield kept


@pytest.fixture
def loaded(kept: KeptDay, volume: Path) -> Day:
    """The run after it has loaded the day."""
    return kept.restore(volume)


@pytest.fixture
def verify(loaded: Day, tables: Any, volume: Path) -> Verify:
    """Return a function that verifies the day."""
    return lambda: verify_day(
        lambda: snowflake.connector.connect(**tables.connection()), volume, DAY
    )


def expire(loaded: Day) -> None:
    """Remove the archives, as clean_up does after some days."""
    clean_up(loaded.volume, DAY, loaded.run_id, archive_days=0)


def change_manifest(volume: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Change the manifest of the second window on the volume."""
    _, path = sorted(volume.rglob("manifest.json"))
    manifest = json.loads(path.read_text())
    change(manifest)
    path.write_text(json.dumps(manifest))


def double(table: Table, hour: int) -> None:
    table.cursor.execute(f"insert into amplitude_loads select * {LEDGER} {hour:02}:00:00'")


def delete(table: Table, hour: int) -> None:
    table.cursor.execute(f"delete {LEDGER} {hour:02}:00:00'")


def without_rows(table: Table) -> list[int]:
    return [hour for hour, (_, _, events) in sorted(table.ledger(DAY).items()) if not events]


def with_rows(table: Table) -> list[int]:
    return [hour for hour, (_, _, events) in sorted(table.ledger(DAY).items()) if events]


@pytest.mark.parametrize("archives", [True, False], ids=["archives", "no archives"])
@pytest.mark.parametrize("missing", [without_rows, with_rows], ids=["empty", "with rows"])
@pytest.mark.parametrize("doubled", [without_rows, with_rows], ids=["empty", "with rows"])
def test_an_hour_that_is_missing_beside_one_that_is_doubled_is_named_and_so_is_the_other(
    loaded: Day,
    verify: Verify,
    table: Table,
    archives: bool,
    missing: Callable[[Table], list[int]],
    doubled: Callable[[Table], list[int]],
) -> None:
    """The ledger has 24 rows all the same."""
    if not archives:
        expire(loaded)
    gone, twice = missing(table)[0], doubled(table)[-1]
    double(table, twice)
    delete(table, gone)
    problems = "\n".join(verify().problems)
    assert f"{gone:02}:00: the ledger has no row" in problems
    assert f"{twice:02}:00: the ledger has 2 rows" in problems


def test_an_hour_that_is_doubled_with_other_numbers_is_named_with_them(
    verify: Verify, table: Table
) -> None:
    """Neither row is compared alone."""
    hour = with_rows(table)[0]
    double(table, hour)
    table.cursor.execute(
        "update amplitude_loads set events = events + 1"
        f" where export_day = '{DAY}' and export_hour = '{DAY} {hour:02}:00:00'"
    )
    problems = verify().problems
    assert any(p.startswith(f"{hour:02}:00: the ledger has 2 rows") for p in problems)
    assert any("events, the table" in p and p.startswith(f"{hour:02}:00") for p in problems)


def test_a_ledger_row_of_another_days_hour_is_named(verify: Verify, table: Table) -> None:
    """Its own hour is missing."""
    hour = without_rows(table)[0]
    table.cursor.execute(
        f"update amplitude_loads set export_hour = '2026-08-20 {hour:02}:00:00'"
        f" where export_day = '{DAY}' and export_hour = '{DAY} {hour:02}:00:00'"
    )
    problems = verify().problems
    assert f"2026-08-20 {hour:02}:00: the ledger has a row under {DAY}" in problems
    assert f"{hour:02}:00: the ledger has no row" in problems


COLUMNS = {
    "files": ("files = files + 1", "files"),
    "bytes": ("bytes = bytes + 1", "bytes"),
    "quarantined": ("quarantined = 3", "quarantined"),
    "state": ("state = 'empty'", "state"),
}


@pytest.mark.parametrize("column", COLUMNS)
def test_every_number_of_the_ledger_is_compared_while_there_are_archives(
    verify: Verify, table: Table, column: str
) -> None:
    """The table has no such number; manifest and bucket have."""
    change, word = COLUMNS[column]
    hour = with_rows(table)[0]
    table.cursor.execute(
        f"update amplitude_loads set {change}"
        f" where export_day = '{DAY}' and export_hour = '{DAY} {hour:02}:00:00'"
    )
    problems = verify().problems
    assert any(p.startswith(f"{hour:02}:00: ") and word in p for p in problems), problems
    assert all(p.startswith(f"{hour:02}:00: ") for p in problems)


def test_the_bucket_is_compared_with_the_ledger_while_there_are_archives(
    verify: Verify, table: Table
) -> None:
    """Manifest and bucket agree; each of the two differs from the ledger."""
    hour = with_rows(table)[0]
    table.cursor.execute(
        "update amplitude_loads set files = files + 1, bytes = bytes + 7"
        f" where export_day = '{DAY}' and export_hour = '{DAY} {hour:02}:00:00'"
    )
    problems = [p for p in verify().problems if p.startswith(f"{hour:02}:00: ")]
    assert any("the manifest" in p for p in problems), problems
    assert any("the bucket" in p for p in problems), problems


def test_a_wrong_number_of_the_manifest_is_named_by_archive_and_ledger(
    verify: Verify, volume: Path
) -> None:
    """Table, ledger and archive agree."""

    def change(manifest: dict[str, Any]) -> None:
        manifest["files"][0]["events"] += 5

    change_manifest(volume, change)
    _, path = sorted(volume.rglob("manifest.json"))
    hour = json.loads(path.read_text())["files"][0]["hour"]
    problems = verify().problems
    assert all(p.startswith(f"{hour:02}:00: ") for p in problems)
    text = "\n".join(problems)
    assert "the archives have" in text
    assert "were recorded" in text


def test_a_file_that_the_manifest_lacks_is_missed_by_archive_and_ledger(
    verify: Verify, volume: Path
) -> None:
    """Its object is in the bucket, beside those of the manifest."""
    taken: list[dict[str, Any]] = []
    change_manifest(volume, lambda manifest: taken.append(manifest["files"].pop()))
    hour = taken[0]["hour"]
    found = verify()
    text = "\n".join(p for p in found.problems if p.startswith(f"{hour:02}:00: "))
    assert "the archives have 1 files, the manifest 0" in text
    assert "files: 0, and 1 were recorded" in text
    assert any(taken[0]["key"] in note for note in found.notes)


@pytest.mark.parametrize("landing_format", LANDING_FORMATS)
def test_a_member_of_which_nothing_lands_is_no_difference(
    tables: Any, s3: Any, api: ExportApi, volume: Path, tmp_path: Path, landing_format: str
) -> None:
    """It has no events, or each of its lines is quarantined; others of its hour land."""
    day = f"{DAY}"
    members = {name(3, day=day): gz(b""), name(4, day=day): gz(b"bad\n"), name(5, day=day): gz(b"")}
    members |= {name(5, 1, day): gz(events(2)), name(6, day=day): gz(events(1) + b"bad\n")}
    body = zipped(tmp_path / "made.zip", members).read_bytes()
    api.fail("status", status=200, body=body, content_type="application/zip")
    (xcoms := tmp_path / "xcoms").mkdir()
    run = Day(xcoms, volume, DAY, "manual__nothing_lands", BUCKET, accept_fewer=True)
    replace(run, quarantine=True, landing_format=landing_format).whole()
    found = verify_day(lambda: snowflake.connector.connect(**tables.connection()), volume, DAY)
    assert found.compared
    assert found.problems == []


def test_a_manifest_that_cannot_be_read_is_a_problem(verify: Verify, volume: Path) -> None:
    """The other comparisons are made all the same."""
    _, path = sorted(volume.rglob("manifest.json"))
    path.write_text('{"window": ')
    found = verify()
    assert [p for p in found.problems if f"{path}" in p and "cannot be read" in p]
    assert not found.compared


def test_an_archive_that_is_gone_is_named_and_the_others_are_compared(
    verify: Verify, table: Table, volume: Path
) -> None:
    """Manifest, bucket, ledger and table are compared for all hours."""
    first, second = sorted(volume.rglob("*.zip"))
    second.unlink()
    hours = with_rows(table)
    found = verify()
    assert found.problems == []
    assert not found.compared
    assert any(
        second.name in note and "are no longer on this volume" in note for note in found.notes
    )
    for hour in (hours[0], hours[-1]):
        table.cursor.execute(
            "delete from amplitude_raw where source_row = 1"
            f" and export_hour = '{DAY} {hour:02}:00:00'"
        )
    problems = verify().problems
    assert any(f"{hours[0]:02}:00: 1 missing from the table" in p for p in problems)
    assert any(p.startswith(f"{hours[-1]:02}:00: the ledger has") for p in problems)
    first.unlink()
    assert not verify().compared


def test_a_wiped_ledger_does_not_hide_the_rest(verify: Verify, table: Table, s3: Any) -> None:
    """The table names the run; its archives and objects are compared."""
    table.cursor.execute(f"delete from amplitude_loads where export_day = '{DAY}'")
    table.cursor.execute(f"delete from amplitude_raw where export_day = '{DAY}' and source_row = 1")
    key = s3.list_objects_v2(Bucket=BUCKET, Prefix=f"python-import/{DAY}/")["Contents"][0]["Key"]
    s3.delete_object(Bucket=BUCKET, Key=key)
    found = verify()
    assert not found.loaded
    text = "\n".join(found.problems)
    assert "the ledger has 0 events" in text
    assert "missing from the table" in text
    assert key in text


def test_a_day_that_only_the_volume_has_as_loaded_is_a_problem(
    verify: Verify, table: Table, loaded: Day
) -> None:
    """Ledger and table were emptied by hand; the mark of the load is on the volume."""
    for table_name in ("amplitude_loads", "amplitude_raw"):
        table.cursor.execute(f"delete from {table_name} where export_day = '{DAY}'")
    found = verify()
    assert not found.loaded
    assert any("neither ledger nor table" in problem for problem in found.problems)


def test_one_tampered_row_does_not_hide_the_run(verify: Verify, table: Table) -> None:
    """The archives are those of the run that most rows of the ledger name."""
    table.cursor.execute(
        "update amplitude_loads set run_id = 'other'"
        f" where export_day = '{DAY}' and export_hour = '{DAY} 00:00:00'"
    )
    found = verify()
    assert found.compared
    assert any("of several runs" in problem for problem in found.problems)


def test_without_archives_the_hours_of_bucket_and_ledger_that_differ_are_noted(
    loaded: Day, verify: Verify, table: Table, s3: Any
) -> None:
    """Two hours whose sums are equal are named too, and so is an object of no hour."""
    expire(loaded)
    keys = loaded_keys(s3)
    bodies = [s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() for key in keys[:2]]
    s3.put_object(Bucket=BUCKET, Key=keys[0], Body=bodies[0] + b"\n")
    s3.put_object(Bucket=BUCKET, Key=keys[1], Body=bodies[1][:-1])
    first, second = with_rows(table)[:2]
    found = verify()
    assert found.problems == []
    (note,) = [note for note in found.notes if "the bucket has" in note]
    assert f"{first:02}:00 (" in note
    assert f"{second:02}:00 (" in note
    stranger = f"python-import/{DAY}/stranger.json"
    s3.put_object(Bucket=BUCKET, Key=stranger, Body=b"{}\n")
    assert any(stranger in note for note in verify().notes)


def test_without_archives_quarantined_lines_need_their_object(
    loaded: Day, verify: Verify, table: Table
) -> None:
    """The ledger has a number of lines, and the bucket no file of them."""
    expire(loaded)
    hour = with_rows(table)[0]
    table.cursor.execute(
        "update amplitude_loads set quarantined = 2, state = 'incomplete'"
        f" where export_day = '{DAY}' and export_hour = '{DAY} {hour:02}:00:00'"
    )
    found = verify()
    assert any(
        note.startswith(f"{hour:02}:00: the ledger has 2 quarantined lines") for note in found.notes
    )


def loaded_keys(s3: Any) -> list[str]:
    listed = s3.list_objects_v2(Bucket=BUCKET, Prefix=f"python-import/{DAY}/")["Contents"]
    return [entry["Key"] for entry in listed]


@pytest.mark.parametrize("archives", [True, False], ids=["archives", "no archives"])
def test_a_day_that_agrees_has_no_problem(loaded: Day, verify: Verify, archives: bool) -> None:
    """Without archives there is one note, about what could not be compared."""
    if not archives:
        expire(loaded)
    found = verify()
    assert found.problems == []
    assert len(found.notes) == (0 if archives else 1)
    assert found.compared == archives
