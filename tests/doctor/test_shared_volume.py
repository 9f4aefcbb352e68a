"""A volume that is missing, full, read-only, or another one on each worker."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from amplitude_export.doctor import shared
from amplitude_export.doctor.check import Check, State
from amplitude_export.doctor.runner import CheckRunner
from amplitude_export.doctor.shared import MarkerResult, check_shared, find_marker, leave_mark
from amplitude_export.doctor.volume import check_volume
from amplitude_export.record import to_record
from amplitude_export.window import plan_windows
from amplitude_export.workspace import Workspace

from tests.doctor.deployment import failed


def look(data_dir: str | Path) -> dict[str, Check]:
    runner = CheckRunner()
    check_volume(runner, str(data_dir))
    return {check.name: check for check in runner.checks}


def test_a_good_volume_is_left_as_it_was(tmp_path: Path) -> None:
    """But for an empty folder of the doctor's."""
    checks = look(tmp_path)
    assert failed(checks) == []
    assert [path.name for path in tmp_path.rglob("*")] == [".doctor"]


def test_a_directory_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    """It is mounted, or it is another one; the other checks wait for it."""
    checks = look(tmp_path / "gone")
    assert failed(checks) == ["volume.present"]
    assert checks["volume.present"].do.startswith("create the directory that amplitude_data_dir")
    assert checks["volume.room"].state is State.SKIPPED
    assert not (tmp_path / "gone").exists()


def test_a_variable_that_is_not_set_is_named() -> None:
    """Airflow hands over an empty text."""
    checks = look("")
    assert failed(checks) == ["volume.present"]
    assert "amplitude_data_dir is not set" in checks["volume.present"].found


def test_a_file_in_place_of_the_directory_is_named(tmp_path: Path) -> None:
    """It is not written to."""
    file = tmp_path / "file"
    file.write_text("mine")
    assert failed(look(file)) == ["volume.present"]
    assert file.read_text() == "mine"


def test_a_read_only_volume_cannot_be_written(tmpfs: Callable[[str], Path]) -> None:
    """It is there, and has room."""
    folder = tmpfs("size=2g,ro")
    checks = look(folder)
    assert failed(checks) == ["volume.writable"]
    assert f"{folder}" in checks["volume.writable"].found
    assert checks["volume.writable"].do.startswith("give the directory to the user that runs")


def test_a_small_volume_has_too_little_room(tmpfs: Callable[[str], Path]) -> None:
    """It says how much is free, and how much a day should have."""
    checks = look(tmpfs("size=8m"))
    assert failed(checks) == ["volume.room"]
    assert "0.0 GB are free; a day should have at least 1.0 GB" in checks["volume.room"].found
    assert checks["volume.room"].do.startswith("make room on the volume")


def test_a_full_volume_is_full(tmpfs: Callable[[str], Path]) -> None:
    """Not a single byte fits."""
    folder = tmpfs("size=64k")
    with pytest.raises(OSError, match="No space"), (folder / "full").open("wb") as file:
        file.write(bytes(1 << 20))
    checks = look(folder)
    assert failed(checks) == ["volume.writable", "volume.room"]
    assert "is full" in checks["volume.writable"].found


def test_room_is_measured_by_the_days_that_are_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Archives and JSON of the largest day that was loaded, over all of its windows."""
    keep_day(tmp_path, date(2026, 11, 20), archive=700_000_000, unpacked=2_000_000_000)
    keep_day(tmp_path, date(2026, 11, 21), archive=100_000_000, unpacked=300_000_000)
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=5_300_000_000))
    checks = look(tmp_path)
    assert failed(checks) == ["volume.room"]
    assert checks["volume.room"].found == (
        "5.3 GB are free; the largest of the days that are kept took 5.4 GB"
    )


def keep_day(data_dir: Path, day: date, archive: int, unpacked: int) -> None:
    """Two windows of the day, as clean_up leaves them; the archives are sparse files."""
    for window in plan_windows(day, 12):
        space = Workspace.of(data_dir, window, "run").open()
        with space.archive(window).open("wb") as file:
            file.truncate(archive)
        landed = {"hour": window.start.hour, "part": 0, "file": "f", "key": "k", "events": 1}
        landed |= {"bytes": unpacked, "crc32": ""}
        record = {"window": to_record(window), "archives": [], "files": [landed], "set_aside": []}
        space.manifest.write_text(json.dumps(record))
        space.loaded.touch()


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Makes this process run on another worker."""
    return lambda name: monkeypatch.setattr(shared.socket, "gethostname", lambda: name)


def seen(*sightings: MarkerResult) -> Check:
    runner = CheckRunner()
    check_shared(runner, sightings)
    (check,) = runner.checks
    return check


def test_workers_of_one_volume_see_the_same_mark(
    tmp_path: Path, host: Callable[[str], None]
) -> None:
    """Each says its host."""
    mark = leave_mark(str(tmp_path))
    sightings = []
    for name in ("worker-2", "worker-1", "worker-2"):
        host(name)
        sightings.append(find_marker(str(tmp_path), mark))
    check = seen(*sightings)
    assert check.state is State.OK
    assert check.found == "2 workers see the same mark: worker-1, worker-2"


def test_one_worker_alone_is_good_and_says_so(tmp_path: Path, host: Callable[[str], None]) -> None:
    """Nothing is known of the others."""
    host("worker-1")
    check = seen(find_marker(str(tmp_path), leave_mark(str(tmp_path))))
    assert (check.state, check.found) == (State.OK, "only worker-1 has looked, and sees the mark")


def test_a_worker_with_another_volume_is_named(tmp_path: Path, host: Callable[[str], None]) -> None:
    """One has a directory of its own, one has none; the good one is not named."""
    mine, others = tmp_path / "mine", tmp_path / "others"
    mine.mkdir()
    others.mkdir()
    mark = leave_mark(str(mine))
    sightings = []
    for name, folder in (("good", mine), ("other", others), ("none", tmp_path / "none")):
        host(name)
        sightings.append(find_marker(str(folder), mark))
    check = seen(*sightings)
    assert check.state is State.FAILED
    assert "good" not in check.found
    assert f"none: {tmp_path / 'none'} does not exist" in check.found
    assert f"other: {others} is there, but not the mark" in check.found
    assert check.do.startswith("mount the same volume at amplitude_data_dir on every worker")
    assert list(others.iterdir()) == []


def test_nobody_was_sent_to_look() -> None:
    """`make doctor` has no workers."""
    runner = CheckRunner()
    check_shared(runner, None)
    assert runner.checks[0].state is State.SKIPPED
    assert "only this machine has looked; the DAG amplitude_doctor" in runner.checks[0].found


def test_old_marks_are_removed_by_the_next(tmp_path: Path) -> None:
    """One that somebody may still look for stays."""
    old, young = leave_mark(str(tmp_path)), leave_mark(str(tmp_path))
    os.utime(tmp_path / ".doctor" / old, (0, 0))
    new = leave_mark(str(tmp_path))
    assert {path.name for path in (tmp_path / ".doctor").iterdir()} == {young, new}
