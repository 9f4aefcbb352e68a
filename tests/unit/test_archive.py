"""Whole archives: what their members are called, in which order, and how large they may be."""

from __future__ import annotations

import shutil
import zipfile
from datetime import date
from pathlib import Path

import pytest
from amplitude_export import archive
from amplitude_export.archive import check_archive, members, unpacked_bytes
from amplitude_export.errors import AmplitudeUnavailable, ArchiveRefused, NotAnArchive
from amplitude_export.window import Window

from tests.archives import WHOLE_DAY, events, gz, hours, name, zipped

SAMPLE = Path(__file__).parents[2] / "local/samples/export_20260924T00_20260924T23.zip"


def stems(path: Path, window: Window = WHOLE_DAY) -> list[str]:
    with zipfile.ZipFile(path) as opened:
        return [member.stem for member in members(opened, window)]


def test_the_sample_is_a_whole_archive() -> None:
    """An export in the shape that Amplitude makes passes, hours padded in the landed names."""
    assert check_archive(SAMPLE) == 3
    assert stems(SAMPLE) == [
        "123456_2026-09-24_02_0",
        "123456_2026-09-24_14_0",
        "123456_2026-09-24_14_1",
    ]


def test_members_come_in_the_order_of_hour_and_part(tmp_path: Path) -> None:
    """By number and not by text: hour 2 before 14, part 2 before 10."""
    order = [(2, 0), (14, 2), (14, 10), (23, 0)]
    path = zipped(tmp_path / "a.zip", {name(h, p): gz(events(1)) for h, p in reversed(order)})
    assert stems(path) == [f"123456_2026-09-24_{h:02}_{p}" for h, p in order]


@pytest.mark.parametrize("prefix", ["", "123456/", "a/b/c/"], ids=["flat", "one folder", "nested"])
def test_folders_are_flattened(tmp_path: Path, prefix: str) -> None:
    """Whatever folders a member lies in, it lands under its own name; folders are no members."""
    path = zipped(
        tmp_path / "a.zip", {"123456/": b"", prefix + name().split("/")[1]: gz(events(1))}
    )
    assert stems(path) == ["123456_2026-09-24_02_0"]


def test_zip64_is_read(tmp_path: Path) -> None:
    """Members with 64-bit headers, and more of them than 65,535, are members like others."""
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
    """The number stands in the message."""
    monkeypatch.setattr(archive, "MAX_MEMBERS", 2)
    with pytest.raises(ArchiveRefused, match="3 members, more than 2"):
        stems(hours(tmp_path / "a.zip", {1: 1, 2: 1, 3: 1}))


@pytest.mark.parametrize(
    "window",
    [
        pytest.param(Window("2026-09-24T00", "2026-09-24T01"), id="another hour"),
        pytest.param(Window("2026-09-25T00", "2026-09-25T23"), id="another day"),
    ],
)
def test_members_outside_of_the_window_are_refused(tmp_path: Path, window: Window) -> None:
    """A window that holds its neighbour's hours would load them twice."""
    with pytest.raises(ArchiveRefused, match="outside of"):
        stems(hours(tmp_path / "a.zip", {2: 1}), window)


def test_two_projects_in_one_archive_keep_their_names_apart(tmp_path: Path) -> None:
    """The project is part of the landed name."""
    path = zipped(tmp_path / "a.zip", {name(project=p): gz(events(1)) for p in ("1", "2")})
    assert stems(path) == ["1_2026-09-24_02_0", "2_2026-09-24_02_0"]


def test_the_day_of_a_member_is_the_window_s() -> None:
    """Members know their day, hour and part."""
    with zipfile.ZipFile(SAMPLE) as opened:
        last = members(opened, WHOLE_DAY)[-1]
    assert (last.project, last.day, last.hour, last.part) == ("123456", date(2026, 9, 24), 14, 1)


def test_what_members_unpack_to_is_known_beforehand(tmp_path: Path) -> None:
    """The trailers say the text's sizes; a member of no bytes has no trailer."""
    path = zipped(
        tmp_path / "a.zip", {name(1): gz(events(40)), name(2): gz(events(7)), name(3): b""}
    )
    with zipfile.ZipFile(path) as opened:
        sizes = [unpacked_bytes(path, member) for member in members(opened, WHOLE_DAY)]
    assert sizes == [len(events(40)), len(events(7)), 0]


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"<html><body>Bad gateway</body></html>", id="HTML"),
        pytest.param(b'{"error": "quota"}', id="JSON"),
        pytest.param(b"\x1f\x8b\x08\x00" + b"\0" * 40, id="gzip"),
        pytest.param(b"PK\x07\x08" + b"\0" * 40, id="another PK"),
    ],
)
def test_what_is_no_zip_is_shown(tmp_path: Path, body: bytes) -> None:
    """The message shows the beginning of what came, and nothing of it raises while it is shown."""
    (tmp_path / "a.zip").write_bytes(body)
    with pytest.raises(NotAnArchive) as raised:
        check_archive(tmp_path / "a.zip")
    assert repr(body.decode("utf-8", "replace")[:6])[1:4] in raised.value.what


@pytest.mark.parametrize("size", [0, 1, 3])
def test_an_answer_cut_within_the_first_four_bytes_was_cut_short(tmp_path: Path, size: int) -> None:
    """It says nothing of what it would have been: that is Amplitude not answering to the end."""
    path = tmp_path / "a.zip"
    path.write_bytes(b"PK\x03\x04"[:size])
    with pytest.raises(AmplitudeUnavailable):
        check_archive(path)


def test_the_archive_is_not_changed_by_looking_at_it(tmp_path: Path) -> None:
    """Cold storage stays what Amplitude sent."""
    path = Path(shutil.copy(SAMPLE, tmp_path))
    check_archive(path)
    stems(path)
    assert path.read_bytes() == SAMPLE.read_bytes()
