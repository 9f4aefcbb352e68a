"""Clean-up removes only what a committed load no longer needs, beside any other run."""

from __future__ import annotations

import os
import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Barrier, Thread

import pytest
from amplitude_export.clean_up.clean_up import CleanedUp, clean_up
from amplitude_export.errors import BadSetting
from amplitude_export.window import Window, plan_windows
from amplitude_export.workspace import Workspace

DAY = date(2026, 9, 24)
NOW = datetime(2026, 10, 10, tzinfo=UTC)


def uploaded(data_dir: Path, run: str, day: date = DAY, hours_each: int = 24) -> list[Workspace]:
    """Return the workspaces of a run that has uploaded its windows."""
    return [_uploaded_window(data_dir, run, window) for window in plan_windows(day, hours_each)]


def _uploaded_window(data_dir: Path, run: str, window: Window) -> Workspace:
    workspace = Workspace.of(data_dir, window, run).open()
    workspace.archive(window).write_bytes(b"zip")
    (workspace.json_folder / "a.json").write_bytes(b"{}\n")
    workspace.receipts.write_text("[]\n")
    return workspace


def loaded(workspace: Workspace, days_ago: float) -> None:
    moment = (NOW - timedelta(days=days_ago)).timestamp()
    workspace.loaded.touch()
    os.utime(workspace.loaded, (moment, moment))


def tree(data_dir: Path) -> set[Path]:
    return set(data_dir.rglob("*"))


def test_the_loaded_run_keeps_its_archives_only(data_dir: Path) -> None:
    """JSON files and receipts of all its windows are removed; the archives stay, marked."""
    mine = uploaded(data_dir, "mine", hours_each=6)
    assert clean_up(data_dir, DAY, "mine", 7) == CleanedUp(4, 0)
    for workspace in mine:
        remaining = {entry.name for entry in workspace.folder.iterdir()}
        assert {"loaded"} == {name for name in remaining if not name.endswith(".zip")}
        assert len(remaining) == 2


def test_other_runs_and_days_are_not_touched(data_dir: Path) -> None:
    """Another run of the same day is safe, too, even with 0 days of cold storage."""
    uploaded(data_dir, "other")
    uploaded(data_dir, "mine", date(2026, 9, 25))
    before = tree(data_dir)
    uploaded(data_dir, "mine")
    clean_up(data_dir, DAY, "mine", 0)
    assert tree(data_dir) == before


def test_runs_of_other_projects_stay_until_they_expire(data_dir: Path) -> None:
    """Their ids can be equal. Expired archives go, also those of a project that was removed."""
    window = plan_windows(DAY, 24)[0]
    mine, others = (
        Workspace.of(data_dir, window, "run", project).open() for project in ("default", "app")
    )
    (others.json_folder / "a.json").write_bytes(b"{}\n")
    clean_up(data_dir, DAY, "run", 7)
    assert mine.loaded.exists()
    assert not mine.json_folder.exists()
    assert not others.loaded.exists()
    assert clean_up(data_dir, DAY, "run", 7, project="app").json_files == 1
    loaded(others, 8)
    assert clean_up(data_dir, DAY, "another", 7, NOW).archive_folders == 1
    assert not others.folder.exists()
    assert mine.folder.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
@pytest.mark.parametrize("mode", [0o700, 0o744, 0o755], ids=["closed", "listed only", "open"])
def test_what_another_user_owns_stays_and_holds_up_no_run(
    caplog: pytest.LogCaptureFixture, mode: int
) -> None:
    """Of any project and day: a run of 2020, say, that has expired, and what is left of one."""
    # pytest's own folders are closed to other users.
    with TemporaryDirectory() as folder:
        _clean_up_beside_another_user(Path(folder), mode, caplog)


def _clean_up_beside_another_user(
    data_dir: Path, mode: int, caplog: pytest.LogCaptureFixture
) -> None:
    foreign = uploaded(data_dir, "foreign", date(2020, 1, 1))[0]
    loaded(foreign, days_ago=99)
    left = foreign.folder.with_name(".x.discarded")
    left.mkdir()
    (left / "a.zip").touch()
    left.chmod(mode)
    foreign.folder.chmod(mode)
    data_dir.chmod(0o777)
    for each in foreign.folder.parents[:2]:
        each.chmod(0o755)
    os.seteuid(65534)
    try:
        mine = uploaded(data_dir, "mine")[0]
        assert clean_up(data_dir, DAY, "mine", 7, NOW).json_files == 1
    finally:
        os.seteuid(0)
    assert mine.loaded.exists()
    assert not mine.json_folder.exists()
    assert (left / "a.zip").exists()
    assert foreign.loaded.exists()
    assert f"{left} stays: " in caplog.text


@pytest.mark.parametrize(
    ("days_ago", "kept"),
    [
        pytest.param(6.9, True, id="within its days"),
        pytest.param(7.0, False, id="on the day"),
        pytest.param(300.0, False, id="long ago"),
        pytest.param(None, True, id="never loaded, however old"),
    ],
)
def test_archives_expire_only_when_they_were_loaded(
    data_dir: Path, days_ago: float | None, kept: bool
) -> None:
    """A failed run needs its archives for its retry."""
    (other,) = uploaded(data_dir, "other", date(2026, 9, 1))
    os.utime(other.folder, (0, 0))
    if days_ago is not None:
        loaded(other, days_ago)
    clean_up(data_dir, DAY, "mine", 7, NOW)
    assert other.folder.exists() is kept
    assert other.folder.parents[1].exists() is kept


def test_zero_days_keep_no_archive(data_dir: Path) -> None:
    """No file or folder of the run remains."""
    uploaded(data_dir, "mine", hours_each=12)
    assert clean_up(data_dir, DAY, "mine", 0) == CleanedUp(2, 2)
    assert tree(data_dir) == set()


@pytest.mark.parametrize("days", [1_000_000, 10**30])
def test_any_number_of_days_keeps_archives(data_dir: Path, days: int) -> None:
    """A number that is meant as for ever is not beyond the calendar."""
    mine = uploaded(data_dir, "mine")[0]
    loaded(mine, days_ago=9999)
    assert clean_up(data_dir, DAY, "another", days, NOW) == CleanedUp(0, 0)
    assert mine.loaded.exists()


def test_cleaning_up_is_idempotent(data_dir: Path) -> None:
    """The task can be cleared at any time."""
    uploaded(data_dir, "mine")
    for days in (7, 7, 0, 0):
        clean_up(data_dir, DAY, "mine", days)
    assert tree(data_dir) == set()


def test_cleaning_up_again_keeps_the_age_of_archives(data_dir: Path) -> None:
    """Their days count from the load, not from the last time that the task was cleared."""
    (mine,) = uploaded(data_dir, "mine")
    clean_up(data_dir, DAY, "mine", 7)
    loaded(mine, 8)
    clean_up(data_dir, DAY, "mine", 7, NOW)
    assert not mine.folder.exists()


def test_negative_days_are_refused_before_anything_is_removed(data_dir: Path) -> None:
    """The message names the variable."""
    uploaded(data_dir, "mine")
    before = tree(data_dir)
    with pytest.raises(BadSetting, match="amplitude_archive_days"):
        clean_up(data_dir, DAY, "mine", -1)
    assert tree(data_dir) == before


def test_an_archive_that_another_run_has_just_removed_is_ignored(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two runs find the same expired archive, and one is quicker."""
    (mine,) = uploaded(data_dir, "mine")
    (gone,) = uploaded(data_dir, "gone", date(2026, 9, 1))
    shutil.rmtree(gone.folder)
    monkeypatch.setattr(Workspace, "all_loaded", classmethod(lambda cls, _: [gone, mine]))
    assert clean_up(data_dir, DAY, "mine", 0).json_files == 1
    assert not mine.folder.exists()


def test_an_interrupted_removal_is_finished_by_the_next_one(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In either order of removal, no archive remains for ever without its mark."""
    (mine,) = uploaded(data_dir, "mine")
    unlink, order = os.unlink, []

    def killed_after_one(path: object, **kwargs: object) -> None:
        if order:
            raise KeyboardInterrupt
        order.append(path)
        unlink(path, **kwargs)

    for first in ("loaded", "export"):
        _uploaded_window(data_dir, "mine", Window("2026-09-24T00", "2026-09-24T23"))
        clean_up(data_dir, DAY, "mine", 7)
        order.clear()
        with monkeypatch.context() as patched:
            patched.setattr(os, "scandir", _first(first, os.scandir))
            patched.setattr(os, "unlink", killed_after_one)
            with pytest.raises(KeyboardInterrupt):
                clean_up(data_dir, DAY, "another run", 0)
        clean_up(data_dir, DAY, "another run", 0)
        assert not mine.folder.exists(), f"{first} was removed first"


def _first(prefix: str, scandir: object) -> object:
    """Return a scandir that lists the entries with this prefix first."""

    class Listing(list):
        def __enter__(self) -> Listing:
            return self

        def __exit__(self, *_: object) -> None:
            pass

    def listed(path: object) -> Listing:
        return Listing(sorted(scandir(path), key=lambda entry: not entry.name.startswith(prefix)))

    return listed


def test_runs_can_clean_up_at_the_same_time(data_dir: Path) -> None:
    """All of them succeed, and together they remove everything."""
    runs = [f"run{n}" for n in range(6)]
    failures: list[BaseException] = []
    for n in range(60):
        loaded(uploaded(data_dir, f"old{n}", DAY - timedelta(days=n % 7))[0], 30)
    for run in runs:
        uploaded(data_dir, run)
    barrier = Barrier(len(runs))

    def clean(run: str) -> None:
        barrier.wait()
        try:
            clean_up(data_dir, DAY, run, 0)
        except Exception as error:  # noqa: BLE001 - the finding itself
            failures.append(error)

    threads = [Thread(target=clean, args=[run]) for run in runs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert tree(data_dir) == set()
