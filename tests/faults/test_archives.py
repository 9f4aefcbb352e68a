"""Odd archives, from Amplitude's response to the error or to the table."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from amplitude_export.errors import (
    AmplitudeUnavailable,
    ArchiveDamaged,
    ArchiveRefused,
    DownloadDamaged,
    PipelineError,
)

from tests.archives import bomb, cut, events, flagged, flipped, gz, name, renamed, streamed, zipped
from tests.faults.matrix import ARCHIVE, KEPT, Row, Stage

GOOD = gz(events(20))
DAMAGED = (f"{ARCHIVE}.damaged",)
Make = Callable[[Path], Path]


@dataclass(frozen=True, kw_only=True)
class Crafted(Row):
    """A fault in an archive: the function that builds it, and the number of requests."""

    make: Make
    requests: int = 1


def one(content: bytes, member: str = name(), method: int = zipfile.ZIP_STORED) -> Make:
    return lambda path: zipped(path, {member: content}, method)


def several(*members: tuple[str, bytes]) -> Make:
    return lambda path: zipped(path, members)


def then(make: Make, damage: Make) -> Make:
    return lambda path: damage(make(path))


def zip64(path: Path) -> Path:
    """Write the records of an archive over 4 GB with over 65,535 members, in a small one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(zipfile, "ZIP64_LIMIT", 10)
        patch.setattr(zipfile, "ZIP_FILECOUNT_LIMIT", 0)
        return zipped(path, {name(): GOOD})


def refused(make: Make, *message: str) -> Crafted:
    """Expect one request; the archive stays for inspection, and no file is unpacked."""
    return Crafted(make=make, error=ArchiveRefused, message=message, files=DAMAGED)


def broken_stream(content: bytes, *message: str, member: str = name()) -> Crafted:
    """Expect a valid zip whose gzip stream is broken."""
    message = (member, "is not one whole gzip stream", "clear stage_window.export", *message)
    return Crafted(
        make=one(content, member), error=ArchiveDamaged, message=message, files=(ARCHIVE,)
    )


def accepted(make: Make, events: dict[int, int]) -> Crafted:
    return Crafted(make=make, files=KEPT, events=events)


def stream(**options: Any) -> Crafted:
    """Expect that two hours of a streamed archive are loaded."""
    pairs = [(name(hour), gz(events(20, hour * 100))) for hour in (2, 3)]
    return accepted(lambda path: streamed(path, pairs, **options), {2: 20, 3: 20})


def other_file(member: str) -> Crafted:
    """Expect that a file beside a good member, of a name that no hour has, refuses the archive."""
    return refused(several((name(3), GOOD), (member, GOOD)), f"has a member named {member!r}")


def odd_name(member: str) -> Crafted:
    return refused(one(GOOD, member), f"has a member named {member!r}", "nothing of it")


CRC = Crafted(
    make=then(one(GOOD), lambda path: flipped(path, GOOD)),
    error=DownloadDamaged,
    message=("is damaged", "Bad CRC-32", "clear stage_window.export", "Amplitude's support"),
    files=DAMAGED,
    requests=3,
)
TRUNCATED = Crafted(
    make=then(one(GOOD), lambda path: cut(path, -30)),
    error=AmplitudeUnavailable,
    message=("no directory at its end", "cut short after"),
    requests=3,
)
ROWS: dict[str, Crafted] = {
    "truncated zip": TRUNCATED,
    "member CRC bad": CRC,
    "zip-slip": odd_name(f"../../{name()}"),
    "zip-slip inside": odd_name(f"123456/../../{name()}"),
    "absolute name": odd_name(f"/{name()}"),
    "drive name": odd_name(f"C:/{name()}"),
    "backslash name": odd_name(name().replace("/", "\\")),
    "NUL name": refused(
        then(one(GOOD, name() + "~.txt"), lambda path: renamed(path, b"~.txt", b"\0.txt")),
        r".json.gz\x00.txt'",
    ),
    "another day's member": refused(
        one(GOOD, name(day="2026-09-25")), "outside of 2026-09-24 00–23"
    ),
    "duplicate member names": refused(
        several((name(), GOOD), (name(), GOOD)), "holds 123456_2026-09-24_02_0 2 times"
    ),
    "the same part in two folders": refused(
        several((name(), GOOD), (f"b/{name()}", GOOD)), "2 times"
    ),
    "nested directories": accepted(
        several(("a/b/" + name(2), GOOD), ("c/" + name(3), gz(events(4, 50)))), {2: 20, 3: 4}
    ),
    "zip bomb": Crafted(
        make=one(bomb(80)),
        error=ArchiveRefused,
        message=("unpacks to more than 67,108,864 bytes",),
        files=(ARCHIVE,),
    ),
    "encrypted member": Crafted(
        make=then(one(GOOD), partial(flagged, flags=1)),
        error=ArchiveRefused,
        message=("has the encrypted or patched member",),
        files=DAMAGED,
    ),
    "unknown compression": Crafted(
        make=then(one(GOOD), partial(flagged, method=99)),
        error=ArchiveRefused,
        message=("with the unsupported method 99",),
        files=DAMAGED,
    ),
    "zip64": accepted(zip64, {2: 20}),
    "streamed": stream(),
    "streamed, stored": stream(method=zipfile.ZIP_STORED),
    "streamed, as zip64": stream(zip64=True),
    "streamed, with a comment": stream(comment=b"produced while it was sent"),
    "the folders' own entries": accepted(
        several(("123456/", b""), ("123456/empty/", b""), (name(2), GOOD)), {2: 20}
    ),
    **{
        f"the name {member}": accepted(one(GOOD, member), {2: 20})
        for member in (
            "123456/123456_2026-09-24_02#0.json.gz",
            "123456_2026-09-24_2#17.json.gz",
            "an export of (ours)/123456/123456_2026-09-24_2#0.json.gz",
            "größer/123456_2026-09-24_2#0.json.gz",
            "another-project_2026-09-24_2#0.json.gz",
        )
    },
    **{
        f"beside it {member}": other_file(member)
        for member in (
            "123456/123456_2026-09-24.json.gz",
            "123456/123456_2026-09-24#0.json.gz",
            "123456/123456_2026-09-24_2_complete",
            "123456/123456_2026-09-24_2#0.json",
            "123456/123456_2026-09-24_2.json.gz",
            "__MACOSX/123456/._123456_2026-09-24_2#0.json.gz",
            "123456/.DS_Store",
        )
    },
    "gz truncated": broken_stream(GOOD[:-9]),
    "gz trailing garbage": broken_stream(GOOD + b"garbage"),
    "gz trailing zeros": accepted(one(GOOD + bytes(512)), {2: 20}),
    "gz of two streams": accepted(one(GOOD + gz(events(1, 90))), {2: 21}),
    "gz of two streams, deflated": accepted(
        one(GOOD + gz(events(1, 90)), method=zipfile.ZIP_DEFLATED), {2: 21}
    ),
    "gz of two streams, the second truncated": broken_stream(GOOD + gz(events(1, 90))[:-9]),
    "gz CRC wrong": broken_stream(GOOD[:-8] + bytes(4) + GOOD[-4:]),
    "gz ISIZE wrong": broken_stream(GOOD[:-4] + b"\1\0\0\0"),
    "gz with a name of a megabyte": broken_stream(
        b"\x1f\x8b\x08\x08" + bytes(6) + b"a" * 2**20 + b"\0" + GOOD[10:]
    ),
    "not gzipped": broken_stream(events(3)),
    "a member without bytes": broken_stream(b"", "no bytes at all"),
    "a good member and a bad one": Crafted(
        make=several((name(2), GOOD), (name(3), GOOD[:-9])),
        error=ArchiveDamaged,
        message=(name(3),),
        files=("123456_2026-09-24_02_0.json", ARCHIVE),
    ),
}


def respond_with(stage: Stage, make: Make, folder: Path) -> None:
    """Make the Export API return the archive from now on."""
    body = make(folder / "made.zip").read_bytes()
    kind = "application/zip"
    stage.api.fail("status", status=200, body=body, content_type=kind, times=None)


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("fault", ROWS)
def test_an_odd_archive_is_loaded_or_refused_whole(
    stage: Stage, tmp_path: Path, fault: str
) -> None:
    """No file is written outside the run's folder, and a refused archive leaves the table alone."""
    row = ROWS[fault]
    respond_with(stage, row.make, tmp_path)
    error = stage.require(row)
    assert stage.statuses == [200] * row.requests
    assert {path.name for path in tmp_path.iterdir()} == {"made.zip", "volume", "xcoms"}
    stage.require_retry(error)


@pytest.mark.parametrize("fault", ["streamed", "gz of two streams", "gz of two streams, deflated"])
def test_an_archive_of_another_writer_can_land_as_gzip(
    stage: Stage, tmp_path: Path, fault: str
) -> None:
    """The export's own gzip is uploaded then."""
    respond_with(stage, ROWS[fault].make, tmp_path)
    assert stage.with_day(landing_format="json.gz").run() is None
    stage.require_loaded(ROWS[fault].events)


@pytest.mark.parametrize("fault", ["member CRC bad", "zip-slip", "gz truncated"])
def test_a_damaged_archive_is_replaced_when_export_is_cleared(
    stage: Stage, tmp_path: Path, fault: str
) -> None:
    """The message advises this, and the new archive is loaded."""
    respond_with(stage, ROWS[fault].make, tmp_path)
    error = stage.run()
    assert isinstance(error, PipelineError)
    assert "clear stage_window.export" in error.do
    stage.api.recover()
    stage.done.clear()
    assert stage.run() is None
    stage.require_loaded({2: 10, 14: 9})


def test_more_members_than_an_export_can_have_are_refused(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are refused before the first is unpacked; here three are too many."""
    monkeypatch.setattr("amplitude_export.zip_file.MAX_MEMBERS", 2)
    respond_with(stage, several(*((name(hour), GOOD) for hour in range(3))), tmp_path)
    message = ("has 3 members, more than 2",)
    stage.require(Row(error=ArchiveRefused, message=message, files=DAMAGED))
