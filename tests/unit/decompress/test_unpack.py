"""One member, unpacked: the landed file equals the source, and its record is right."""

from __future__ import annotations

import gzip
import zipfile
import zlib
from base64 import b64decode
from pathlib import Path

import pytest
from amplitude_export.archive import members
from amplitude_export.decompress.unpack import PIECE_BYTES, Job, unpack
from amplitude_export.errors import InvalidEvent
from amplitude_export.manifest import LandedFile
from amplitude_export.workspace import LANDING_FORMATS

from tests.archives import WHOLE_DAY, events, gz, name, zipped

LARGE = events(PIECE_BYTES // 20)
CONTENTS = [
    pytest.param(gz(events(3)), id="small"),
    pytest.param(gz(LARGE), id="several pieces"),
    pytest.param(gz(LARGE) + gz(events(5)), id="two streams"),
    pytest.param(gz(LARGE) + b"\0" * 1024, id="zeros after it"),
    pytest.param(gz(events(3)[:-1]), id="no last newline"),
]


def landed(path: Path, folder: Path, landing_format: str) -> LandedFile:
    with zipfile.ZipFile(path) as opened:
        (member,) = members(opened, WHOLE_DAY)
        return unpack(opened, Job(path, member, folder, landing_format)).landed


@pytest.mark.parametrize(
    "method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED], ids=["stored", "deflated"]
)
@pytest.mark.parametrize("landing_format", LANDING_FORMATS)
@pytest.mark.parametrize("content", CONTENTS)
def test_the_landed_file_equals_the_source_byte_for_byte(
    tmp_path: Path, content: bytes, landing_format: str, method: int
) -> None:
    """JSON is the member's text, json.gz the member itself; size, checksum and events match."""
    path = zipped(tmp_path / "a.zip", {name(): content}, method)
    file = landed(path, tmp_path, landing_format)
    text = gzip.decompress(content)
    expected = text if landing_format == "json" else content
    assert (tmp_path / file.file).read_bytes() == expected
    assert file.file == f"123456_2026-09-24_02_0.{landing_format}"
    assert file.key == f"python-import/2026-09-24/{file.file}"
    assert (file.hour, file.part, file.bytes) == (2, 0, len(expected))
    assert file.events == text.count(b'"uuid"')
    assert int.from_bytes(b64decode(file.crc32), "big") == zlib.crc32(expected)
    assert file.json_bytes == len(text)
    assert int.from_bytes(b64decode(f"{file.json_crc32}"), "big") == zlib.crc32(text)


def test_a_bad_line_late_in_a_large_file_is_named_and_nothing_lands(tmp_path: Path) -> None:
    """The line number is right even after many pieces."""
    lines = LARGE.count(b"\n")
    path = zipped(tmp_path / "a.zip", {name(): gz(LARGE + b"[]\n" + LARGE)})
    with pytest.raises(InvalidEvent, match=f"123456_2026-09-24_02_0.json, line {lines + 1},"):
        landed(path, tmp_path, "json")
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.zip"]


def test_an_older_file_remains_when_the_new_one_is_bad(tmp_path: Path) -> None:
    """A final name always holds a complete file."""
    old = landed(zipped(tmp_path / "a.zip", {name(): gz(events(4))}), tmp_path, "json")
    with pytest.raises(InvalidEvent):
        landed(zipped(tmp_path / "b.zip", {name(): gz(events(9) + b"{")}), tmp_path, "json")
    assert (tmp_path / old.file).read_bytes() == events(4)
