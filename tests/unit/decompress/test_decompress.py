"""Decompression with its real child processes: the manifest is the archive, or there is none."""

from __future__ import annotations

import shutil
from collections import namedtuple

import pytest
from amplitude_export.archive import ArchiveRecord, Exported
from amplitude_export.decompress.decompress import decompress
from amplitude_export.errors import (
    ArchiveDamaged,
    BadSetting,
    FileMissing,
    InvalidEvent,
    VolumeFull,
)
from amplitude_export.workspace import LANDING_FORMATS, Workspace

from tests.archives import WHOLE_DAY, events, gz, hours, name, zipped
from tests.exports import COUNTS, day, exported

Usage = namedtuple("Usage", "total used free")


def landed(workspace: Workspace) -> list[str]:
    return sorted(entry.name for entry in workspace.json_folder.iterdir())


@pytest.mark.parametrize("landing_format", LANDING_FORMATS)
def test_the_manifest_is_the_archive(workspace: Workspace, landing_format: str) -> None:
    """Each hour with its events, in order; a second run lands the same."""
    work = day(workspace)
    manifest = decompress(work, workspace, landing_format)
    assert {file.hour: file.events for file in manifest.files} == COUNTS
    assert [file.hour for file in manifest.files] == sorted(COUNTS)
    assert landed(workspace) == [file.file for file in manifest.files]
    assert decompress(work, workspace, landing_format) == manifest


def test_a_split_window_s_archives_make_one_manifest(workspace: Workspace) -> None:
    """A half that had nothing is None, and has no hour."""
    left, right = WHOLE_DAY.halves()
    hours(workspace.archive(left), {1: 3, 11: 4})
    hours(workspace.archive(right), {12: 5})
    work = exported(workspace, left, right)
    work.archives.append(ArchiveRecord(right, None, 0))
    manifest = decompress(work, workspace, "json")
    assert {file.hour: file.events for file in manifest.files} == {1: 3, 11: 4, 12: 5}
    assert manifest.window == WHOLE_DAY


def test_parts_without_events_do_not_land(workspace: Workspace) -> None:
    """They would be files of no rows that COPY says nothing about."""
    path = workspace.archive(WHOLE_DAY)
    zipped(path, {name(1): gz(b""), name(2): gz(b"\n\r\n"), name(3): gz(events(1))})
    manifest = decompress(exported(workspace, WHOLE_DAY), workspace, "json")
    assert [file.hour for file in manifest.files] == [3]
    assert landed(workspace) == ["123456_2026-09-24_03_0.json"]


def test_a_new_manifest_forgets_what_an_older_upload_has_sent(workspace: Workspace) -> None:
    """What is unpacked now may not be what was sent then."""
    workspace.receipts.write_text("[]\n")
    decompress(day(workspace), workspace, "json")
    assert not workspace.receipts.exists()


def test_nothing_exported_is_an_empty_manifest(workspace: Workspace) -> None:
    """No archive, no child, no file."""
    work = Exported(WHOLE_DAY, [ArchiveRecord(WHOLE_DAY, None, 0)], "worker-1")
    assert decompress(work, workspace, "json").files == []


def test_an_unknown_format_is_refused(workspace: Workspace) -> None:
    """The message names the variable and what it may be."""
    with pytest.raises(BadSetting, match="amplitude_landing_format.*json, json.gz"):
        decompress(day(workspace), workspace, "parquet")


def test_a_missing_archive_says_who_wrote_it_and_what_to_clear(workspace: Workspace) -> None:
    """Another machine without the volume and an expired archive look the same from here."""
    with pytest.raises(FileMissing, match="worker-1 wrote it") as raised:
        decompress(exported(workspace, WHOLE_DAY), workspace, "json")
    assert "stage_window.export" in raised.value.do


def test_one_bad_member_fails_the_whole(workspace: Workspace) -> None:
    """The child's own error arrives, with file and line; there is no manifest of the rest."""
    zipped(workspace.archive(WHOLE_DAY), {name(1): gz(events(5)), name(2): gz(events(1) + b"[]\n")})
    with pytest.raises(InvalidEvent, match=r"_02_0\.json, line 2"):
        decompress(exported(workspace, WHOLE_DAY), workspace, "json")


@pytest.mark.parametrize("size", [10, 200], ids=["no zip left", "no directory left"])
def test_an_archive_that_the_volume_has_damaged_is_an_error_of_ours(
    workspace: Workspace, size: int
) -> None:
    """It was whole when it was exported; clearing export mends it, a retry does not."""
    work = day(workspace)
    path = workspace.archive(WHOLE_DAY)
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(ArchiveDamaged) as raised:
        decompress(work, workspace, "json")
    assert "stage_window.export" in raised.value.do


def free(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(10**12, 10**12 - size, size))


def test_without_room_nothing_is_written(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The archive's own sizes say beforehand what is needed."""
    work = day(workspace)
    free(monkeypatch, 64 * 2**20)
    with pytest.raises(VolumeFull):
        decompress(work, workspace, "json")
    assert landed(workspace) == []


def test_room_is_asked_for_all_archives_together(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two halves that fit one by one may not fit both."""
    left, right = WHOLE_DAY.halves()
    hours(workspace.archive(left), {1: 1000})
    hours(workspace.archive(right), {13: 1000})
    free(monkeypatch, 64 * 2**20 + int(1.5 * len(events(1000))))
    with pytest.raises(VolumeFull):
        decompress(exported(workspace, left, right), workspace, "json")
    assert landed(workspace) == []


def test_a_member_of_no_bytes_is_damage_and_not_a_full_volume(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has no trailer that could say how much room it needs."""
    zipped(workspace.archive(WHOLE_DAY), {name(): b""})
    free(monkeypatch, 10**9)
    with pytest.raises(ArchiveDamaged):
        decompress(exported(workspace, WHOLE_DAY), workspace, "json")
