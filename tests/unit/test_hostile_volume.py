"""A volume on which others can write: links, pipes and odd names lead nowhere."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from amplitude_export.archive import ArchiveRecord, Exported, check_archive
from amplitude_export.clean_up.clean_up import CleanedUp, clean_up
from amplitude_export.decompress.decompress import decompress
from amplitude_export.doctor.check import State
from amplitude_export.doctor.runner import CheckRunner
from amplitude_export.doctor.volume import check_volume
from amplitude_export.errors import (
    BadSetting,
    BucketRefused,
    GapNotConfirmed,
    RecordInvalid,
    VolumeRefused,
)
from amplitude_export.export.download import save_archive
from amplitude_export.export.gaps import Gaps
from amplitude_export.inventory.clean import Cleaner
from amplitude_export.inventory.files import files_on
from amplitude_export.inventory.kinds import Scope
from amplitude_export.inventory.recorded import Ledgers
from amplitude_export.ip_networks.ranges import read_networks
from amplitude_export.manifest import LandedFile, Manifest
from amplitude_export.record import to_record
from amplitude_export.refused_lines import add_refused, read_refused
from amplitude_export.shared_folders import NetworksFolder, TransformFolder
from amplitude_export.upload.upload import upload
from amplitude_export.verify.loaded_run import LoadedRun
from amplitude_export.verify.reference import exported_hour
from amplitude_export.volume import atomic_write, remove_file, rename
from amplitude_export.workspace import Workspace

from tests import exports
from tests.archives import WHOLE_DAY, events, gz, hours, name, zipped
from tests.buckets import Wire, bodies, landed

DAY = date(2026, 9, 24)
NOW = datetime(2026, 9, 25, 3, tzinfo=UTC)
# Of the fixture `workspace`.
RUN = "scheduled__2026-09-24"
ARCHIVE = "export_20260924T00_20260924T23.zip"
NOTHING = Manifest(WHOLE_DAY, [])


def archive(workspace: Workspace) -> Path:
    return workspace.archive(WHOLE_DAY)


def write(path: Path) -> None:
    with atomic_write(path) as file:
        file.write(b"{}")


def unpack(workspace: Workspace) -> None:
    record = ArchiveRecord(WHOLE_DAY, ARCHIVE, 0)
    decompress(Exported(WHOLE_DAY, [record], "worker-1"), workspace, "json")


# What opens a file of a run, by the file's name.
OPENERS: dict[str, tuple[str, Callable[[Workspace], object]]] = {
    "the check of an archive": (ARCHIVE, lambda w: check_archive(archive(w))),
    "unpacking": (ARCHIVE, unpack),
    "the independent reader": (ARCHIVE, lambda w: exported_hour([archive(w)], 2)),
    "export": ("gaps.json", lambda w: Gaps(w.gaps, WHOLE_DAY, set)),
    "quarantining": ("refused.json", lambda w: read_refused(w.refused)),
    "upload": ("uploaded.jsonl", lambda w: upload(NOTHING, w, None, "bucket")),
}


@pytest.fixture
def full(workspace: Workspace) -> Workspace:
    """A run with each file that a task can find."""
    hours(archive(workspace), {2: 3})
    workspace.gaps.write_text('{"hours": {}}')
    add_refused(workspace.refused, {"a": ["b"]})
    workspace.receipts.write_text("\n")
    workspace.manifest.write_text(json.dumps(to_record(Manifest(WHOLE_DAY, [], [ARCHIVE]))))
    return workspace


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """A place beside the volume."""
    return tmp_path / "elsewhere"


def moved(path: Path, target: Path) -> None:
    """Put a link in the place of a file or folder, which is elsewhere then, whole and right."""
    path.rename(target)
    path.symlink_to(target)


def replaced_by_a_pipe(path: Path, target: Path) -> None:
    """Put a pipe in the place of a file: to open it waits for a writer, for ever."""
    path.unlink()
    os.mkfifo(path)


@pytest.mark.parametrize("replace", [moved, replaced_by_a_pipe])
@pytest.mark.parametrize("opener", OPENERS)
def test_a_link_or_a_pipe_in_place_of_a_file_is_refused(
    full: Workspace, elsewhere: Path, opener: str, replace: Callable[[Path, Path], None]
) -> None:
    """The error names the path."""
    file, do = OPENERS[opener]
    replace(full.folder / file, elsewhere)
    with pytest.raises((VolumeRefused, RecordInvalid), match=f"{file} is a "):
        do(full)


@pytest.mark.parametrize("above", range(3), ids=["run", "window", "day"])
@pytest.mark.parametrize("opener", OPENERS)
def test_a_link_in_place_of_a_folder_is_refused(
    full: Workspace, elsewhere: Path, opener: str, above: int
) -> None:
    """It would be the same file, in a folder that does not belong to the volume."""
    folder = (full.folder, *full.folder.parents)[above]
    moved(folder, elsewhere)
    with pytest.raises((VolumeRefused, RecordInvalid), match=f"{folder} is a symbolic link"):
        OPENERS[opener][1](full)


@pytest.mark.parametrize("above", range(4), ids=["json", "run", "window", "day"])
def test_nothing_is_written_beyond_a_link(full: Workspace, elsewhere: Path, above: int) -> None:
    """Neither a file nor a folder."""
    folder = (full.json_folder, *full.json_folder.parents)[above]
    moved(folder, elsewhere)
    before = set(elsewhere.rglob("*"))
    for attempt in (full.open, lambda: write(full.json_folder / "a.json")):
        with pytest.raises(VolumeRefused, match=f"{folder} is a symbolic link"):
            attempt()
    assert set(elsewhere.rglob("*")) == before


def test_a_link_to_the_volume_itself_is_followed(workspace: Workspace, elsewhere: Path) -> None:
    """The one who sets amplitude_data_dir decides where the volume is."""
    elsewhere.symlink_to(workspace.folder.parents[2])
    same = Workspace.of(elsewhere, WHOLE_DAY, RUN).open()
    write(same.manifest)
    assert workspace.manifest.exists()
    assert Workspace.of_day(elsewhere.resolve(), DAY) == [workspace]


@pytest.mark.parametrize("above", range(-1, 3), ids=["json", "run", "window", "day"])
def test_nothing_is_removed_beyond_a_link(
    full: Workspace, data_dir: Path, elsewhere: Path, above: int
) -> None:
    """Not even a folder that looks like a run whose archives have expired.

    The inventory names the link, and nothing beyond it.
    """
    full.loaded.touch()
    (full.json_folder / "a.json").touch()
    link = (full.folder, *full.folder.parents)[above] if above >= 0 else full.json_folder
    moved(link, elsewhere)
    before = set(elsewhere.rglob("*"))
    problems = {file.path for file in files_on(data_dir) if file.problem}
    assert problems == {f"{link.relative_to(data_dir)}"}
    loaded = Ledgers(hours={("default", DAY): {}})
    Cleaner(data_dir, {}, loaded, lambda *_: False, 0).clean(Scope())
    assert clean_up(data_dir, date(2026, 9, 1), "another", 0).json_files == 0
    if above >= 0:
        assert clean_up(data_dir, DAY, RUN, 0) == CleanedUp(0, 0)
    assert set(elsewhere.rglob("*")) == before


def test_clean_up_removes_the_links_of_its_own_run(
    full: Workspace, data_dir: Path, elsewhere: Path
) -> None:
    """The folder of JSON and the mark can be links, too."""
    (full.json_folder / "a.json").touch()
    moved(full.json_folder, elsewhere)
    full.loaded.symlink_to(data_dir.parent / "created")
    with pytest.raises(VolumeRefused, match="loaded is a symbolic link"):
        clean_up(data_dir, DAY, RUN, 7)
    assert not full.json_folder.is_symlink()
    assert [path.name for path in elsewhere.iterdir()] == ["a.json"]
    assert not (data_dir.parent / "created").exists()


@pytest.mark.enable_socket
def test_no_file_beyond_a_link_is_uploaded(
    workspace: Workspace, client: Any, bucket: str, elsewhere: Path
) -> None:
    """Although it is the file that was unpacked: it could be replaced there at any time."""
    files = [landed(workspace, hour, events(2)) for hour in (2, 3)]
    moved(workspace.json_folder, elsewhere)
    with pytest.raises(VolumeRefused, match="json is a symbolic link"):
        upload(Manifest(WHOLE_DAY, files), workspace, client, bucket)
    assert not bodies(client, bucket)


@pytest.mark.parametrize("file", ["loaded", ".a.part", "uploaded.jsonl"])
def test_a_folder_in_place_of_a_file_is_refused(full: Workspace, data_dir: Path, file: str) -> None:
    """By the tasks that would remove the file."""
    (full.folder / file).unlink(missing_ok=True)
    (full.folder / file).mkdir()
    do = full.open if file != "uploaded.jsonl" else lambda: clean_up(data_dir, DAY, RUN, 7)
    with pytest.raises(VolumeRefused, match=f"{file} is a folder"):
        do()


@pytest.mark.parametrize("change", [remove_file, lambda path: rename(path, "b")])
def test_a_folder_that_becomes_a_link_leads_nowhere(
    full: Workspace, elsewhere: Path, change: Callable[[Path], object]
) -> None:
    """Between a look at it and a change in it: each change looks again."""
    moved(full.folder, elsewhere)
    before = set(elsewhere.iterdir())
    with pytest.raises(VolumeRefused, match="is a symbolic link"):
        change(full.manifest)
    assert set(elsewhere.iterdir()) == before


HOSTILE_NAMES = ["/etc/passwd", "../a.json", "..", ".", "", "a/b.json", "a\0b"]


@pytest.mark.parametrize("file", HOSTILE_NAMES)
def test_a_record_cannot_name_a_file_elsewhere(workspace: Workspace, file: str) -> None:
    """Not the result of a task that a user wrote by hand, nor a manifest on the volume."""
    record = LandedFile(2, 0, file, "key", 1, 1, "AAAAAA==")
    with pytest.raises(VolumeRefused, match="is not the name of a file"):
        upload(Manifest(WHOLE_DAY, [record]), workspace, None, "bucket")
    workspace.manifest.write_text(json.dumps(to_record(Manifest(WHOLE_DAY, [], [file]))))
    workspace.loaded.touch()
    run = LoadedRun.of_run(workspace.folder.parents[2], DAY, RUN)
    assert (run.manifests, run.skip_reason is None) == ({}, False)
    assert "is not the name of a file" in run.unreadable[0]


@pytest.mark.parametrize("line", [b"5", b"[1]", b"null", b'["bucket", 1, 2]', b"\xff", b"[" * 9999])
def test_a_receipt_that_is_none_is_ignored(workspace: Workspace, line: bytes) -> None:
    """The file is then sent again."""
    workspace.receipts.write_bytes(b'\n["bucket", "key", "crc"]\n' + line + b"\n")
    upload(NOTHING, workspace, None, "bucket")
    assert not workspace.receipts.exists()


BACKWARDS = b'{"window": {"start": "2026-09-25T00", "end": "2026-09-24T00"}, "files": []}'


@pytest.mark.parametrize("content", [b"[" * 9999, b"\xff", b"{}", b"null", BACKWARDS], ids=len)
def test_a_manifest_that_is_none_is_that_runs_trouble_alone(
    workspace: Workspace, data_dir: Path, content: bytes
) -> None:
    """`verify` reports it, and the doctor's check of the volume passes.

    The last one has a window that ends before it begins.
    """
    workspace.manifest.write_bytes(content)
    workspace.loaded.touch()
    assert "manifest.json cannot be read" in LoadedRun.of_run(data_dir, DAY, RUN).unreadable[0]
    runner = CheckRunner()
    check_volume(runner, str(data_dir))
    assert {check.state for check in runner.checks} == {State.OK}


def requested_again(record: Path) -> None:
    """Add a response without the hour 02, which usually has events."""
    gaps = Gaps(record, WHOLE_DAY, lambda: {2})
    gaps.add(WHOLE_DAY, NOW, set())
    gaps.close()


@pytest.mark.parametrize("time", ["2026-09-24T00:00:00", "9999-12-31T23:59:59-12:00", "²"])
def test_a_gap_by_hand_has_no_other_error_than_the_pipelines(
    workspace: Workspace, time: str
) -> None:
    """A time without a zone cannot be compared with others; one in the future does not count."""
    workspace.gaps.write_text(json.dumps({"hours": {"02": [time]}}))
    with pytest.raises((RecordInvalid, GapNotConfirmed)):
        requested_again(workspace.gaps)


def nested(folder: Path) -> None:
    """Make folders within each other, far beyond Python's recursion and the length of a path."""
    at = os.open(folder, os.O_RDONLY)
    for _ in range(sys.getrecursionlimit() + 500):
        os.mkdir("a", dir_fd=at)
        inner = os.open("a", os.O_RDONLY, dir_fd=at)
        os.close(at)
        at = inner
    os.close(at)


def test_what_cannot_be_removed_holds_up_no_clean_up(
    full: Workspace, data_dir: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It is named, and stays; the own run is told, too."""
    full.loaded.touch()
    os.utime(full.loaded, (0, 0))
    nested(full.folder)
    try:
        assert clean_up(data_dir, DAY, "another", 7) == CleanedUp(0, 1)
        assert ".discarded stays: " in caplog.text
        own = Workspace.of(data_dir, WHOLE_DAY, "own").open()
        nested(own.json_folder)
        with pytest.raises(VolumeRefused, match="has too many folders within each other"):
            clean_up(data_dir, DAY, "own", 7)
    finally:
        # pytest's own removal is recursive, too.
        subprocess.run(["rm", "-rf", str(data_dir)], check=True)


@pytest.mark.parametrize("seconds", [2**40, -(2**40)], ids=["future", "past"])
def test_a_mark_beyond_the_calendar_holds_up_no_clean_up(
    tmpfs: Callable[[str], Path], seconds: int
) -> None:
    """Most file systems can store such a time, and everybody can set that of an own file."""
    volume = tmpfs("size=1m")
    mark = Workspace.of(volume, WHOLE_DAY, RUN).open().loaded
    mark.touch()
    os.utime(mark, (seconds, seconds))
    expired = int(seconds < 0)
    assert clean_up(volume, DAY, "another", 7) == CleanedUp(0, expired)


@pytest.mark.parametrize("given", ["", ".", "volume", "/a\0b"])
def test_a_volume_without_an_absolute_path_is_refused(
    given: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would be in the folder that a worker happens to run in; nothing is written there."""
    monkeypatch.chdir(tmp_path)
    for use in (
        lambda: Workspace.of(Path(given), WHOLE_DAY, RUN).open(),
        lambda: clean_up(Path(given), DAY, RUN, 0),
        lambda: NetworksFolder.of(Path(given)).open(),
    ):
        with pytest.raises(BadSetting, match="amplitude_data_dir is .* an absolute path"):
            use()
    runner = CheckRunner()
    check_volume(runner, given)
    assert runner.checks[0].state == State.FAILED
    assert "amplitude_data_dir" in runner.checks[0].found
    assert list(tmp_path.iterdir()) == []


def test_a_name_that_is_not_utf_8_can_be_logged(full: Workspace) -> None:
    """Airflow writes the message into the log as JSON: if that failed, the task had no reason."""
    (full.folder / os.fsdecode(b".\xff.part")).mkdir()
    with pytest.raises(VolumeRefused, match=r"\.\\udcff\.part is a folder") as raised:
        full.open()
    assert str(raised.value).encode()


def test_a_huge_record_is_not_read_into_memory(workspace: Workspace) -> None:
    """A sparse file costs nothing, and 64 GB of memory would."""
    with workspace.gaps.open("wb") as file:
        file.truncate(64 * 2**30)
    with pytest.raises(RecordInvalid, match=r"gaps\.json has more than"):
        Gaps(workspace.gaps, WHOLE_DAY, set)


def test_shared_folders_are_no_links_either(data_dir: Path, elsewhere: Path) -> None:
    """Those of IP networks, of dbt and of the doctor."""
    elsewhere.mkdir()
    for folder in ("ip_networks", "dbt", ".doctor"):
        (data_dir / folder).symlink_to(elsewhere)
    for open_folder in (NetworksFolder.of(data_dir).open, TransformFolder.of(data_dir).open):
        with pytest.raises(VolumeRefused, match="is a symbolic link"):
            open_folder()
    with pytest.raises(VolumeRefused, match="is a symbolic link"):
        list(read_networks(NetworksFolder.of(data_dir).tarball))
    runner = CheckRunner()
    check_volume(runner, str(data_dir))
    states = {check.name: check.state for check in runner.checks}
    assert states["volume.writable"] == State.FAILED
    assert list(elsewhere.iterdir()) == []


@pytest.fixture(params=[0o000, 0o022, 0o077], ids="umask {:03o}".format)
def umask(request: pytest.FixtureRequest) -> Iterator[None]:
    """The process's umask; the tests' own is restored."""
    before = os.umask(request.param)
    yield
    os.umask(before)


class Body:
    """A response's body, which comes in one piece."""

    def __init__(self, content: bytes) -> None:
        self._pieces = [content, b""]

    def read1(self, amt: int | None = None) -> bytes:
        return self._pieces.pop(0)


def modes(folder: Path) -> tuple[set[int], set[int]]:
    """Return the modes of all folders and of all files."""
    paths = [*folder.rglob("*")]
    folders = {stat.S_IMODE(path.stat().st_mode) for path in paths if path.is_dir()}
    return folders, {stat.S_IMODE(path.stat().st_mode) for path in paths if path.is_file()}


@pytest.mark.enable_socket
@pytest.mark.usefixtures("umask")
def test_only_the_owner_can_read_what_a_run_writes(
    tmp_path: Path, data_dir: Path, client: Any, bucket: str, wire: Wire
) -> None:
    """Archives, JSON and quarantined lines are personal data, whatever the umask."""
    made = zipped(tmp_path / "made.zip", {name(): gz(b'{"a": 1}\noops\n')}).read_bytes()
    workspace = Workspace.of(data_dir, WHOLE_DAY, RUN, "app").open()
    save_archive(Body(made), archive(workspace), WHOLE_DAY, None)
    manifest = decompress(
        exports.exported(workspace, WHOLE_DAY), workspace, "json", quarantine=True
    )
    (bad,) = manifest.quarantined_files
    wire.refuse[bad.file] = (403, "AccessDenied")
    with pytest.raises(BucketRefused):
        upload(manifest, workspace, client, bucket)
    assert workspace.receipts.exists()
    assert modes(data_dir) == ({0o700}, {0o600})
    clean_up(data_dir, DAY, RUN, 7, project="app")
    TransformFolder.of(data_dir).open()
    assert modes(data_dir) == ({0o700}, {0o600})


def test_folders_and_files_of_earlier_versions_are_used(data_dir: Path) -> None:
    """They keep their modes until they are removed; a run that began before goes on."""
    folder = Workspace.of(data_dir, WHOLE_DAY, RUN).folder
    for each in (*reversed(folder.parents[:2]), folder, folder / "json"):
        each.mkdir(0o755)
    hours(folder / ARCHIVE, {2: 3}).chmod(0o644)
    workspace = Workspace.of(data_dir, WHOLE_DAY, RUN).open()
    decompress(exports.exported(workspace, WHOLE_DAY), workspace, "json")
    assert stat.S_IMODE(archive(workspace).stat().st_mode) == 0o644
    assert stat.S_IMODE(workspace.manifest.stat().st_mode) == 0o600


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_a_file_of_another_user_is_refused_with_advice(full: Workspace) -> None:
    """That is what a deployment with several uids sees."""
    os.seteuid(65534)
    try:
        with pytest.raises(VolumeRefused, match="cannot be read by uid 65534") as raised:
            check_archive(archive(full))
    finally:
        os.seteuid(0)
    assert "as one user" in raised.value.do
