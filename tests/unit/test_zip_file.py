"""The limits of a zip: each is checked before zipfile, or the task, has done the work."""

from __future__ import annotations

import io
import struct
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from amplitude_export import fetched
from amplitude_export.archive import check_archive
from amplitude_export.decompress import decompress as station
from amplitude_export.errors import ArchiveDamaged, ArchiveRefused
from amplitude_export.workspace import Workspace

from tests import exports
from tests.archives import WHOLE_DAY, bomb, events, gz, name, zipped

GOOD = gz(events(3))
# A stream of deflate that the check would report as damaged, if it came to read it.
UNREADABLE = b"\xff" * 200


def entry(file: str, offset: int, packed: int, size: int, method: int = 8) -> bytes:
    """Return an entry of a zip's directory (APPNOTE 4.3.12)."""
    text = file.encode()
    fields = (20, 20, 0, method, 0, 33, 0, packed, size, len(text), 0, 0, 0, 0, 0, offset)
    return b"PK\x01\x02" + struct.pack("<HHHHHHLLLHHHHHLL", *fields) + text


def directory(path: Path, data: bytes, entries: list[bytes], announced: int = 1) -> Path:
    """Write data and a directory, which announces that many members."""
    listed = b"".join(entries)
    end = struct.pack("<HHHHLLH", 0, 0, announced, announced, len(listed), len(data), 0)
    path.write_bytes(data + listed + b"PK\x05\x06" + end)
    return path


def local(file: str, data: bytes = UNREADABLE, method: int = 8) -> bytes:
    text = file.encode()
    fields = (20, 0, method, 0, 33, 0, len(data), len(data), len(text), 0)
    return b"PK\x03\x04" + struct.pack("<HHHHHLLLHH", *fields) + text + data


def overlapping(path: Path) -> Path:
    """A second member begins within the first one."""
    data = local(name(1), local(name(2)))
    inner = len(data) - len(local(name(2)))
    return directory(
        path, data, [entry(name(1), 0, len(data) - 60, 300), entry(name(2), inner, 200, 300)]
    )


def twice(path: Path) -> Path:
    return directory(path, local(name(1)), [entry(name(h), 0, 200, 300) for h in (1, 2)])


def beyond(path: Path) -> Path:
    return directory(path, local(name(1)), [entry(name(1), 0, 10_000, 300)])


def zeros(path: Path) -> Path:
    """A member of 8 GB declares 8 MB of packed zeros: as much as deflate can pack."""
    packed = b"\xff" * 8_000_000
    entries = [entry(name(hour), 0, len(packed), 4_000_000_000) for hour in (1,)]
    return directory(path, local(name(1), packed), entries)


def many_gb(path: Path) -> Path:
    """Members that are hardly packed declare more bytes together than an export can have."""
    data, entries = b"", []
    for hour in range(24):
        entries.append(entry(name(hour), len(data), 200, 2**32 - 2))
        data += local(name(hour))
    return directory(path, data, entries)


def long_name(path: Path) -> Path:
    """A member that lands, in a folder whose name is as long as a zip can have."""
    file = f"{'a' * 60_000}/{name(1)}"
    return directory(path, local(file), [entry(file, 0, 200, 300)])


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (long_name, "a member whose name has 60,0.. characters"),
        (overlapping, "members that overlap"),
        (twice, "members that overlap"),
        (beyond, "more bytes than it has"),
        (zeros, "declares members of 4,000,000,000 bytes in 8,000,000"),
        (many_gb, "declares members of"),
    ],
)
def test_what_no_export_declares_is_refused_before_a_member_is_read(
    tmp_path: Path, make: Callable[[Path], Path], why: str
) -> None:
    """The members are damaged, too: whoever reads one of them reports that."""
    with pytest.raises(ArchiveRefused, match=why):
        check_archive(make(tmp_path / "a.zip"))


def test_a_name_that_only_a_member_has_is_cut_in_the_message(tmp_path: Path) -> None:
    """zipfile quotes it: the directory has another one."""
    path = directory(tmp_path / "a.zip", local("b" * 60_000), [entry(name(1), 0, 200, 300)])
    with pytest.raises(ArchiveDamaged, match=r"is damaged: File name in directory .* and") as e:
        check_archive(path)
    assert len(e.value.what) < 500


@pytest.mark.parametrize(
    ("entries", "why"),
    [
        pytest.param(200_000, "has 200,000 members, more than 100,000", id="members"),
        pytest.param(600_000, "a directory of 27,600,000 bytes", id="bytes"),
    ],
)
def test_a_large_directory_is_not_taken_apart(tmp_path: Path, entries: int, why: str) -> None:
    """The number of members that its end announces means nothing; memory stays flat."""
    path = directory(tmp_path / "a.zip", b"PK\x03\x04", [entry("", 0, 0, 0) * entries])
    size = path.stat().st_size
    tracemalloc.start()
    try:
        with pytest.raises(ArchiveRefused, match=why):
            check_archive(path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 2 * size


def test_deflate_within_the_limits_is_read(tmp_path: Path) -> None:
    """A small member can shrink to any part of its size."""
    path = zipped(tmp_path / "a.zip", {name(): gz(bytes(2**20))}, zipfile.ZIP_DEFLATED)
    assert check_archive(path) == 1


@pytest.mark.parametrize("damage", [b"\xff" * 8, b"\0" * 8, b"PK\x05\x06\xff\xff\0\0"])
def test_a_damaged_end_is_damage(tmp_path: Path, damage: bytes) -> None:
    """Numbers that zipfile takes for offsets raise no error of its own."""
    path = zipped(tmp_path / "a.zip", {name(): GOOD})
    data = path.read_bytes()
    path.write_bytes(data[:-14] + damage + data[-6:])
    with pytest.raises((ArchiveDamaged, ArchiveRefused)):
        check_archive(path)


def many_bombs(members: int, megabytes: int) -> dict[str, bytes]:
    return {name(part % 24, part): bomb(megabytes) for part in range(members)}


def test_the_members_of_a_window_share_what_is_free_of_the_ratio(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A thousand bombs of 60 MB are as bad as one of 60 GB; here 2 MB are free for four members."""
    monkeypatch.setattr(fetched, "FREE_BYTES", 2 * 2**20)
    monkeypatch.setattr(fetched, "MAX_RATIO", 100)
    zipped(workspace.archive(WHOLE_DAY), many_bombs(4, 1))
    with pytest.raises(ArchiveRefused, match="unpacks to more than 524,288 bytes"):
        station.decompress(exports.exported(workspace, WHOLE_DAY), workspace, "json")


def test_zlib_is_what_the_helpers_assume() -> None:
    """The stream that nothing can read is one that deflate refuses."""
    with pytest.raises(zlib.error):
        zlib.decompress(UNREADABLE, -15)
    assert zipfile.is_zipfile(io.BytesIO(b"PK\x05\x06" + bytes(18)))
