"""The volume: files appear complete or not at all, and each failure has its own error."""

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


def test_a_file_gets_its_name_only_when_it_is_complete(tmp_path: Path) -> None:
    """Within the block the file has another name; after it, only this one exists."""
    with atomic_write(tmp_path / "f") as file:
        file.write(b"x")
        assert not (tmp_path / "f").exists()
    assert (tmp_path / "f").read_bytes() == b"x"
    assert parts(tmp_path) == ["f"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_a_failed_file_leaves_the_old_one_and_no_part(
    tmp_path: Path, error: type[BaseException]
) -> None:
    """This holds for every exception, including those of a stopped task."""
    write(tmp_path / "f", b"old")
    with pytest.raises(error), atomic_write(tmp_path / "f") as file:
        _stopped(file, error)
    assert (tmp_path / "f").read_bytes() == b"old"
    assert parts(tmp_path) == ["f"]


def test_two_attempts_at_once_do_not_write_into_each_other(tmp_path: Path) -> None:
    """Each has its own part; the file that is renamed last remains, complete."""
    with atomic_write(tmp_path / "f") as slow:
        slow.write(b"slow ")
        with atomic_write(tmp_path / "f") as quick:
            quick.write(b"quick")
        slow.write(b"but complete")
    assert (tmp_path / "f").read_bytes() == b"slow but complete"
    assert parts(tmp_path) == ["f"]


def test_a_full_volume_raises_volume_full_and_keeps_no_part(tmpfs: Callable[[str], Path]) -> None:
    """On a real volume of 1 MB, the error asks for a later retry, and the space is free again.

    It states how much room was not enough.
    """
    folder = tmpfs("size=1m")
    with pytest.raises(VolumeFull, match=r"more than the 1\.0 MB that are free now") as raised:
        write(folder / "f", b"x" * 2**21)
    assert raised.value.retry_after == volume.FULL_RETRY_AFTER
    assert raised.value.do.endswith("Airflow tries again in 10 minutes or later.")
    assert parts(folder) == []


def test_a_read_only_volume_raises_volume_refused(tmpfs: Callable[[str], Path]) -> None:
    """On a real read-only volume, the error is not retried: a person has to fix the mount."""
    folder = tmpfs("ro,size=1m")
    with pytest.raises(VolumeRefused, match="Read-only"):
        write(folder / "f", b"x")


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        pytest.param(errno.ENOSPC, VolumeFull, id="full"),
        pytest.param(errno.EDQUOT, VolumeFull, id="quota"),
        pytest.param(errno.EROFS, VolumeRefused, id="read-only"),
        pytest.param(errno.EACCES, VolumeRefused, id="another user's folder"),
        pytest.param(errno.EPERM, VolumeRefused, id="not permitted"),
        pytest.param(errno.ENOTDIR, VolumeRefused, id="a file in its place"),
        pytest.param(errno.ENOENT, VolumeRefused, id="not there"),
        pytest.param(errno.ELOOP, VolumeRefused, id="a link to itself"),
        pytest.param(errno.ENAMETOOLONG, VolumeRefused, id="too long"),
    ],
)
def test_a_system_error_becomes_an_error_with_advice(
    tmp_path: Path, number: int, expected: type[PipelineError]
) -> None:
    """The message names the path."""
    with pytest.raises(expected, match=str(tmp_path)), volume_errors(tmp_path):
        raise OSError(number, "made up")


@pytest.mark.parametrize("below", [".", "2026-09-24/00-23/run"])
def test_a_file_in_place_of_the_volume_is_refused(tmp_path: Path, below: str) -> None:
    """The advice is not about its owner: the Variable has to name a directory."""
    file = tmp_path / "volume"
    file.touch()
    with pytest.raises(VolumeRefused) as raised, volume_errors(file / below):
        (file / below / "json").mkdir(parents=True, exist_ok=True)
    assert raised.value.what == f"{file} is not a directory."
    assert raised.value.do == "correct the Airflow Variable amplitude_data_dir."


def test_other_errors_pass_unchanged(tmp_path: Path) -> None:
    """A broken disk is not a matter of settings."""
    with pytest.raises(OSError, match="made up"), volume_errors(tmp_path):
        raise OSError(errno.EIO, "made up")


def test_required_space_includes_a_reserve(tmp_path: Path) -> None:
    """Half of the free space is enough; twice as much is not, and nothing is written.

    The error states how much is needed, and when Airflow tries again.
    """
    free = shutil.disk_usage(tmp_path).free
    require_space(tmp_path, free // 2 - volume.RESERVE_BYTES)
    needed = f"needs {(free * 2 + volume.RESERVE_BYTES) / 1e6:,.0f} MB: .* Nothing was written"
    with pytest.raises(VolumeFull, match=needed) as raised:
        require_space(tmp_path, free * 2)
    assert raised.value.do.endswith("Airflow tries again in 10 minutes or later.")


def test_space_on_a_missing_volume_raises_volume_refused(tmp_path: Path) -> None:
    """A volume can be unmounted between two steps."""
    with pytest.raises(VolumeRefused):
        require_space(tmp_path / "gone", 1)
