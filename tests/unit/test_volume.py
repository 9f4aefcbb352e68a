"""The volume: files appear whole or not at all, and its refusals are told apart."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import pytest
from amplitude_export import volume
from amplitude_export.errors import PipelineError, VolumeFull, VolumeRefused
from amplitude_export.volume import atomic_write, require_space, volume_errors


def parts(folder: Path) -> list[str]:
    return [entry.name for entry in folder.iterdir()]


def _stopped(file: BinaryIO, error: type[BaseException]) -> None:
    file.write(b"new")
    raise error


def write(path: Path, content: bytes) -> None:
    with atomic_write(path) as file:
        file.write(content)


def test_a_file_has_its_name_only_when_it_is_whole(tmp_path: Path) -> None:
    """Before the end of the block there is another name; after it only this one."""
    with atomic_write(tmp_path / "f") as file:
        file.write(b"x")
        assert not (tmp_path / "f").exists()
    assert (tmp_path / "f").read_bytes() == b"x"
    assert parts(tmp_path) == ["f"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_a_failed_file_leaves_the_old_one_and_no_part(
    tmp_path: Path, error: type[BaseException]
) -> None:
    """Whatever ended it, a stopped task included."""
    write(tmp_path / "f", b"old")
    with pytest.raises(error), atomic_write(tmp_path / "f") as file:
        _stopped(file, error)
    assert (tmp_path / "f").read_bytes() == b"old"
    assert parts(tmp_path) == ["f"]


def test_two_attempts_at_once_do_not_write_into_each_other(tmp_path: Path) -> None:
    """Each has a part of its own; the last one renamed stays, whole."""
    with atomic_write(tmp_path / "f") as slow:
        slow.write(b"slow ")
        with atomic_write(tmp_path / "f") as quick:
            quick.write(b"quick")
        slow.write(b"but whole")
    assert (tmp_path / "f").read_bytes() == b"slow but whole"
    assert parts(tmp_path) == ["f"]


def test_a_full_volume_is_named_and_keeps_no_part(tmpfs: Callable[[str], Path]) -> None:
    """On a real volume of 1 MB: VolumeFull, later, and the room is free again."""
    folder = tmpfs("size=1m")
    with pytest.raises(VolumeFull) as raised:
        write(folder / "f", b"x" * 2**21)
    assert raised.value.retry_after == volume.FULL_RETRY_AFTER
    assert parts(folder) == []


def test_a_read_only_volume_is_named(tmpfs: Callable[[str], Path]) -> None:
    """On a real read-only volume: a person has to mend it."""
    folder = tmpfs("ro,size=1m")
    with pytest.raises(VolumeRefused, match="Read-only"):
        write(folder / "f", b"x")


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        pytest.param(errno.ENOSPC, VolumeFull, id="full"),
        pytest.param(errno.EDQUOT, VolumeFull, id="quota"),
        pytest.param(errno.EROFS, VolumeRefused, id="read-only"),
        pytest.param(errno.EACCES, VolumeRefused, id="another's folder"),
        pytest.param(errno.EPERM, VolumeRefused, id="not permitted"),
        pytest.param(errno.ENOTDIR, VolumeRefused, id="a file in its place"),
        pytest.param(errno.ENOENT, VolumeRefused, id="not there"),
    ],
)
def test_what_the_system_says_becomes_what_to_do(
    tmp_path: Path, number: int, expected: type[PipelineError]
) -> None:
    """The path stands in the message."""
    with pytest.raises(expected, match=str(tmp_path)), volume_errors(tmp_path):
        raise OSError(number, "it says")


@pytest.mark.parametrize("below", [".", "2026-09-24/00-23/run"])
def test_a_file_in_place_of_the_volume_is_named(tmp_path: Path, below: str) -> None:
    """Its owner is not at fault: the Variable has to name a directory."""
    file = tmp_path / "volume"
    file.touch()
    with pytest.raises(VolumeRefused) as raised, volume_errors(file / below):
        (file / below / "json").mkdir(parents=True, exist_ok=True)
    assert raised.value.what == f"{file} is not a directory."
    assert raised.value.do == "correct the Airflow Variable amplitude_data_dir."


def test_other_errors_stay_what_they_are(tmp_path: Path) -> None:
    """A broken disk is nobody's setting."""
    with pytest.raises(OSError, match="it says"), volume_errors(tmp_path):
        raise OSError(errno.EIO, "it says")


def test_room_is_needed_with_a_reserve(tmp_path: Path) -> None:
    """Exactly enough is enough; a byte less is not, and nothing was written."""
    free = shutil.disk_usage(tmp_path).free
    require_space(tmp_path, free // 2 - volume.RESERVE_BYTES)
    with pytest.raises(VolumeFull, match="Nothing was written"):
        require_space(tmp_path, free * 2)


def test_room_on_a_volume_that_is_gone_is_an_error_of_ours(tmp_path: Path) -> None:
    """A volume can be unmounted between two steps."""
    with pytest.raises(VolumeRefused):
        require_space(tmp_path / "gone", 1)
