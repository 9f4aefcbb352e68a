"""A volume that is missing, full, read-only, or not the same on each worker."""

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
from amplitude_export.doctor.shared import MarkerResult, check_shared, find_marker, write_marker
from amplitude_export.doctor.volume import check_volume
from amplitude_export.record import to_record
from amplitude_export.window import plan_windows
from amplitude_export.workspace import Workspace

from tests.doctor.deployment import failed


def examine(data_dir: str | Path) -> dict[str, Check]:
    runner = CheckRunner()
    check_volume(runner, str(data_dir))
    return {check.name: check for check in runner.checks}


def test_a_good_volume_passes_and_stays_as_it_was(tmp_path: Path) -> None:
    """Except for the doctor's empty folder."""
    checks = examine(tmp_path)
    assert failed(checks) == []
    assert [path.name for path in tmp_path.rglob("*")] == [".doctor"]


def test_a_missing_directory_is_not_created(tmp_path: Path) -> None:
    """A new directory would not be the shared volume; the other checks are skipped."""
    checks = examine(tmp_path / "gone")
    assert failed(checks) == ["volume.present"]
    assert checks["volume.present"].do.startswith("create the directory that amplitude_data_dir")
    assert checks["volume.room"].state is State.SKIPPED
    assert not (tmp_path / "gone").exists()


def test_an_unset_variable_is_named() -> None:
    """Airflow renders it as an empty text."""
    checks = examine("")
    assert failed(checks) == ["volume.present"]
    assert "amplitude_data_dir is not set" in checks["volume.present"].found


def test_a_file_in_place_of_the_directory_is_named(tmp_path: Path) -> None:
    """The file keeps its content."""
    file = tmp_path / "file"
    file.write_text("mine")
    assert failed(examine(file)) == ["volume.present"]
    assert file.read_text() == "mine"


def test_a_read_only_volume_cannot_be_written(tmpfs: Callable[[str], Path]) -> None:
    """The other checks of the volume pass."""
    folder = tmpfs("size=2g,ro")
    checks = examine(folder)
    assert failed(checks) == ["volume.writable"]
    assert f"{folder}" in checks["volume.writable"].found
    assert checks["volume.writable"].do.startswith("give the directory to the user that runs")


def test_a_small_volume_has_too_little_room(tmpfs: Callable[[str], Path]) -> None:
    """The finding has the free space and the space that a day needs."""
    checks = examine(tmpfs("size=8m"))
    assert failed(checks) == ["volume.room"]
    assert "0.0 GB are free; a day should have at least 1.0 GB" in checks["volume.room"].found
    assert checks["volume.room"].do.startswith("free space on the volume")


def test_a_full_volume_is_full(tmpfs: Callable[[str], Path]) -> None:
    """The finding is the pipeline's own message."""
    folder = tmpfs("size=64k")
    with pytest.raises(OSError, match="No space"), (folder / "full").open("wb") as file:
        file.write(bytes(1 << 20))
    checks = examine(folder)
    assert failed(checks) == ["volume.writable", "volume.room"]
    assert "is full" in checks["volume.writable"].found


def test_room_is_compared_with_the_largest_day_on_the_volume(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its size is that of archives and JSON over all of its windows."""
    keep_day(tmp_path, date(2026, 11, 20), archive=700_000_000, unpacked=2_000_000_000)
    keep_day(tmp_path, date(2026, 11, 21), archive=100_000_000, unpacked=300_000_000)
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=5_300_000_000))
    checks = examine(tmp_path)
    assert failed(checks) == ["volume.room"]
    assert checks["volume.room"].found == (
        "5.3 GB are free; the largest day on the volume took 5.4 GB"
    )


def keep_day(data_dir: Path, day: date, archive: int, unpacked: int) -> None:
    """Create two windows of the day as clean_up leaves them; the archives are sparse files."""
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
    """Return a function that gives this process the name of another worker."""
    return lambda name: monkeypatch.setattr(shared.socket, "gethostname", lambda: name)


def seen(*results: MarkerResult) -> Check:
    runner = CheckRunner()
    check_shared(runner, results)
    check, _ = runner.checks
    return check


def test_workers_with_one_volume_find_the_same_marker(
    tmp_path: Path, host: Callable[[str], None]
) -> None:
    """The finding names each host once."""
    marker = write_marker(str(tmp_path))
    results = []
    for name in ("worker-2", "worker-1", "worker-2"):
        host(name)
        results.append(find_marker(str(tmp_path), marker))
    check = seen(*results)
    assert check.state is State.OK
    assert check.found == "2 workers found the same marker: worker-1, worker-2"


def test_a_single_worker_passes_and_is_named(tmp_path: Path, host: Callable[[str], None]) -> None:
    """The finding tells that no other worker looked."""
    host("worker-1")
    check = seen(find_marker(str(tmp_path), write_marker(str(tmp_path))))
    assert (check.state, check.found) == (State.OK, "only worker-1 looked, and found the marker")


def test_a_worker_with_another_volume_is_named(tmp_path: Path, host: Callable[[str], None]) -> None:
    """One has its own directory, one has none; the worker with the volume is not named."""
    mine, others = tmp_path / "mine", tmp_path / "others"
    mine.mkdir()
    others.mkdir()
    marker = write_marker(str(mine))
    results = []
    for name, folder in (("good", mine), ("other", others), ("none", tmp_path / "none")):
        host(name)
        results.append(find_marker(str(folder), marker))
    check = seen(*results)
    assert check.state is State.FAILED
    assert "good" not in check.found
    assert f"none: {tmp_path / 'none'} does not exist" in check.found
    assert f"other: {others} exists but lacks the marker" in check.found
    assert check.do.startswith("mount the same volume at amplitude_data_dir on every worker")
    assert list(others.iterdir()) == []


def test_without_workers_the_check_is_skipped() -> None:
    """`make doctor` runs on one machine."""
    runner = CheckRunner()
    check_shared(runner, None)
    assert runner.checks[0].state is State.SKIPPED
    assert "only this machine was checked; the DAG amplitude_doctor" in runner.checks[0].found


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The deployment's own file, with two projects."""
    path = tmp_path / "amplitude.yaml"
    path.write_text("projects: [{name: default}, {name: app}]")
    monkeypatch.setenv("AMPLITUDE_CONFIG", str(path))
    return path


def projects(results: list[MarkerResult] | None) -> Check:
    runner = CheckRunner()
    check_shared(runner, results)
    (check,) = (each for each in runner.checks if each.name == "code.projects")
    return check


def test_a_worker_with_another_file_of_projects_is_named(
    tmp_path: Path, config: Path, host: Callable[[str], None]
) -> None:
    """Its daily DAGs would be others; a worker of an earlier version does not say."""
    marker = write_marker(str(tmp_path))
    host("worker-1")
    same = find_marker(str(tmp_path), marker)
    assert projects([same, MarkerResult("older")]).found == "the projects are default, app"
    kept = config.read_text()
    host("worker-2")
    config.write_text("projects: [{name: default}]")
    other = find_marker(str(tmp_path), marker)
    config.unlink()
    host("worker-3")
    missing = find_marker(str(tmp_path), marker)
    config.write_text(kept)
    check = projects([same, other, missing])
    assert check.state is State.FAILED
    assert f"worker-2: {(other.config or '')[:12]}; worker-3: none)" in check.found
    assert other.config != same.config
    assert check.do.startswith("install the same include/amplitude.yaml")


def test_a_bad_file_of_projects_is_a_failed_check(config: Path) -> None:
    """Also for `make doctor`, which has no tasks."""
    assert projects(None).found == "the projects are default, app"
    config.write_text("projects: []")
    assert projects(None).state is State.FAILED
    assert f"{config}" in projects(None).found


def test_the_next_marker_removes_old_ones(tmp_path: Path) -> None:
    """A marker that a task can still look for stays."""
    old, young = write_marker(str(tmp_path)), write_marker(str(tmp_path))
    os.utime(tmp_path / ".doctor" / old, (0, 0))
    new = write_marker(str(tmp_path))
    assert {path.name for path in (tmp_path / ".doctor").iterdir()} == {young, new}
