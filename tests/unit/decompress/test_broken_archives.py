"""Broken archives, one row for each fault: the step that finds it raises the right error."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from amplitude_export.archive import check_archive, members
from amplitude_export.decompress.unpack import Job, unpack
from amplitude_export.errors import (
    AmplitudeUnavailable,
    ArchiveDamaged,
    ArchiveRefused,
    InvalidEvent,
    NotAnArchive,
    PipelineError,
)
from amplitude_export.workspace import LANDING_FORMATS

from tests import archives
from tests.archives import WHOLE_DAY, cut, events, flagged, flipped, gz, name, renamed, zipped

GOOD = gz(events(20))
STORED, DEFLATED = zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED


def check_and_unpack(path: Path, folder: Path, landing_format: str) -> int:
    """Run all checks on the archive, unpack it, and return its number of events."""
    check_archive(path)
    with zipfile.ZipFile(path) as opened:
        found = members(opened, WHOLE_DAY)
        jobs = [Job(path, member, folder, landing_format) for member in found]
        return sum(unpack(opened, job).landed.events for job in jobs)


def one(content: bytes, member: str = name(), method: int = STORED) -> Callable[[Path], Path]:
    return lambda path: zipped(path, {member: content}, method)


def then(make: Callable[[Path], Path], damage: Callable[[Path], Path]) -> Callable[[Path], Path]:
    return lambda path: damage(make(path))


def odd_name(member: str) -> object:
    return pytest.param(one(GOOD, member), ArchiveRefused, id=f"name {member!r}")


def bad_text(text: bytes, why: str) -> object:
    return pytest.param(one(gz(events(2) + text + events(2))), InvalidEvent, id=f"line: {why}")


FAULTS = [
    pytest.param(then(one(GOOD), lambda p: cut(p, -1)), AmplitudeUnavailable, id="cut at the end"),
    pytest.param(then(one(GOOD), lambda p: cut(p, 90)), AmplitudeUnavailable, id="cut in a member"),
    pytest.param(then(one(GOOD), lambda p: flipped(p, GOOD)), ArchiveDamaged, id="CRC"),
    pytest.param(
        then(one(GOOD, method=DEFLATED), lambda p: flipped(p, p.read_bytes()[70:90])),
        ArchiveDamaged,
        id="CRC of a deflated member",
    ),
    odd_name(f"../{name()}"),
    odd_name(f"123456/../../{name()}"),
    odd_name(f"/{name()}"),
    odd_name(f"C:/{name()}"),
    odd_name(f"C:{name().split('/')[1]}"),
    odd_name(name().replace("/", "\\")),
    odd_name("..\\..\\" + name().split("/")[1]),
    odd_name("readme.txt"),
    odd_name(name() + "/"),
    odd_name(name(hour=24)),
    odd_name(name(day="2026-9-24")),
    odd_name(name(day="2026-09-25")),
    odd_name(name(project="12_34")),
    odd_name(name(project="Ⅷ")),
    pytest.param(
        one(GOOD, name(project="1" * 230)), ArchiveRefused, id="name longer than a file's"
    ),
    odd_name(name().replace("#0", "#-1")),
    odd_name(name() + "\n"),
    pytest.param(
        then(one(GOOD, name() + "~.txt"), lambda p: renamed(p, b"~.txt", b"\0.txt")),
        ArchiveRefused,
        id="name with a NUL",
    ),
    pytest.param(
        lambda p: zipped(p, [(name(), GOOD)] * 2), ArchiveRefused, id="the same name twice"
    ),
    pytest.param(
        lambda p: zipped(p, {name(): GOOD, name().replace("_2#", "_02#"): GOOD}),
        ArchiveRefused,
        id="the same hour padded",
    ),
    pytest.param(
        lambda p: zipped(p, {name(): GOOD, name().replace("#0", "#00"): GOOD}),
        ArchiveRefused,
        id="the same part padded",
    ),
    pytest.param(
        lambda p: zipped(p, {name(): GOOD, "other/" + name(): GOOD}),
        ArchiveRefused,
        id="the same part in another folder",
    ),
    pytest.param(one(archives.bomb(80)), ArchiveRefused, id="bomb"),
    pytest.param(then(one(GOOD), lambda p: flagged(p, 0x1)), ArchiveRefused, id="encrypted"),
    pytest.param(
        then(one(GOOD), lambda p: flagged(p, 0x40)), ArchiveRefused, id="strongly encrypted"
    ),
    pytest.param(then(one(GOOD), lambda p: flagged(p, 0x20)), ArchiveRefused, id="patched data"),
    pytest.param(then(one(GOOD), lambda p: flagged(p, method=99)), ArchiveRefused, id="method 99"),
    pytest.param(one(GOOD, method=zipfile.ZIP_BZIP2), ArchiveRefused, id="bzip2"),
    pytest.param(one(GOOD, method=zipfile.ZIP_LZMA), ArchiveRefused, id="lzma"),
    pytest.param(
        then(one(GOOD), lambda p: flagged(p, method=zipfile.ZIP_BZIP2)),
        ArchiveRefused,
        id="not bzip2, though declared",
    ),
    pytest.param(
        then(one(GOOD), lambda p: flagged(p, version=99)), ArchiveRefused, id="zip version 9.9"
    ),
    pytest.param(
        then(one(GOOD, name() + "é"), lambda p: renamed(p, "é".encode(), b"\xff\xff")),
        ArchiveRefused,
        id="name in broken UTF-8",
    ),
    pytest.param(one(GOOD[:-9]), ArchiveDamaged, id="gz cut"),
    pytest.param(one(GOOD[:-1]), ArchiveDamaged, id="gz cut in its trailer"),
    pytest.param(one(GOOD[:5]), ArchiveDamaged, id="gz cut in its header"),
    pytest.param(one(GOOD + b"garbage"), ArchiveDamaged, id="gz with garbage after it"),
    pytest.param(one(GOOD + GOOD[:-9]), ArchiveDamaged, id="second gz cut"),
    pytest.param(one(GOOD[:-8] + b"\0\0\0\0" + GOOD[-4:]), ArchiveDamaged, id="gz CRC"),
    pytest.param(one(GOOD[:-4] + b"\1\0\0\0"), ArchiveDamaged, id="gz length"),
    pytest.param(one(b""), ArchiveDamaged, id="no bytes"),
    pytest.param(one(b"", method=DEFLATED), ArchiveDamaged, id="no bytes, deflated"),
    pytest.param(one(b"\0" * 64), ArchiveDamaged, id="only zeros"),
    pytest.param(one(events(3)), ArchiveDamaged, id="not gzipped"),
    bad_text(b"{}{}\n", "two objects"),
    bad_text(b'{"a":\n1}\n', "an object over two lines"),
    bad_text(b"[{}]\n", "array"),
    bad_text(b'{"a":NaN}\n', "NaN"),
    bad_text(b'{"a":-Infinity}\n', "Infinity"),
    bad_text(b'{"a":"\xff"}\n', "broken UTF-8"),
    bad_text(b'{"a":' + b"[" * 50_000 + b"]" * 50_000 + b"}\n", "too deep"),
    bad_text(b'{"a":1', "cut"),
]


@pytest.mark.parametrize("landing_format", LANDING_FORMATS)
@pytest.mark.parametrize(("make", "expected"), FAULTS)
def test_a_broken_archive_raises_the_error_that_names_the_action(
    tmp_path: Path,
    make: Callable[[Path], Path],
    expected: type[PipelineError],
    landing_format: str,
) -> None:
    """The error's type decides about a retry; no part of a bad member lands."""
    (tmp_path / "json").mkdir()
    path = make(tmp_path / "a.zip")
    with pytest.raises(PipelineError) as raised:
        check_and_unpack(path, tmp_path / "json", landing_format)
    assert type(raised.value) is expected
    assert list((tmp_path / "json").iterdir()) == []
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["a.zip", "json"]


@pytest.mark.parametrize("landing_format", LANDING_FORMATS)
@pytest.mark.parametrize(
    ("content", "count"),
    [
        pytest.param(GOOD + b"\0" * 512, 20, id="zeros after it"),
        pytest.param(gz(events(3)) + gz(events(4)), 7, id="two gzip streams"),
        pytest.param(gz(b"\xef\xbb\xbf" + events(3)), 3, id="byte order mark"),
        pytest.param(gz(events(3).replace(b"\n", b"\r\n\r\n")), 3, id="CRLF and blank lines"),
        pytest.param(gz(events(3)[:-1]), 3, id="no newline at the end"),
        pytest.param(gz(b'{"a":"\xe2\x80\xa8"}\n'), 1, id="U+2028"),
        pytest.param(gz(b""), 0, id="no events"),
    ],
)
def test_unusual_but_valid_archives_are_accepted(
    tmp_path: Path, content: bytes, count: int, landing_format: str
) -> None:
    """Everything that gzip and JSON allow is accepted."""
    path = zipped(tmp_path / "a.zip", {name(): content})
    assert check_and_unpack(path, tmp_path, landing_format) == count


@pytest.mark.parametrize("method", [STORED, DEFLATED], ids=["stored", "deflated"])
def test_a_single_wrong_byte_never_changes_the_events(tmp_path: Path, method: int) -> None:
    """Each byte of a small archive is changed in turn: a PipelineError, or still all events."""
    whole = zipped(tmp_path / "whole.zip", {name(): gz(events(2))}, method).read_bytes()
    path = tmp_path / "a.zip"
    escaped = {}
    for at, byte in enumerate(whole):
        for wrong in {byte ^ 0xFF, byte ^ 0x01, byte ^ 0x80}:
            path.write_bytes(whole[:at] + bytes([wrong]) + whole[at + 1 :])
            escaped |= _escaped(path, tmp_path, (at, byte, wrong))
    assert escaped == {}


def test_a_truncated_archive_never_passes_as_a_smaller_one(tmp_path: Path) -> None:
    """Every shorter length is reported as cut short, or as something that is not an archive."""
    whole = zipped(tmp_path / "whole.zip", {name(h): gz(events(2)) for h in range(3)}).read_bytes()
    path = tmp_path / "a.zip"
    for size in range(len(whole)):
        path.write_bytes(whole[:size])
        with pytest.raises((AmplitudeUnavailable, NotAnArchive)):
            check_archive(path)


def _escaped(path: Path, folder: Path, where: object) -> dict[object, str]:
    try:
        count = check_and_unpack(path, folder, "json")
    except PipelineError:
        return {}
    except Exception as error:  # noqa: BLE001 - the finding itself
        return {where: repr(error)}
    return {} if count == 2 else {where: f"{count} events"}
