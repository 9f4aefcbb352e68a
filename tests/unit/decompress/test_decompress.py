"""Decompression with its real child processes: the manifest matches the archive, or is absent."""

from __future__ import annotations

import json
import shutil
import zipfile
import zlib
from collections import namedtuple
from datetime import UTC, datetime, timedelta

import msgspec
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
from amplitude_export.manifest import Manifest
from amplitude_export.record import from_record
from amplitude_export.workspace import LANDING_FORMATS, Workspace

from tests.archives import WHOLE_DAY, events, gz, hours, name, zipped
from tests.exports import COUNTS, day, exported

Usage = namedtuple("Usage", "total used free")
SOONER = datetime(2026, 9, 25, 3, tzinfo=UTC)
LATER = SOONER + timedelta(seconds=7)


def landed(workspace: Workspace) -> list[str]:
    return sorted(entry.name for entry in workspace.json_folder.iterdir())


@pytest.mark.parametrize("landing_format", LANDING_FORMATS)
def test_the_manifest_matches_the_archive(workspace: Workspace, landing_format: str) -> None:
    """It has each hour with its events, in order; a second run lands the same."""
    work = day(workspace)
    manifest = decompress(work, workspace, landing_format)
    assert {file.hour: file.events for file in manifest.files} == COUNTS
    assert [file.hour for file in manifest.files] == sorted(COUNTS)
    assert landed(workspace) == [file.file for file in manifest.files]
    assert decompress(work, workspace, landing_format) == manifest


def test_the_archives_of_a_split_window_make_one_manifest(workspace: Workspace) -> None:
    """An empty half has no archive (None) and adds no hour."""
    left, right = WHOLE_DAY.halves()
    hours(workspace.archive(left), {1: 3, 11: 4})
    hours(workspace.archive(right), {12: 5})
    work = exported(workspace, left, right)
    work.archives.append(ArchiveRecord(right, None, 0))
    manifest = decompress(work, workspace, "json")
    assert {file.hour: file.events for file in manifest.files} == {1: 3, 11: 4, 12: 5}
    assert manifest.window == WHOLE_DAY


def test_parts_without_events_do_not_land(workspace: Workspace) -> None:
    """COPY would not report such files, because they have no rows."""
    path = workspace.archive(WHOLE_DAY)
    zipped(path, {name(1): gz(b""), name(2): gz(b"\n\r\n"), name(3): gz(events(1))})
    manifest = decompress(exported(workspace, WHOLE_DAY), workspace, "json")
    assert [file.hour for file in manifest.files] == [3]
    assert landed(workspace) == ["123456_2026-09-24_03_0.json"]


def test_a_new_manifest_discards_the_receipts_of_an_older_upload(workspace: Workspace) -> None:
    """The files that are unpacked now can differ from those that were sent."""
    workspace.receipts.write_text("[]\n")
    decompress(day(workspace), workspace, "json")
    assert not workspace.receipts.exists()


def test_an_empty_export_makes_an_empty_manifest(workspace: Workspace) -> None:
    """Without an archive there is no child process and no file."""
    work = Exported(WHOLE_DAY, [ArchiveRecord(WHOLE_DAY, None, 0)], "worker-1")
    assert decompress(work, workspace, "json").files == []


def test_an_unknown_format_is_refused(workspace: Workspace) -> None:
    """The message names the Variable and its allowed values."""
    with pytest.raises(BadSetting, match="amplitude_landing_format.*json, json.gz"):
        decompress(day(workspace), workspace, "parquet")


def test_the_error_for_a_missing_archive_names_its_worker_and_the_task_to_clear(
    workspace: Workspace,
) -> None:
    """An unshared volume and an expired archive look the same to the task."""
    with pytest.raises(FileMissing, match="worker-1 wrote it") as raised:
        decompress(exported(workspace, WHOLE_DAY), workspace, "json")
    assert "stage_window.export" in raised.value.do


OTHERS = {
    "other events": lambda path: hours(path, dict.fromkeys(COUNTS, 3)),
    "other events of the same size": lambda path: path.write_bytes(path.read_bytes()[:-1] + b"!"),
    "no zip": lambda path: path.write_bytes(b"<html>"),
}


@pytest.mark.parametrize("other", OTHERS)
def test_another_file_in_the_archives_place_is_refused(workspace: Workspace, other: str) -> None:
    """The message has the path, both sizes and checksums, and the task to clear."""
    work = day(workspace)
    path = workspace.archive(WHOLE_DAY)
    fetched = path.stat().st_size, zlib.crc32(path.read_bytes())
    OTHERS[other](path)
    with pytest.raises(ArchiveDamaged) as raised:
        decompress(work, workspace, "json")
    found = path.stat().st_size, zlib.crc32(path.read_bytes())
    parts = [f"{size:,} bytes and the CRC-32 {crc:08x}" for size, crc in (found, fetched)]
    for part in (str(path), "fetched on worker-1", *parts):
        assert part in raised.value.what
    assert raised.value.do.startswith("clear stage_window.export")
    assert landed(workspace) == []


def test_of_an_archive_of_0_6_the_size_is_compared(workspace: Workspace) -> None:
    """Its record has no checksum."""
    path = hours(workspace.archive(WHOLE_DAY), {1: 3})
    size = path.stat().st_size
    for known in (size, size + 1):
        work = Exported(WHOLE_DAY, [ArchiveRecord(WHOLE_DAY, path.name, known)], "worker-1")
        if known == size:
            assert decompress(work, workspace, "json").exported_at == []
        else:
            with pytest.raises(ArchiveDamaged, match=f"{size:,} bytes, the fetched one {known:,}"):
                decompress(work, workspace, "json")


def test_the_manifest_has_the_time_of_each_hour_and_the_gaps(workspace: Workspace) -> None:
    """Each half has the time of its own response, with or without events, in order of the hours."""
    left, right = WHOLE_DAY.halves()
    hours(workspace.archive(left), {1: 3})
    work = exported(workspace, left, right)
    (record, _) = work.archives
    work.archives[:] = [
        ArchiveRecord(right, None, 0, exported_at=LATER),
        msgspec.structs.replace(record, exported_at=SOONER),
    ]
    manifest = decompress(msgspec.structs.replace(work, gaps=[13]), workspace, "json")
    assert manifest.exported_at == [SOONER] * 12 + [LATER] * 12
    assert manifest.gaps == [13]
    written = json.loads(workspace.manifest.read_text())
    assert from_record(Manifest, written) == manifest


def test_one_bad_member_fails_the_window(workspace: Workspace) -> None:
    """The child's error arrives with file and line; the other members get no manifest."""
    zipped(workspace.archive(WHOLE_DAY), {name(1): gz(events(5)), name(2): gz(events(1) + b"[]\n")})
    with pytest.raises(InvalidEvent, match=r"_02_0\.json, line 2"):
        decompress(exported(workspace, WHOLE_DAY), workspace, "json")


@pytest.mark.parametrize("size", [10, 200], ids=["no zip left", "no directory left"])
def test_an_archive_damaged_on_the_volume_raises_archive_damaged(
    workspace: Workspace, size: int
) -> None:
    """It was complete when it was exported; clearing export fixes it, a retry does not."""
    work = day(workspace)
    path = workspace.archive(WHOLE_DAY)
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(ArchiveDamaged) as raised:
        decompress(work, workspace, "json")
    assert "stage_window.export" in raised.value.do


def free(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(10**12, 10**12 - size, size))


def test_without_enough_space_nothing_is_written(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sizes in the archive give the required space beforehand."""
    work = day(workspace)
    free(monkeypatch, 64 * 2**20)
    with pytest.raises(VolumeFull):
        decompress(work, workspace, "json")
    assert landed(workspace) == []


def test_space_is_required_for_all_archives_together(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two halves that each fit alone do not always fit together."""
    left, right = WHOLE_DAY.halves()
    hours(workspace.archive(left), {1: 1000})
    hours(workspace.archive(right), {13: 1000})
    free(monkeypatch, 64 * 2**20 + int(1.5 * len(events(1000))))
    with pytest.raises(VolumeFull):
        decompress(exported(workspace, left, right), workspace, "json")
    assert landed(workspace) == []


def test_a_size_beyond_three_bytes_is_noticed_beforehand(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One event more than 16 MiB does not fit: the volume is not filled up to find that out."""
    hours(workspace.archive(WHOLE_DAY), {1: 2**24 // len(events(1)) + 1})
    free(monkeypatch, 64 * 2**20 + 2**24)
    with pytest.raises(VolumeFull):
        decompress(exported(workspace, WHOLE_DAY), workspace, "json")
    assert landed(workspace) == []


def test_a_deflated_member_needs_no_more_room_than_it_takes(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its last bytes are not a size: the window has room, and lands."""
    path = zipped(workspace.archive(WHOLE_DAY), {name(): gz(events(1000))}, zipfile.ZIP_DEFLATED)
    free(monkeypatch, 64 * 2**20 + len(events(1000)))
    decompress(exported(workspace, WHOLE_DAY), workspace, "json")
    assert path.exists()
    assert landed(workspace) == ["123456_2026-09-24_02_0.json"]


def test_a_member_without_bytes_is_damage_and_not_a_full_volume(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has no trailer with the required space."""
    zipped(workspace.archive(WHOLE_DAY), {name(): b""})
    free(monkeypatch, 10**9)
    with pytest.raises(ArchiveDamaged):
        decompress(exported(workspace, WHOLE_DAY), workspace, "json")
