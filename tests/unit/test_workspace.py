"""Folders and keys: each run's own, whatever it is called."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from amplitude_export.errors import VolumeRefused
from amplitude_export.workspace import Workspace, object_key
from hypothesis import given
from hypothesis import strategies as st

from tests.archives import WHOLE_DAY

DAY = date(2026, 9, 24)
ROOT = Path("data")


@given(st.text(max_size=300), st.text(max_size=300))
def test_every_run_has_one_folder_of_its_own(one: str, other: str) -> None:
    """No run id leads out of the window's folder, makes a name too long, or shares a folder."""
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
    "",
    "ü" * 200,
]


@pytest.mark.parametrize("run_id", RUN_IDS)
def test_a_run_finds_its_own_workspaces_again(data_dir: Path, run_id: str) -> None:
    """All windows of the day, and none of another run or day."""
    halves = [Workspace.of(data_dir, window, run_id).open() for window in WHOLE_DAY.halves()]
    for other in RUN_IDS:
        if other != run_id:
            Workspace.of(data_dir, WHOLE_DAY, other).open()
    assert Workspace.of_run(data_dir, DAY, run_id) == halves
    assert Workspace.of_run(data_dir, date(2026, 9, 25), run_id) == []


def test_opening_takes_back_the_mark_of_the_load(workspace: Workspace) -> None:
    """A window that is worked on again is no archive to be removed."""
    workspace.loaded.touch()
    workspace.open()
    assert not workspace.loaded.exists()
    assert workspace.json_folder.is_dir()


def test_a_volume_that_is_not_mounted_is_not_made(tmp_path: Path) -> None:
    """A folder made in its place would fill the machine's own disk."""
    with pytest.raises(VolumeRefused, match="does not exist"):
        Workspace.of(tmp_path / "nowhere", WHOLE_DAY, "run").open()
    assert list(tmp_path.iterdir()) == []


def test_a_file_in_the_volume_s_place_is_named(tmp_path: Path) -> None:
    """A person has to mend it."""
    (tmp_path / "file").touch()
    with pytest.raises(VolumeRefused):
        Workspace.of(tmp_path / "file", WHOLE_DAY, "run").open()


def test_keys_are_made_of_day_and_file() -> None:
    """The prefix that the uploader may write to, then the day."""
    assert object_key(DAY, "1_2026-09-24_02_0.json") == (
        "python-import/2026-09-24/1_2026-09-24_02_0.json"
    )


def test_archives_are_named_for_their_hours(workspace: Workspace) -> None:
    """Halves of a window have archives of their own."""
    names = {workspace.archive(window).name for window in (WHOLE_DAY, *WHOLE_DAY.halves())}
    assert names == {
        "export_20260924T00_20260924T23.zip",
        "export_20260924T00_20260924T11.zip",
        "export_20260924T12_20260924T23.zip",
    }
