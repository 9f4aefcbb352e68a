"""Folders and keys are unique to each run, whatever its id."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from pathlib import Path

import pytest
from amplitude_export.errors import VolumeRefused
from amplitude_export.shared_folders import NetworksFolder, TransformFolder
from amplitude_export.volume import atomic_write
from amplitude_export.workspace import (
    Workspace,
    object_key,
    project_folder,
)
from hypothesis import given
from hypothesis import strategies as st

from tests.archives import WHOLE_DAY

DAY = date(2026, 9, 24)
ROOT = Path("/data")


@given(st.text(max_size=300), st.text(max_size=300))
def test_every_run_has_one_folder_of_its_own(one: str, other: str) -> None:
    """No run id leaves the window's folder, makes a name too long, or shares a folder."""
    folder = Workspace.of(ROOT, WHOLE_DAY, one).folder
    assert folder.parent == ROOT / "2026-09-24" / "00-23"
    assert folder.name not in (".", "..")
    assert len(folder.name.encode()) < 200
    assert (folder == Workspace.of(ROOT, WHOLE_DAY, other).folder) == (one == other)


RUN_IDS = [
    "manual__2026-09-24T00:00:00+00:00",
    "../../etc",
    "a/b",
    "x*",
    "[a-z]",
    "..",
    ".hidden",
    ".discarded",
    "",
    "ü" * 200,
]


@pytest.mark.parametrize("run_id", RUN_IDS)
def test_a_run_finds_all_of_its_own_workspaces(data_dir: Path, run_id: str) -> None:
    """It finds those of all windows of the day, and none of another run or day.

    A name that begins with a dot is found like any other, and a discarded folder is not a run's.
    """
    halves = [Workspace.of(data_dir, window, run_id).open() for window in WHOLE_DAY.halves()]
    for other in RUN_IDS:
        if other != run_id:
            Workspace.of(data_dir, WHOLE_DAY, other).open()
    assert Workspace.of_run(data_dir, DAY, run_id) == halves
    assert Workspace.of_run(data_dir, date(2026, 9, 25), run_id) == []
    for half in halves:
        half.loaded.touch()
    assert Workspace.all_loaded(data_dir) == halves
    assert len(Workspace.of_day(data_dir, DAY)) == len(halves) + len(RUN_IDS) - 1
    halves[0].discard()
    assert Workspace.all_loaded(data_dir) == halves[1:]
    assert len(Workspace.discarded(data_dir)) == 1


def test_a_project_has_a_folder_of_its_own(data_dir: Path) -> None:
    """Days of `default` are where they always were; run ids of two projects can be equal."""
    default = Workspace.of(data_dir, WHOLE_DAY, "run").open()
    projects = ("app", "dbt", "2026-09-24")
    others = [Workspace.of(data_dir, WHOLE_DAY, "run", project).open() for project in projects]
    assert default.folder.parents[2] == project_folder(data_dir, "default") == data_dir
    for project, workspace in zip(projects, others, strict=True):
        folder = project_folder(data_dir, project)
        assert workspace.folder.parents[2] == folder == data_dir / "projects" / project
        assert Workspace.of_run(folder, DAY, "run") == Workspace.of_day(folder, DAY) == [workspace]
        assert workspace.same_day == [workspace]
    assert Workspace.of_day(data_dir, DAY) == [default]
    for workspace in (default, *others):
        workspace.loaded.touch()
    assert {*Workspace.all_loaded(data_dir)} == {default, *others}
    others[0].discard()
    assert [path.parents[2] for path in Workspace.discarded(data_dir)] == [
        project_folder(data_dir, "app")
    ]


def test_a_projects_folder_is_made_and_the_volume_never(data_dir: Path) -> None:
    """A volume that is not mounted would fill the disk below it."""
    with pytest.raises(VolumeRefused, match="does not exist"):
        Workspace.of(data_dir / "gone", WHOLE_DAY, "run", "app").open()
    assert not (data_dir / "gone").exists()


def test_opening_removes_the_mark_of_the_load(workspace: Workspace) -> None:
    """A window that is processed again is not due for removal."""
    workspace.loaded.touch()
    workspace.open()
    assert not workspace.loaded.exists()
    assert workspace.json_folder.is_dir()


Folder = Workspace | NetworksFolder | TransformFolder
FOLDERS: dict[str, Callable[[Path], Folder]] = {
    "of a run": lambda data_dir: Workspace.of(data_dir, WHOLE_DAY, "run"),
    "of the networks": NetworksFolder.of,
    "of dbt": TransformFolder.of,
}


@pytest.mark.parametrize("which", FOLDERS)
def test_opening_removes_the_files_of_killed_attempts_and_no_others(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch, which: str
) -> None:
    """An attempt that is killed leaves its part; whole files and other folders stay."""
    for make in FOLDERS.values():
        killed_at(make(data_dir).open().folder / "file", monkeypatch)
    folder = FOLDERS[which](data_dir)
    (folder.folder / "a.part").write_bytes(b"whole")
    (folder.folder / ".hidden").write_bytes(b"whole")
    before = files(data_dir)
    (part,) = folder.folder.glob(".file.*.part")
    assert folder.open() == folder
    assert files(data_dir) == before - {part}


def test_opening_also_looks_below_a_run_s_folder(
    data_dir: Path, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half of what it unpacks is in a folder of its own."""
    for folder in (workspace.json_folder, workspace.quarantine_folder):
        folder.mkdir(exist_ok=True)
        killed_at(folder / "file", monkeypatch)
    workspace.open()
    assert files(data_dir) == set()


def killed_at(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Begin the file, and leave what a killed process leaves: it removes nothing."""
    with monkeypatch.context() as killed, suppress(KeyboardInterrupt):
        killed.setattr(os, "unlink", lambda *_, **__: None)
        with atomic_write(path) as file:
            file.write(b"half")
            raise KeyboardInterrupt


def files(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("which", FOLDERS)
def test_a_volume_that_is_not_mounted_is_not_created(tmp_path: Path, which: str) -> None:
    """A folder created in its place would fill the machine's own disk."""
    with pytest.raises(VolumeRefused, match="does not exist"):
        FOLDERS[which](tmp_path / "nowhere").open()
    assert list(tmp_path.iterdir()) == []


def test_a_file_in_place_of_the_volume_is_refused(tmp_path: Path) -> None:
    """A retry would not help: a person has to fix the path."""
    (tmp_path / "file").touch()
    with pytest.raises(VolumeRefused):
        Workspace.of(tmp_path / "file", WHOLE_DAY, "run").open()


def test_a_key_has_the_prefix_the_day_and_the_file() -> None:
    """The uploader can write only below this prefix."""
    assert object_key(DAY, "1_2026-09-24_02_0.json") == (
        "python-import/2026-09-24/1_2026-09-24_02_0.json"
    )


def test_archives_are_named_after_their_hours(workspace: Workspace) -> None:
    """Each half of a window has its own archive."""
    names = {workspace.archive(window).name for window in (WHOLE_DAY, *WHOLE_DAY.halves())}
    assert names == {
        "export_20260924T00_20260924T23.zip",
        "export_20260924T00_20260924T11.zip",
        "export_20260924T12_20260924T23.zip",
    }
