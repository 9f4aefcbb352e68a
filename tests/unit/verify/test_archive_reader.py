"""The independent reader of archives finds the same events as the pipeline."""

from __future__ import annotations

from pathlib import Path

import pytest
from amplitude_export.decompress.lines import LineCheck
from amplitude_export.decompress.unpack import PIECE_BYTES
from amplitude_export.errors import InvalidEvent
from amplitude_export.fetched import MAX_LINE_BYTES
from amplitude_export.refused_lines import digest
from amplitude_export.verify.reference import NO_UUID, exported_hour

from tests.archives import events, gz, name, zipped

BAD = [
    pytest.param(b'{"cut": ', id="cut"),
    pytest.param(b"[]", id="array"),
    pytest.param(b'{"uuid": "u", "a": NaN}', id="NaN"),
    pytest.param(b'{"a": "\xff"}', id="broken UTF-8"),
    pytest.param(b'\xef\xbb\xbf{"uuid": "u"}', id="BOM in the middle"),
    pytest.param(b"\x0c", id="form feed"),
    pytest.param(b'{"uuid": "u", "uuid": "u"}', id="a key twice"),
    pytest.param(b" " * (MAX_LINE_BYTES + 1), id="too many blanks"),
    pytest.param(b'{"a": "' + b"x" * MAX_LINE_BYTES + b'"}', id="too long"),
]
NAMES = [
    pytest.param(b'{"uuid": "u"}', "u", id="a uuid"),
    pytest.param(b"{}", NO_UUID, id="none"),
    pytest.param(b'{"uuid": null}', NO_UUID, id="null"),
    pytest.param(b'{"uuid": 7}', "7", id="a number"),
    pytest.param(b'{"uuid": "u", "n": ' + b"9" * 5000 + b"}", "u", id="beside a huge number"),
]


def is_accepted(text: bytes) -> bool:
    """Return True if the pipeline's check accepts a file that comes in pieces."""
    check = LineCheck("f.json")
    try:
        for at in range(0, len(text), PIECE_BYTES):
            check.feed(text[at : at + PIECE_BYTES])
        check.finish()
    except InvalidEvent:
        return False
    return True


def read(path: Path, text: bytes) -> tuple[dict[str, int], int]:
    zipped(path, {name(2): gz(text), name(3): gz(events(9))})
    found = exported_hour([path], 2)
    return dict(found.uuids), found.bad_lines


@pytest.mark.parametrize("line", BAD)
def test_a_line_that_the_pipeline_refuses_is_not_an_event(tmp_path: Path, line: bytes) -> None:
    """It counts as one bad line; the events around it are read."""
    text = events(1) + line + b"\n" + events(1, 1)
    assert read(tmp_path / "a.zip", text) == ({"u0": 1, "u1": 1}, 1)


@pytest.mark.parametrize(("line", "uuid"), NAMES)
def test_an_event_is_identified_by_its_uuid(tmp_path: Path, line: bytes, uuid: str) -> None:
    """The uuid is the text that SQL returns; a repeated event counts twice."""
    assert read(tmp_path / "a.zip", line + b"\n" + line) == ({uuid: 2}, 0)


def test_lines_that_snowflake_refused_are_not_events(tmp_path: Path) -> None:
    """They are known by their digest, whatever their line end, also behind a byte order mark."""
    line = rb'{"uuid": "\ud83d"}'
    text = b"\xef\xbb\xbf" + line + b"\n" + events(1) + line + b"\r\n" + line
    path = zipped(tmp_path / "a.zip", {name(2): gz(text)})
    found = exported_hour([path], 2, {digest(line)})
    assert (dict(found.uuids), found.bad_lines) == ({"u0": 1}, 3)


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["no mark", "a byte order mark"])
@pytest.mark.parametrize("end", [b"", b"\n", b"\n{}"], ids=["last", "ended", "another one"])
@pytest.mark.parametrize(
    ("size", "is_event"),
    [(MAX_LINE_BYTES - 1, True), (MAX_LINE_BYTES, True), (MAX_LINE_BYTES + 1, False)],
)
def test_a_line_of_exactly_the_largest_size_is_an_event(
    tmp_path: Path, size: int, is_event: bool, end: bytes, mark: bytes
) -> None:
    """Neither newline nor byte order mark count; the pipeline's own check judges likewise."""
    line = b'{"uuid": "u", "a": "'
    line += b"x" * (size - len(line) - 2) + b'"}'
    uuids, bad = read(tmp_path / "a.zip", mark + line + end)
    assert (uuids.get("u"), bad) == ((1, 0) if is_event else (None, 1))
    assert is_accepted(mark + line + end) is is_event


def test_only_members_of_the_hour_are_read(tmp_path: Path) -> None:
    """Zips can have entries for folders, and other files; hour 2 is neither 12 nor 20."""
    others = {
        "123456/": b"",
        "123456_2026-09-24_2#0.json.gz/": b"",
        "README.txt": b"no gzip",
        f"{name(2)}.bak": gz(events(1, 30)),
        name(12): gz(events(1, 12)),
        name(20): gz(events(1, 20)),
    }
    parts = {name(2, 0): gz(events(1)), name(2, 11): gz(events(1, 1))}
    first = zipped(tmp_path / "a.zip", {**others, **parts})
    second = zipped(tmp_path / "b.zip", {**others, name(2, 1): gz(events(1, 2))})
    found = exported_hour([first, second], 2)
    assert (dict(found.uuids), found.bad_lines) == ({"u0": 1, "u1": 1, "u2": 1}, 0)


def test_byte_order_marks_and_blank_lines_are_not_events(tmp_path: Path) -> None:
    """A COPY ignores them too."""
    text = b"\xef\xbb\xbf\n \t\r\n" + events(2)
    assert read(tmp_path / "a.zip", text) == ({"u0": 1, "u1": 1}, 0)


def test_the_files_of_an_hour_are_counted_in_all_archives(tmp_path: Path) -> None:
    """Files without an event and those of another hour do not count."""
    first = zipped(tmp_path / "a.zip", {name(2): gz(events(1)), name(3): gz(events(9))})
    parts = {name(2, 1): gz(b"\n"), name(2, 2): gz(b"[]\n"), name(2, 3): gz(events(1))}
    second = zipped(tmp_path / "b.zip", parts)
    assert exported_hour([first, second], 2).files == 2
