"""Reading the package: every quirk of its files, and the files that are refused."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
import tracemalloc
import zlib
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from amplitude_export.errors import NetworksRefused
from amplitude_export.ip_networks.ranges import Network, read_networks, write_networks
from hypothesis import given
from hypothesis import strategies as st

from local.packages import IPV4, IPV6, Release

Tarball = Callable[..., Path]
SMALL_V4, SMALL_V6 = "192.0.2.0,192.0.2.0,1,One\n", "2001:db8::,2001:db8::,2,Two\n"


@pytest.fixture
def tarball(tmp_path: Path) -> Tarball:
    """Pack these lines; a file that is not given has one network."""

    def pack(ipv4: str = SMALL_V4, ipv6: str = SMALL_V6) -> Path:
        path = tmp_path / "package.tgz"
        path.write_bytes(Release("1.0.0", {"asn-ipv4.csv": ipv4, "asn-ipv6.csv": ipv6}).tarball)
        return path

    return pack


def v4(text: str) -> list[tuple[int, int, int, str]]:
    """Return rows of 192.0.2.x for lines `first-last asn name` of its last part."""
    base = 192 << 24 | 2 << 8
    rows = [line.split(" ", 2) for line in text.splitlines()]
    ends = [[base + int(end) for end in span.split("-")] for span, _, _ in rows]
    return [(*end, int(asn), name) for end, (_, asn, name) in zip(ends, rows, strict=True)]


def rows(networks: Iterable[Network]) -> list[tuple[int, int, int, str]]:
    return [(each.first_key, each.last_key, each.asn, each.name) for each in networks]


LINES = {
    "a comma in a name": ('192.0.2.0,192.0.2.9,1,"One, Inc."', "0-9 1 One, Inc."),
    "quotes in a name": ('192.0.2.0,192.0.2.9,1,"""One"" Ltd"', '0-9 1 "One" Ltd'),
    "spaces of all kinds": ("192.0.2.0,192.0.2.9,1, One\u00a0 Ltd ", "0-9 1 One Ltd"),
    "letters": ("192.0.2.0,192.0.2.9,1,Zürich ÅS", "0-9 1 Zürich ÅS"),
    "no name": ("192.0.2.0,192.0.2.9,64500,", "0-9 64500 AS64500"),
    "AS 0 owns nothing": (
        "192.0.2.0,192.0.2.9,0,None\n192.0.2.10,192.0.2.10,1,One",
        "10-10 1 One",
    ),
    "one owner, two ranges": (
        "192.0.2.0,192.0.2.9,1,One\n192.0.2.10,192.0.2.19,1,One",
        "0-9 1 One\n10-19 1 One",
    ),
    "the largest AS": ("192.0.2.0,192.0.2.9,4294967295,Max", "0-9 4294967295 Max"),
    "no newline at the end, and CR LF": (
        "192.0.2.0,192.0.2.9,1,One\r\n192.0.2.10,192.0.2.10,2,Two",
        "0-9 1 One\n10-10 2 Two",
    ),
}


@pytest.mark.parametrize("case", LINES, ids=str)
def test_a_line_becomes_a_row(tarball: Tarball, case: str) -> None:
    """Both ends are inclusive, and the name has no extra spaces."""
    lines, expected = LINES[case]
    assert rows(read_networks(tarball(lines)))[:-1] == v4(expected)


KEY = 0x20010DB8_00000000
SPANS = {
    "whole": ("2001:db8::,2001:db8:0:ff:ffff:ffff:ffff:ffff,1,One", [(KEY, KEY + 255, 1)]),
    "smaller than a /64": ("2001:db8::4,2001:db8::7,1,One", [(KEY, KEY, 1)]),
    "parts of a /64": (
        "2001:db8::,2001:db8::2f,1,A\n2001:db8::30,2001:db8::30,2,B\n"
        "2001:db8::31,2001:db8:0:3:ffff:ffff:ffff:ffff,3,C",
        [(KEY, KEY + 3, 3)],
    ),
    "a /64 that two share": (
        "2001:db8::,2001:db8:0:3::9,1,A\n2001:db8:0:3::a,2001:db8:0:5::,2,B",
        [(KEY, KEY + 2, 1), (KEY + 3, KEY + 5, 2)],
    ),
    "the first and the last public": (
        "2000::,2000::,1,A\n3fff:ffff:ffff:ffff::,3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff,2,B",
        [(1 << 61, 1 << 61, 1), ((1 << 62) - 1, (1 << 62) - 1, 2)],
    ),
    "what is not public": (
        "::,::ffff:0:0,1,A\n2001:db8::,2001:db8::,2,B\n4000::,4000::,3,C\nfd00::,fd00::1,4,D",
        [(KEY, KEY, 2)],
    ),
}


@pytest.mark.parametrize("case", SPANS, ids=str)
def test_ipv6_is_counted_in_blocks_of_64_bits(tarball: Tarball, case: str) -> None:
    """A block that several ranges share belongs to the one that begins last."""
    lines, expected = SPANS[case]
    assert [row[:3] for row in rows(read_networks(tarball(SMALL_V4, lines)))[1:]] == expected


def many(overlap: str) -> str:
    """Return the lines after a thousand correct ones, which make the overlap an exception."""
    good = [f"10.0.{n >> 8}.{n & 255},10.0.{n >> 8}.{n & 255},9,Nine\n" for n in range(1000)]
    return "".join(good) + overlap


OVERLAPS = {
    "end into beginning": (
        "192.0.2.0,192.0.2.20,1,One\n192.0.2.10,192.0.2.30,2,Two",
        "0-9 1 One\n10-30 2 Two",
    ),
    "one inside the other": (
        "192.0.2.0,192.0.2.30,1,One\n192.0.2.10,192.0.2.20,2,Two",
        "0-9 1 One\n10-20 2 Two",
    ),
    "the same": (
        "192.0.2.0,192.0.2.20,1,One\n192.0.2.0,192.0.2.20,2,Two",
        "0-20 2 Two",
    ),
}


@pytest.mark.parametrize("case", OVERLAPS, ids=str)
def test_a_rare_overlap_is_cut(tarball: Tarball, case: str) -> None:
    """The shared part belongs to the range that begins last; the part behind has no owner."""
    lines, expected = OVERLAPS[case]
    assert rows(read_networks(tarball(many(lines))))[1000:-1] == v4(expected)


@pytest.mark.parametrize("case", OVERLAPS, ids=str)
def test_frequent_overlaps_are_refused(tarball: Tarball, tmp_path: Path, case: str) -> None:
    """The file is not what it should be, and nothing is written."""
    with pytest.raises(NetworksRefused, match=r"asn-ipv4\.csv: 1 of 2 ranges overlap"):
        write_networks(tarball(OVERLAPS[case][0]), tmp_path / "networks.json.gz")
    assert [path.name for path in tmp_path.iterdir()] == ["package.tgz"]


MALFORMED = {
    "too few columns": ("192.0.2.0,192.0.2.9,1", "line 2"),
    "too many columns": ("192.0.2.0,192.0.2.9,1,One, Inc.", "line 2"),
    "an empty line": ("", "line 2"),
    "no address": ("192.0.2.256,192.0.2.9,1,One", "line 2"),
    "the other kind of address": ("2001:db8::,2001:db8::1,1,One", "line 2"),
    "the end before the beginning": ("192.0.2.9,192.0.2.1,1,One", "line 2"),
    "no number": ("192.0.2.2,192.0.2.9,AS1,One", "line 2"),
    "no AS": ("192.0.2.2,192.0.2.9,4294967296,One", "line 2"),
    "a quote that does not end": ('192.0.2.2,192.0.2.9,1,"One', r"asn-ipv4\.csv, line"),
    "out of order": ("10.0.0.0,10.0.0.9,1,One", "not sorted"),
}


@pytest.mark.parametrize("case", MALFORMED, ids=str)
def test_a_malformed_line_is_refused_and_named(tarball: Tarball, tmp_path: Path, case: str) -> None:
    """No file is written, not even half of one."""
    line, message = MALFORMED[case]
    path = tarball(f"{SMALL_V4}{line}\n{SMALL_V4}")
    with pytest.raises(NetworksRefused, match=message):
        write_networks(path, tmp_path / "networks.json.gz")
    assert [path.name for path in tmp_path.iterdir()] == ["package.tgz"]


@pytest.mark.parametrize("missing", ["asn-ipv4.csv", "asn-ipv6.csv"])
def test_a_missing_file_is_named(tmp_path: Path, missing: str) -> None:
    """Half of the addresses would have no owner."""
    files = {"asn-ipv4.csv": SMALL_V4, "asn-ipv6.csv": SMALL_V6}
    del files[missing]
    path = tmp_path / "package.tgz"
    path.write_bytes(Release("1.0.0", files).tarball)
    with pytest.raises(NetworksRefused, match=f"not contain the file {missing}"):
        list(read_networks(path))


@pytest.mark.parametrize("lines", ["", "192.0.2.0,192.0.2.9,0,None\n"], ids=["empty", "AS 0"])
def test_a_file_without_a_network_is_refused(tarball: Tarball, lines: str) -> None:
    """It is treated like a missing file."""
    with pytest.raises(NetworksRefused, match=r"asn-ipv4\.csv has no network"):
        list(read_networks(tarball(lines)))


@pytest.mark.parametrize(
    "body", [b"", b"no archive", Release("1.0.0", {"asn-ipv4.csv": IPV4}).tarball[:90]], ids=len
)
def test_a_broken_tarball_is_refused(tmp_path: Path, body: bytes) -> None:
    """It is empty, has another format, or is cut short."""
    path = tmp_path / "package.tgz"
    path.write_bytes(body)
    with pytest.raises(NetworksRefused, match=r"tarball|not contain the file"):
        list(read_networks(path))


def test_the_file_has_a_json_line_for_each_network(tarball: Tarball, tmp_path: Path) -> None:
    """Numbers of 62 bits are written in full."""
    path = tmp_path / "networks.json.gz"
    count = write_networks(tarball(IPV4, IPV6), path)
    lines = [json.loads(line) for line in gzip.decompress(path.read_bytes()).splitlines()]
    assert count == len(lines) == 12
    assert lines[0] == {
        "first_key": 3221225984,
        "last_key": 3221226111,
        "asn": 64496,
        "name": "Example Broadband Ltd",
    }
    assert lines[-1]["first_key"] == 0x20010DB8_00440000


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 9), st.integers(0, 3)), max_size=12))
def test_rows_never_overlap_and_each_key_has_the_range_that_begins_last(
    tmp_path_factory: pytest.TempPathFactory, drawn: list[tuple[int, int, int]]
) -> None:
    """For any ranges, the rows are strictly ordered and every owner is one of the file."""
    ranges = sorted((low, low + length, asn) for low, length, asn in drawn)
    lines = "".join(f"192.0.2.{a},192.0.2.{b},{asn},N\n" for a, b, asn in ranges)
    path = tmp_path_factory.mktemp("drawn") / "package.tgz"
    files = {"asn-ipv4.csv": SMALL_V4.replace("192", "10") + lines, "asn-ipv6.csv": SMALL_V6}
    path.write_bytes(Release("1.0.0", files).tarball)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("amplitude_export.ip_networks.ranges.MAX_OVERLAPS", 1)
        found = rows(read_networks(path))[1:-1]
    base = 192 << 24 | 2 << 8
    owners = {key - base: asn for low, high, asn, _ in found for key in range(low, high + 1)}
    assert all(a[1] < b[0] for a, b in zip(found, found[1:], strict=False))
    owned = [each for each in ranges if each[2]]
    for key, asn in owners.items():
        begun = [each for each in owned if each[0] <= key]
        assert begun[-1][2] == asn
        assert begun[-1][1] >= key


def packed(path: Path, parts: Iterable[tuple[bytes, int]]) -> Path:
    """Write a gzip of pieces, each with its number of repetitions, without holding it in memory."""
    packer = zlib.compressobj(9, wbits=31)
    with path.open("wb") as file:
        for piece, times in parts:
            for _ in range(times):
                file.write(packer.compress(piece))
        file.write(packer.flush())
    return path


def header(name: str, size: int, kind: bytes = tarfile.REGTYPE) -> bytes:
    info = tarfile.TarInfo(name)
    info.size, info.type = size, kind
    return info.tobuf(tarfile.GNU_FORMAT)


MB = 2**20
IPV4_FILE = "package/asn-ipv4.csv"
BOMBS: dict[str, tuple[list[tuple[bytes, int]], str]] = {
    "a line of 64 MB": (
        [(header(IPV4_FILE, 64 * MB), 1), (b"0" * MB, 64)],
        "asn-ipv4.csv, line 1 has 4,096 characters or more",
    ),
    "a line that does not end in a quote": (
        [(header(IPV4_FILE, 64 * MB), 1), (b'"' + b"0,\n" * (MB // 3) + b"  ", 64)],
        "asn-ipv4.csv, line",
    ),
    "a name of 64 MB": (
        [(header("name", 64 * MB, tarfile.GNUTYPE_LONGNAME), 1), (b"0" * MB, 64)],
        "more than 65,536 bytes that describe one file",
    ),
    "attributes of 64 MB": (
        [(header("pax", 64 * MB, tarfile.XHDTYPE), 1), (b"0" * MB, 64)],
        "more than 65,536 bytes that describe one file",
    ),
    "names of names": (
        [(header("name", 1, tarfile.GNUTYPE_LONGNAME) + b"a".ljust(512, b"\0"), 5000)],
        "is not a complete tarball",
    ),
    "many files": ([(header("package/other", 0), 5000)], "more than 1,000 files"),
    "2 GB of another file": (
        [(header("package/other", 2**31), 1), (bytes(MB), 1)],
        "more than 1,073,741,824 unpacked bytes",
    ),
    "a file that is a link": (
        [(header(IPV4_FILE, 0, tarfile.SYMTYPE), 1), (bytes(1024), 1)],
        "does not contain the file asn-ipv4.csv",
    ),
}


@pytest.mark.parametrize("case", BOMBS, ids=str)
def test_a_package_that_is_none_takes_no_memory(tmp_path: Path, case: str) -> None:
    """It is refused as soon as it is known, whatever it unpacks to."""
    parts, why = BOMBS[case]
    path = packed(tmp_path / "package.tgz", parts)
    tracemalloc.start()
    try:
        with pytest.raises(NetworksRefused, match=why):
            list(read_networks(path))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 8 * MB


def test_a_negative_size_does_not_lead_back(tmp_path: Path) -> None:
    """tarfile would read the same headers for ever."""
    info = tarfile.TarInfo("package/other")
    info.size = -1024
    block = bytearray(info.tobuf(tarfile.GNU_FORMAT))
    path = tmp_path / "package.tgz"
    path.write_bytes(gzip.compress(bytes(block) * 3 + bytes(1024)))
    with pytest.raises(NetworksRefused, match="has the size -1024"):
        list(read_networks(path))
    assert io.BytesIO(block).read(13) == b"package/other"
