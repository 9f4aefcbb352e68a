"""Removal: only what a committed load has made superfluous, whoever else is at work."""

from __future__ import annotations

import os
import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from threading import Barrier, Thread

import pytest
from amplitude_export.clean_up.clean_up import CleanedUp, clean_up
from amplitude_export.errors import BadSetting
from amplitude_export.window import Window, plan_windows
from amplitude_export.workspace import Workspace

DAY = date(2026, 9, 24)
NOW = datetime(2026, 10, 10, tzinfo=UTC)


def worked(data_dir: Path, run: str, day: date = DAY, hours_each: int = 24) -> list[Workspace]:
    """The workspaces of a run that has uploaded its windows."""
    return [_worked(data_dir, run, window) for window in plan_windows(day, hours_each)]


def _worked(data_dir: Path, run: str, window: Window) -> Workspace:
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
    """JSON and receipts of all its windows go; the archives stay, marked."""
    mine = worked(data_dir, "mine", hours_each=6)
    assert clean_up(data_dir, DAY, "mine", 7) == CleanedUp(4, 0)
    for workspace in mine:
        left = {entry.name for entry in workspace.folder.iterdir()}
        assert {"loaded"} == {name for name in left if not name.endswith(".zip")}
        assert len(left) == 2


def test_other_runs_and_days_are_not_touched(data_dir: Path) -> None:
    """Not even of the same day, and not with 0 days of cold storage."""
    worked(data_dir, "other")
    worked(data_dir, "mine", date(2026, 9, 25))
    before = tree(data_dir)
    worked(data_dir, "mine")
    clean_up(data_dir, DAY, "mine", 0)
    assert tree(data_dir) == before


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
    (other,) = worked(data_dir, "other", date(2026, 9, 1))
    os.utime(other.folder, (0, 0))
    if days_ago is not None:
        loaded(other, days_ago)
    clean_up(data_dir, DAY, "mine", 7, NOW)
    assert other.folder.exists() is kept
    assert other.folder.parents[1].exists() is kept


def test_zero_days_keep_none(data_dir: Path) -> None:
    """Nothing is left of the run, folders included."""
    worked(data_dir, "mine", hours_each=12)
    assert clean_up(data_dir, DAY, "mine", 0) == CleanedUp(2, 2)
    assert tree(data_dir) == set()


def test_cleaning_up_again_finds_nothing_and_is_fine(data_dir: Path) -> None:
    """The task may be cleared at any time."""
    worked(data_dir, "mine")
    for days in (7, 7, 0, 0):
        clean_up(data_dir, DAY, "mine", days)
    assert tree(data_dir) == set()


def test_cleaning_up_again_does_not_make_archives_younger(data_dir: Path) -> None:
    """Their days count from the load, not from the last time that somebody cleared the task."""
    (mine,) = worked(data_dir, "mine")
    clean_up(data_dir, DAY, "mine", 7)
    loaded(mine, 8)
    clean_up(data_dir, DAY, "mine", 7, NOW)
    assert not mine.folder.exists()


def test_negative_days_are_refused_before_anything_is_removed(data_dir: Path) -> None:
    """The message names the variable."""
    worked(data_dir, "mine")
    before = tree(data_dir)
    with pytest.raises(BadSetting, match="amplitude_archive_days"):
        clean_up(data_dir, DAY, "mine", -1)
    assert tree(data_dir) == before


def test_an_archive_that_another_run_has_just_removed_is_no_error(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two runs find the same expired archive; one is quicker."""
    (mine,) = worked(data_dir, "mine")
    (gone,) = worked(data_dir, "gone", date(2026, 9, 1))
    shutil.rmtree(gone.folder)
    monkeypatch.setattr(Workspace, "all_loaded", classmethod(lambda cls, _: [gone, mine]))
    assert clean_up(data_dir, DAY, "mine", 0).json_files == 1
    assert not mine.folder.exists()


def test_a_removal_that_was_interrupted_is_finished_by_the_next(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever was removed first, no archive stays behind without its mark for ever."""
    (mine,) = worked(data_dir, "mine")
    unlink, order = os.unlink, []

    def killed_after_one(path: object, **kwargs: object) -> None:
        if order:
            raise KeyboardInterrupt
        order.append(path)
        unlink(path, **kwargs)

    for first in ("loaded", "export"):
        _worked(data_dir, "mine", Window("2026-09-24T00", "2026-09-24T23"))
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
    """A scandir that happens to list the entries of this name first."""

    class Listing(list):
        def __enter__(self) -> Listing:
            return self

        def __exit__(self, *_: object) -> None:
            pass

    def listed(path: object) -> Listing:
        return Listing(sorted(scandir(path), key=lambda entry: not entry.name.startswith(prefix)))

    return listed


def test_runs_clean_up_at_the_same_time(data_dir: Path) -> None:
    """All of them succeed, and together they leave nothing."""
    runs = [f"run{n}" for n in range(6)]
    failures: list[BaseException] = []
    for n in range(60):
        loaded(worked(data_dir, f"old{n}", DAY - timedelta(days=n % 7))[0], 30)
    for run in runs:
        worked(data_dir, run)
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
