"""Bad lines are quarantined on request: the other lines land, and nothing is lost."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path

import pytest
from amplitude_export.decompress.decompress import decompress
from amplitude_export.decompress.lines import MAX_LINE_BYTES
from amplitude_export.decompress.quarantine import LONGEST_PIECE, MAX_BAD_LINES
from amplitude_export.errors import ArchiveDamaged, InvalidEvent, RecordInvalid
from amplitude_export.manifest import Manifest, crc32_text
from amplitude_export.refused_lines import add_refused, digest, read_refused
from amplitude_export.workspace import LANDING_FORMATS, Workspace

from tests.archives import WHOLE_DAY, events, gz, name, zipped
from tests.exports import exported

STEM = "123456_2026-09-24_02_0"
BAD = [
    pytest.param(b'{"cut": \n', id="cut"),
    pytest.param(b"[]\n", id="array"),
    pytest.param(b'{"a": NaN}\n', id="NaN"),
    pytest.param(b'{"a": "\xff"}\n', id="broken UTF-8"),
    pytest.param(b'{"a": 1, "a": 1}\n', id="a key twice"),
    pytest.param(b'{"a": "' + b"x" * MAX_LINE_BYTES + b'"}\n', id="one byte too long"),
    pytest.param(b" " * MAX_LINE_BYTES + b' {"a": 1}\n', id="blanks, then an event"),
    pytest.param(b"x" * (2 * LONGEST_PIECE + 5) + b"\n", id="several pieces long"),
]


def unpacked(
    workspace: Workspace, text: bytes, landing_format: str = "json", quarantine: bool = True
) -> Manifest:
    zipped(workspace.archive(WHOLE_DAY), {name(2): gz(text), name(5): gz(events(7))})
    return decompress(exported(workspace, WHOLE_DAY), workspace, landing_format, quarantine)


def landed(workspace: Workspace, file: str) -> bytes:
    content = (workspace.json_folder / file).read_bytes()
    return gzip.decompress(content) if file.endswith(".gz") else content


@pytest.mark.parametrize("landing_format", LANDING_FORMATS)
@pytest.mark.parametrize("bad", BAD)
def test_a_bad_line_is_quarantined_byte_for_byte(
    workspace: Workspace, bad: bytes, landing_format: str
) -> None:
    """The lines before and after it land in order; both kinds are counted."""
    manifest = unpacked(workspace, events(3) + bad + b"\n" + events(2, 3), landing_format)
    hour_2, hour_5 = manifest.files
    assert landed(workspace, hour_2.file) == events(3) + b"\n" + events(2, 3)
    assert (hour_2.events, hour_5.events) == (5, 7)
    (quarantined,) = manifest.quarantined_files
    assert (workspace.quarantine_folder / quarantined.file).read_bytes() == bad
    assert (quarantined.hour, quarantined.part) == (2, 0)
    assert (quarantined.events, quarantined.bytes) == (1, len(bad))
    assert quarantined.key == "python-import/quarantine/2026-09-24/123456_2026-09-24_02_0.txt"
    assert hour_2.bytes == (workspace.json_folder / hour_2.file).stat().st_size
    for file, text in ((hour_2, landed(workspace, hour_2.file)), (quarantined, bad)):
        assert (file.json_bytes, file.json_crc32) == (len(text), crc32_text(zlib.crc32(text)))


def test_a_key_that_comes_twice_is_found_among_good_lines(workspace: Workspace) -> None:
    """A run that quarantines lines reads each of them, although no other line looks odd."""
    manifest = unpacked(workspace, events(2) + b'{"a":1,"a":1}\n' + events(1, 2))
    assert (manifest.files[0].events, manifest.quarantined_files[0].events) == (3, 1)


def test_a_last_line_without_a_newline_is_quarantined_too(workspace: Workspace) -> None:
    """A truncated file ends like this."""
    manifest = unpacked(workspace, events(3) + b'{"cut')
    assert manifest.files[0].events == 3
    assert (
        workspace.quarantine_folder / manifest.quarantined_files[0].file
    ).read_bytes() == b'{"cut'


def test_a_byte_order_mark_is_not_a_bad_line(workspace: Workspace) -> None:
    """The mark before the first event is kept."""
    manifest = unpacked(workspace, b"\xef\xbb\xbf" + events(3) + b"x\n")
    assert manifest.files[0].events == 3
    assert manifest.quarantined_files[0].events == 1


def test_a_member_of_bad_lines_alone_does_not_land(workspace: Workspace) -> None:
    """Its hour is only in the quarantine."""
    manifest = unpacked(workspace, b"x\ny\n")
    assert [file.hour for file in manifest.files] == [5]
    assert manifest.quarantined_files[0].events == 2


def test_without_the_parameter_a_bad_line_fails_the_window(workspace: Workspace) -> None:
    """The message has file, line, and what to do."""
    with pytest.raises(InvalidEvent, match=r"02_0\.json, line 4, ") as raised:
        unpacked(workspace, events(3) + b"oops\n", quarantine=False)
    assert "the parameter quarantine" in raised.value.do
    assert not workspace.manifest.exists()


def test_too_many_bad_lines_fail_the_window(workspace: Workspace) -> None:
    """It fails in spite of the parameter, and leaves no file that could pass for the day's."""
    with pytest.raises(InvalidEvent, match="more than 1,000 bad lines"):
        unpacked(workspace, b"x\n" * (MAX_BAD_LINES + 1))
    assert [path for path in workspace.folder.rglob("*_02_0*") if path.is_file()] == []
    assert unpacked(workspace, b"x\n" * MAX_BAD_LINES).quarantined_files[0].events == MAX_BAD_LINES


def test_a_damaged_stream_is_not_quarantined(workspace: Workspace) -> None:
    """Its lines cannot be unpacked and therefore not counted."""
    path: Path = workspace.archive(WHOLE_DAY)
    zipped(path, {name(2): gz(events(3) + b"x\n")[:-4]})
    with pytest.raises(ArchiveDamaged):
        decompress(exported(workspace, WHOLE_DAY), workspace, "json", quarantine=True)


def test_without_a_bad_line_the_parameter_changes_nothing(workspace: Workspace) -> None:
    """The manifest is the same as without it."""
    manifest = unpacked(workspace, events(3))
    assert manifest == unpacked(workspace, events(3), quarantine=False)
    assert manifest.quarantined_files == []


REFUSED = rb'{"uuid": "\ud83d"}'


@pytest.mark.parametrize("landing_format", LANDING_FORMATS)
def test_lines_that_snowflake_refused_are_quarantined(
    workspace: Workspace, landing_format: str
) -> None:
    """Each time they come, whatever their line end, and only in the file that had them."""
    add_refused(workspace.refused, {STEM: [digest(REFUSED)]})
    text = REFUSED + b"\n" + events(2) + REFUSED + b"\r\nx\n" + events(1, 2) + REFUSED
    manifest = unpacked(workspace, text, landing_format)
    assert landed(workspace, manifest.files[0].file) == events(3)
    (quarantined,) = manifest.quarantined_files
    bad = (workspace.quarantine_folder / quarantined.file).read_bytes()
    assert bad == REFUSED + b"\n" + REFUSED + b"\r\nx\n" + REFUSED
    assert quarantined.events == 4


def test_the_first_line_is_known_behind_its_byte_order_mark(workspace: Workspace) -> None:
    """Snowflake reads the line without the mark."""
    add_refused(workspace.refused, {STEM: [digest(REFUSED)]})
    manifest = unpacked(workspace, b"\xef\xbb\xbf" + REFUSED + b"\n" + events(2))
    assert (manifest.files[0].events, manifest.quarantined_files[0].events) == (2, 1)


def test_refused_lines_stay_quarantined_when_more_are_refused(workspace: Workspace) -> None:
    """The second COPY does not see those of the first."""
    other = b'{"uuid": "other"}'
    add_refused(workspace.refused, {STEM: [digest(REFUSED)]})
    add_refused(workspace.refused, {STEM: [digest(other)], "another": [digest(other)]})
    manifest = unpacked(workspace, events(2) + REFUSED + b"\n" + other + b"\n")
    assert (manifest.files[0].events, manifest.quarantined_files[0].events) == (2, 2)


def test_a_record_of_lines_that_are_gone_changes_nothing(
    workspace: Workspace, caplog: pytest.LogCaptureFixture
) -> None:
    """The archive was exported again, and is good this time."""
    add_refused(workspace.refused, {STEM: [digest(REFUSED)]})
    manifest = unpacked(workspace, events(3))
    assert (manifest.files[0].events, manifest.quarantined_files) == (3, [])
    assert list(workspace.quarantine_folder.iterdir()) == []
    assert "1 lines that Snowflake refused are not in it any more" in caplog.text


def test_lines_that_another_run_of_the_day_was_refused_are_quarantined(
    workspace: Workspace,
) -> None:
    """The record of a failed run helps the next one, which has a record of its own then."""
    other = Workspace(workspace.folder.parents[1] / "00-11" / "another-run").open()
    add_refused(other.refused, {STEM: [digest(REFUSED)]})
    assert unpacked(workspace, events(2) + REFUSED).quarantined_files[0].events == 1
    assert read_refused(workspace.refused) == {STEM: {digest(REFUSED)}}


def test_a_damaged_record_is_the_trouble_of_its_own_run(
    workspace: Workspace, caplog: pytest.LogCaptureFixture
) -> None:
    """Others go on without it: Snowflake would refuse its lines again."""
    other = Workspace(workspace.folder.parents[1] / "00-11" / "another-run").open()
    other.refused.write_text("{")
    assert unpacked(workspace, events(2)).files[0].events == 2
    assert f"{other.refused} cannot be read" in caplog.text
    workspace.refused.write_text("{")
    with pytest.raises(RecordInvalid, match="refused.json cannot be read"):
        unpacked(workspace, events(2))


def test_without_the_parameter_the_record_is_not_read(workspace: Workspace) -> None:
    """Only a person decides to load a day without a line."""
    add_refused(workspace.refused, {STEM: [digest(REFUSED)]})
    assert unpacked(workspace, events(2) + REFUSED, quarantine=False).files[0].events == 3


def test_an_earlier_quarantine_is_cleared(workspace: Workspace) -> None:
    """The export was repeated, and is good this time."""
    unpacked(workspace, events(3) + b"x\n")
    unpacked(workspace, events(4))
    assert list(workspace.quarantine_folder.iterdir()) == []
