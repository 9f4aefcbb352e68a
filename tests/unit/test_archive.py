"""Archives: the names, the order and the limits of their members."""

from __future__ import annotations

import shutil
import zipfile
from datetime import date
from pathlib import Path

import pytest
from amplitude_export import zip_file
from amplitude_export.archive import check_archive, members, unpacked_bytes
from amplitude_export.errors import AmplitudeUnavailable, ArchiveRefused, NotAnArchive
from amplitude_export.window import Window

from tests.archives import WHOLE_DAY, events, gz, hours, name, zipped

SAMPLE = Path(__file__).parents[2] / "local/samples/export_20260924T00_20260924T23.zip"


def stems(path: Path, window: Window = WHOLE_DAY) -> list[str]:
    with zipfile.ZipFile(path) as opened:
        return [member.stem for member in members(opened, window)]


def test_the_sample_is_a_complete_archive() -> None:
    """An export in Amplitude's format passes; landed names have two-digit hours."""
    assert check_archive(SAMPLE) == 3
    assert stems(SAMPLE) == [
        "123456_2026-09-24_02_0",
        "123456_2026-09-24_14_0",
        "123456_2026-09-24_14_1",
    ]


def test_members_come_in_the_order_of_hour_and_part(tmp_path: Path) -> None:
    """Numbers are compared as numbers: hour 2 before 14, part 2 before 10."""
    order = [(2, 0), (14, 2), (14, 10), (23, 0)]
    path = zipped(tmp_path / "a.zip", {name(h, p): gz(events(1)) for h, p in reversed(order)})
    assert stems(path) == [f"123456_2026-09-24_{h:02}_{p}" for h, p in order]


@pytest.mark.parametrize("prefix", ["", "123456/", "a/b/c/"], ids=["flat", "one folder", "nested"])
def test_folders_are_flattened(tmp_path: Path, prefix: str) -> None:
    """A member in any folder lands under its own name; folders are not members."""
    path = zipped(
        tmp_path / "a.zip", {"123456/": b"", prefix + name().split("/")[1]: gz(events(1))}
    )
    assert stems(path) == ["123456_2026-09-24_02_0"]


def test_zip64_is_read(tmp_path: Path) -> None:
    """Members with 64-bit headers are read, and so are more than 65,535 members."""
    big = tmp_path / "big.zip"
    with (
        zipfile.ZipFile(big, "w") as opened,
        opened.open(
            zipfile.ZipInfo(name(), (2026, 9, 24, 0, 0, 0)), "w", force_zip64=True
        ) as member,
    ):
        member.write(gz(events(3)))
    assert check_archive(big) == 1
    assert stems(big) == ["123456_2026-09-24_02_0"]
    many = zipped(tmp_path / "many.zip", ((name(5, part), b"") for part in range(65_540)))
    assert check_archive(many) == 65_540
    assert len(stems(many)) == 65_540


def test_more_members_than_any_export_has_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message has both numbers."""
    monkeypatch.setattr(zip_file, "MAX_MEMBERS", 2)
    with pytest.raises(ArchiveRefused, match="3 members, more than 2"):
        stems(hours(tmp_path / "a.zip", {1: 1, 2: 1, 3: 1}))


@pytest.mark.parametrize(
    "window",
    [
        pytest.param(Window("2026-09-24T00", "2026-09-24T01"), id="another hour"),
        pytest.param(Window("2026-09-25T00", "2026-09-25T23"), id="another day"),
    ],
)
def test_members_outside_the_window_are_refused(tmp_path: Path, window: Window) -> None:
    """An archive with hours of another window would load them twice."""
    with pytest.raises(ArchiveRefused, match="outside of"):
        stems(hours(tmp_path / "a.zip", {2: 1}), window)


def test_two_projects_in_one_archive_have_different_names(tmp_path: Path) -> None:
    """The project is part of the landed name."""
    path = zipped(tmp_path / "a.zip", {name(project=p): gz(events(1)) for p in ("1", "2")})
    assert stems(path) == ["1_2026-09-24_02_0", "2_2026-09-24_02_0"]


def test_a_member_has_its_project_day_hour_and_part() -> None:
    """They are read from its name."""
    with zipfile.ZipFile(SAMPLE) as opened:
        last = members(opened, WHOLE_DAY)[-1]
    assert (last.project, last.day, last.hour, last.part) == ("123456", date(2026, 9, 24), 14, 1)


def test_the_unpacked_sizes_are_known_beforehand(tmp_path: Path) -> None:
    """The gzip trailers have the sizes; a member without bytes has no trailer."""
    path = zipped(
        tmp_path / "a.zip", {name(1): gz(events(40)), name(2): gz(events(7)), name(3): b""}
    )
    assert sizes(path) == [len(events(40)), len(events(7)), 0]


SIZES = [0, 1, 0x0403_0201, 2**32 - 1]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("zip64", [False, True], ids=["plain", "with an extra field"])
def test_all_four_bytes_of_the_trailer_are_the_size(tmp_path: Path, size: int, zip64: bool) -> None:
    """It is found behind a name and an extra field of any length, and between other members."""
    packed = gz(events(3))[:-4] + size.to_bytes(4, "little")
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as opened:
        opened.writestr(name(1), gz(events(9)))
        with opened.open(zipfile.ZipInfo(name(2)), "w", force_zip64=zip64) as member:
            member.write(packed)
        opened.writestr(name(3), gz(events(8)))
    assert sizes(tmp_path / "a.zip") == [len(events(9)), size, len(events(8))]


def test_the_shortest_gzip_stream_has_a_trailer(tmp_path: Path) -> None:
    """It has 18 bytes; a member of 17 cannot have one."""
    trailer = (7_000_000).to_bytes(4, "little")
    contents = {name(hour): b"\x1f" * (hour - 4) + trailer for hour in (17, 18)}
    assert sizes(zipped(tmp_path / "a.zip", contents)) == [0, 7_000_000]


def test_a_member_that_the_zip_compressed_has_no_known_size(tmp_path: Path) -> None:
    """Its last bytes are deflate's, and could be any number; its neighbor's are a trailer."""
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as opened:
        opened.writestr(name(1), gz(events(500)), zipfile.ZIP_DEFLATED)
        opened.writestr(name(2), gz(events(7)), zipfile.ZIP_STORED)
    assert sizes(tmp_path / "a.zip") == [0, len(events(7))]


def sizes(path: Path) -> list[int]:
    with zipfile.ZipFile(path) as opened:
        return [unpacked_bytes(path, member) for member in members(opened, WHOLE_DAY)]


@pytest.mark.parametrize(
    ("body", "quoted"),
    [
        pytest.param(b"<html><body>Bad gateway</body></html>", "<html><body>Bad", id="HTML"),
        pytest.param(b'{"error": "quota"}', '{"error": "quota"}', id="JSON"),
        pytest.param(b"\x1f\x8b\x08\x00" + b"\0" * 40, "begins with 1f 8b 08 00", id="gzip"),
        pytest.param(b"PK\x07\x08" + b"\0" * 40, "begins with 50 4b 07 08", id="another PK"),
    ],
)
def test_a_body_that_is_not_a_zip_is_quoted(tmp_path: Path, body: bytes, quoted: str) -> None:
    """The message has the beginning of the body, binary data as hexadecimal numbers."""
    (tmp_path / "a.zip").write_bytes(body)
    with pytest.raises(NotAnArchive) as raised:
        check_archive(tmp_path / "a.zip")
    assert quoted in raised.value.what


@pytest.mark.parametrize("size", [0, 1, 3])
def test_a_body_of_less_than_four_bytes_was_cut_short(tmp_path: Path, size: int) -> None:
    """Its type is unknown, so that it counts as an incomplete response from Amplitude."""
    path = tmp_path / "a.zip"
    path.write_bytes(b"PK\x03\x04"[:size])
    with pytest.raises(AmplitudeUnavailable):
        check_archive(path)


def test_reading_an_archive_does_not_change_it(tmp_path: Path) -> None:
    """Cold storage holds what Amplitude sent."""
    path = Path(shutil.copy(SAMPLE, tmp_path))
    check_archive(path)
    stems(path)
    assert path.read_bytes() == SAMPLE.read_bytes()
