"""A volume that is full, read-only or missing, and archives that need too much memory."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from amplitude_export.errors import VolumeFull, VolumeRefused

from tests.archives import events, gz, name, zipped
from tests.faults.matrix import ARCHIVE, KEPT, Row, Stage

ROOT = Path(__file__).resolve().parents[2]
SOON = timedelta(minutes=10)
FILLER = "another-program's"
MB = 10**6
# The most memory that an unpacking process can use beyond that for a small archive.
MAX_MB = 150


def mounted(volume: Path, options: str) -> Iterator[Path]:
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(volume)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"a small volume cannot be mounted here: {done.stderr.strip()}")
    yield volume
    subprocess.run(["umount", str(volume)], check=True)


@pytest.fixture
def one_mb(volume: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Mount a volume of one MB, with no reserve."""
    monkeypatch.setattr("amplitude_export.volume.RESERVE_BYTES", 0)
    yield from mounted(volume, "size=1m")


@pytest.fixture
def read_only(volume: Path) -> Iterator[Path]:
    yield from mounted(volume, "size=1m,ro")


def fill(volume: Path, leave: int) -> None:
    """Fill the volume, except for that many bytes."""
    free = os.statvfs(volume)
    (volume / FILLER).write_bytes(bytes(free.f_bavail * free.f_bsize - leave))


def require_room_helps(stage: Stage) -> None:
    """Free the volume; the same run then continues, and loads the day."""
    (stage.day.volume / FILLER).unlink(missing_ok=True)
    subprocess.run(["mount", "-o", "remount,size=64m", str(stage.day.volume)], check=True)
    assert stage.run() is None
    assert stage.files == KEPT


def test_no_room_is_noticed_before_the_volume_is_filled(stage: Stage, one_mb: Path) -> None:
    """The announced length is enough to know; the message has the free and the needed size."""
    fill(one_mb, leave=4096)
    message = ("0 MB free", "Nothing was written", "free space", "amplitude_archive_days")
    error = stage.require(Row(error=VolumeFull, message=message, files=(FILLER,)))
    assert error
    assert error.retry_after == SOON
    require_room_helps(stage)


def test_a_volume_that_fills_up_during_a_download_stays_as_it_was(
    stage: Stage, one_mb: Path
) -> None:
    """The response has no length; the partial file is removed."""
    fill(one_mb, leave=4096)
    stage.api.fail("cut", after=MB)
    message = (ARCHIVE, "is full", "the unfinished file was removed")
    stage.require(Row(error=VolumeFull, message=message, files=(FILLER,)))
    assert stage.statuses == [200]
    require_room_helps(stage)
    stage.require_loaded({2: 10, 14: 9})


def test_a_volume_that_fills_up_while_unpacking_stays_as_it_was(
    stage: Stage, one_mb: Path, tmp_path: Path
) -> None:
    """The member's size is not known in advance; the archive stays for the retry."""
    lines = b"".join(b'{"uuid":"u%d","text":"%s"}\n' % (n, b"x" * MB) for n in range(8))
    made = zipped(tmp_path / "made.zip", {name(): gz(lines)}, zipfile.ZIP_DEFLATED)
    stage.api.fail("status", status=200, body=made.read_bytes(), times=None)
    message = ("02_0.json", "is full", "the unfinished file was removed")
    stage.require(Row(error=VolumeFull, message=message, files=(ARCHIVE,)))
    require_room_helps(stage)
    stage.require_loaded({2: 8})


def test_a_volume_that_fills_up_while_uploading_loses_nothing(stage: Stage, one_mb: Path) -> None:
    """The sent files cannot be recorded; the retry sends them again."""
    assert stage.run(until="decompress") is None
    fill(one_mb, leave=0)
    error = stage.run()
    assert isinstance(error, VolumeFull)
    require_room_helps(stage)
    stage.require_loaded({2: 10, 14: 9})


def test_a_reserve_stays_free(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is for logs and other programs."""
    monkeypatch.setattr("amplitude_export.volume.RESERVE_BYTES", 2**60)
    stage.require(Row(error=VolumeFull, message=("1,152,921,504,607 MB that stay free",)))


def test_a_read_only_volume_is_refused_with_advice(stage: Stage, read_only: Path) -> None:
    """It is refused before any request to Amplitude."""
    message = (str(read_only), "Read-only file system", f"uid {os.getuid()}", "(chown)", "writable")
    stage.require(Row(error=VolumeRefused, message=message))
    assert stage.statuses == []


def test_a_volume_that_is_not_mounted_is_not_created(stage: Stage, tmp_path: Path) -> None:
    """Otherwise the machine's own disk would fill; no request is sent to Amplitude."""
    missing = tmp_path / "not-mounted"
    stage.with_day(volume=missing)
    message = (str(missing), "amplitude_data_dir", "mount it on every worker")
    stage.require(Row(error=VolumeRefused, message=message))
    assert not missing.exists()
    assert stage.statuses == []


def measured(folder: Path, member: bytes) -> tuple[str, int]:
    """Return the outcome of an archive with this member, and the peak of memory in MB."""
    volume = folder / "volume"
    volume.mkdir(parents=True)
    archive = zipped(folder / "made.zip", {name(): member})
    command = [sys.executable, "-m", "tests.faults.memory", str(archive), str(volume)]
    path = os.pathsep.join([str(ROOT), str(ROOT / "plugins")])
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    outcome, peak = done.stdout.strip().split("\n")
    return outcome, int(peak)


@pytest.fixture(scope="module")
def usual_mb(tmp_path_factory: pytest.TempPathFactory) -> int:
    """Return the memory that a small archive needs."""
    outcome, peak = measured(tmp_path_factory.mktemp("small"), gz(events(10)))
    assert outcome == "10 events"
    return peak


def line_of_200_mb() -> bytes:
    return gz(b'{"a": "' + b"0" * 200 * MB + b'"}\n')


def bomb_of_2_gb() -> bytes:
    """Write many gzip streams of 64 MB one after the other, which is valid."""
    line = b'{"a": "' + b"0" * (2**20 - 10) + b'"}\n'
    return gzip.compress(line * 64, mtime=0) * 32


LARGE = {
    "a line of 200 MB": (line_of_200_mb, "InvalidEvent: ", "line 1, is longer than 16,777,216"),
    "a bomb of 2 GB": (bomb_of_2_gb, "ArchiveRefused: ", "unpacks to more than"),
}


@pytest.mark.parametrize("case", LARGE)
def test_memory_does_not_grow_with_a_refused_archive(
    tmp_path: Path, usual_mb: int, case: str
) -> None:
    """It is refused within a minute, with flat memory."""
    make, error, message = LARGE[case]
    outcome, peak = measured(tmp_path / "large", make())
    assert outcome.startswith(error)
    assert message in outcome
    assert peak < usual_mb + MAX_MB
