"""Bodies that are slow, too short, too long or missing, with a clock that the test controls."""

from __future__ import annotations

import shutil
import zlib
from collections import namedtuple
from collections.abc import Iterable
from pathlib import Path

import pytest
from amplitude_export.errors import (
    AmplitudeUnavailable,
    ArchiveRefused,
    DownloadDamaged,
    NotAnArchive,
    PipelineError,
    VolumeFull,
)
from amplitude_export.export import download
from amplitude_export.export.download import (
    DEADLINE,
    MIN_BYTES_PER_MINUTE,
    SavedArchive,
    save_archive,
)

from tests.archives import WHOLE_DAY, cut, flipped, gz, hours, name, zipped

Usage = namedtuple("Usage", "total used free")


class SlowBody:
    """A body whose pieces arrive `seconds` apart, and the clock that measures it."""

    def __init__(self, pieces: Iterable[bytes], seconds: float = 0.0) -> None:
        self._pieces = iter(pieces)
        self._seconds = seconds
        self.now = 1000.0

    def read1(self, amt: int | None = None) -> bytes:
        self.now += self._seconds
        return next(self._pieces, b"")

    def clock(self) -> float:
        return self.now


def body(path: Path, piece: int = 100) -> list[bytes]:
    data = path.read_bytes()
    return [data[start : start + piece] for start in range(0, len(data), piece)]


def test_a_complete_body_becomes_the_archive(tmp_path: Path, data_dir: Path) -> None:
    """The archive is stored byte for byte under its name, with no other file beside it."""
    source = hours(tmp_path / "a.zip", {2: 30, 3: 1})
    size = source.stat().st_size
    saved = save_archive(SlowBody(body(source)), data_dir / "b.zip", WHOLE_DAY, size)
    assert saved == SavedArchive(size, zlib.crc32(source.read_bytes()), frozenset({2, 3}))
    assert (data_dir / "b.zip").read_bytes() == source.read_bytes()
    assert [entry.name for entry in data_dir.iterdir()] == ["b.zip"]


def test_without_an_announced_length_the_directory_decides(tmp_path: Path, data_dir: Path) -> None:
    """A chunked response is accepted if the zip is complete."""
    source = hours(tmp_path / "a.zip", {2: 30})
    saved = save_archive(SlowBody(body(source)), data_dir / "b.zip", WHOLE_DAY, None)
    assert saved
    assert saved.bytes == source.stat().st_size


def test_a_slow_body_above_the_minimum_speed_is_accepted(tmp_path: Path, data_dir: Path) -> None:
    """The minimum speed, for half an hour, is fast enough."""
    member = gz(b"") + b"\0" * (MIN_BYTES_PER_MINUTE * 30)
    source = zipped(tmp_path / "a.zip", {name(): member})
    slow = SlowBody(body(source, MIN_BYTES_PER_MINUTE), 59.0)
    saved = save_archive(slow, data_dir / "b.zip", WHOLE_DAY, None, slow.clock)
    assert saved
    assert saved.bytes == source.stat().st_size


def _drip() -> SlowBody:
    return SlowBody((b"P" for _ in range(10_000)), 1.0)


def _endless() -> SlowBody:
    return SlowBody((b"PK\x03\x04" + b"x" * 150_000 for _ in range(1_000)), 5.0)


@pytest.mark.parametrize(
    ("slow", "why"),
    [
        pytest.param(_drip(), "Only 60 bytes of b.zip arrived in a minute", id="drip"),
        pytest.param(_endless(), f"longer than {DEADLINE}", id="deadline"),
    ],
)
def test_a_body_that_is_too_slow_or_too_long_is_abandoned(
    data_dir: Path, slow: SlowBody, why: str
) -> None:
    """Every wait has a limit, and the part is removed."""
    with pytest.raises(AmplitudeUnavailable, match=why):
        save_archive(slow, data_dir / "b.zip", WHOLE_DAY, None, slow.clock)
    assert slow.now - 1000 <= DEADLINE.total_seconds() + 60
    assert list(data_dir.iterdir()) == []


@pytest.mark.parametrize("off", [-1, 1], ids=["longer than announced", "shorter than announced"])
def test_the_announced_length_must_match(tmp_path: Path, data_dir: Path, off: int) -> None:
    """The message has both numbers."""
    source = hours(tmp_path / "a.zip", {2: 30})
    size = source.stat().st_size
    with pytest.raises(AmplitudeUnavailable, match=f"{size:,} of {size + off:,} bytes"):
        save_archive(SlowBody(body(source)), data_dir / "b.zip", WHOLE_DAY, size + off)
    assert list(data_dir.iterdir()) == []


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        pytest.param(lambda p: cut(hours(p, {2: 30}), -30), AmplitudeUnavailable, id="cut short"),
        pytest.param(
            lambda p: p.write_bytes(b"<html>") and p, NotAnArchive, id="HTML with status 200"
        ),
    ],
)
def test_a_bad_body_is_not_stored(
    tmp_path: Path, data_dir: Path, make: object, expected: type[PipelineError]
) -> None:
    """An older archive of that name is unchanged."""
    (data_dir / "b.zip").write_bytes(b"old")
    with pytest.raises(PipelineError) as raised:
        save_archive(SlowBody(body(make(tmp_path / "a.zip"))), data_dir / "b.zip", WHOLE_DAY, None)
    assert type(raised.value) is expected
    assert [entry.name for entry in data_dir.iterdir()] == ["b.zip"]
    assert (data_dir / "b.zip").read_bytes() == b"old"


@pytest.mark.parametrize("members", [{}, {"123456/": b""}], ids=["empty", "a folder alone"])
def test_a_zip_without_a_member_is_not_stored(
    tmp_path: Path, data_dir: Path, members: dict[str, bytes]
) -> None:
    """It has no events, like Amplitude's 404."""
    source = zipped(tmp_path / "a.zip", members)
    assert save_archive(SlowBody(body(source)), data_dir / "b.zip", WHOLE_DAY, None) is None
    assert list(data_dir.iterdir()) == []


def test_a_damaged_archive_is_kept_for_inspection(tmp_path: Path, data_dir: Path) -> None:
    """No later step mistakes its name for that of an archive."""
    content = gz(b'{"a": 1}\n' * 50)
    source = flipped(zipped(tmp_path / "a.zip", {name(): content}), content)
    with pytest.raises(DownloadDamaged, match=r"The archive b\.zip is damaged: Bad CRC-32"):
        save_archive(SlowBody(body(source)), data_dir / "b.zip", WHOLE_DAY, None)
    assert [entry.name for entry in data_dir.iterdir()] == ["b.zip.damaged"]


def test_without_enough_space_the_body_is_not_read(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Space for the announced length is required before the first byte."""
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(10**12, 0, 10**9))
    slow = SlowBody([b"PK\x03\x04"], 1.0)
    with pytest.raises(VolumeFull):
        save_archive(slow, data_dir / "b.zip", WHOLE_DAY, 2 * 10**9, slow.clock)
    assert slow.now == 1000.0
    assert list(data_dir.iterdir()) == []


def test_a_lost_connection_leaves_no_part(data_dir: Path) -> None:
    """The socket's exception reaches the hook, which translates it."""

    class Reset(SlowBody):
        def read1(self, amt: int | None = None) -> bytes:
            raise ConnectionResetError(104, "reset")

    with pytest.raises(ConnectionResetError):
        save_archive(Reset([]), data_dir / "b.zip", WHOLE_DAY, None)
    assert list(data_dir.iterdir()) == []


class Endless(SlowBody):
    """A body of zeros, of which no byte is read once it is too large."""

    def __init__(self, beginning: bytes = b"PK\x03\x04") -> None:
        super().__init__([beginning])
        self.read = 0

    def read1(self, amt: int | None = None) -> bytes:
        piece = super().read1(amt) or bytes(2**20)
        self.read += len(piece)
        return piece


def test_a_body_that_is_announced_as_too_large_is_not_read(data_dir: Path) -> None:
    """Amplitude returns 400 instead of an archive over 4 GB."""
    endless = Endless()
    with pytest.raises(ArchiveRefused, match=r"has 6,000,000,000 bytes or more, and 5,000,000,000"):
        save_archive(endless, data_dir / "b.zip", WHOLE_DAY, 6 * 10**9)
    assert (endless.read, list(data_dir.iterdir())) == (0, [])


def packed_zeros() -> bytes:
    return zlib.compress(bytes(20 * 2**20), wbits=31)


@pytest.mark.parametrize(
    ("beginning", "encoding"), [(b"PK\x03\x04", None), (packed_zeros(), "gzip")], ids=["", "gzip"]
)
def test_a_body_is_abandoned_as_soon_as_it_is_too_large(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch, beginning: bytes, encoding: str | None
) -> None:
    """Also one that a proxy has packed: the limit is that of the file."""
    monkeypatch.setattr(download, "MAX_ARCHIVE_BYTES", 8 * 2**20)
    endless = Endless(beginning)
    with pytest.raises(ArchiveRefused, match="and 8,388,608 at most"):
        save_archive(endless, data_dir / "b.zip", WHOLE_DAY, None, encoding=encoding)
    assert endless.read < 10 * 2**20
    assert list(data_dir.iterdir()) == []
