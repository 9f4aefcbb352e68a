"""Uploads over the real S3 protocol: a retry sends only the files that failed."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from typing import Any

import boto3
import msgspec
import pytest
from amplitude_export.bucket.put import THREADS
from amplitude_export.errors import BucketRefused, FileMissing, UploadFailed
from amplitude_export.manifest import Manifest
from amplitude_export.upload.upload import upload
from amplitude_export.workspace import Workspace
from botocore.config import Config

from tests.archives import WHOLE_DAY, events
from tests.buckets import Wire, bodies, landed, new_bucket

pytestmark = pytest.mark.enable_socket

HOURS = 8


@pytest.fixture
def manifest(workspace: Workspace) -> Manifest:
    return Manifest(WHOLE_DAY, [landed(workspace, hour, events(hour + 1)) for hour in range(HOURS)])


def names(manifest: Manifest, *hours: int) -> list[str]:
    return sorted(file.file for file in manifest.files if not hours or file.hour in hours)


def test_the_objects_equal_the_unpacked_files(
    client: Any, bucket: str, manifest: Manifest, workspace: Workspace
) -> None:
    """Every file is stored under its key, byte for byte."""
    upload(manifest, workspace, client, bucket)
    assert bodies(client, bucket) == {
        file.key: (workspace.json_folder / file.file).read_bytes() for file in manifest.files
    }


def test_each_file_is_sent_once_with_its_checksum(
    client: Any, bucket: str, wire: Wire, manifest: Manifest, workspace: Workspace
) -> None:
    """The checksum makes S3 itself refuse any other body; there are no other requests."""
    checksums: dict[str, str] = {}

    def record(request: Any, **_: Any) -> None:
        checksums[request.url.rsplit("/", 1)[-1]] = request.headers["x-amz-checksum-crc32"].decode()

    client.meta.events.register("before-send.s3.PutObject", record)
    upload(manifest, workspace, client, bucket)
    assert sorted(wire.sent) == names(manifest)
    assert checksums == {file.file: file.crc32 for file in manifest.files}


def test_a_retry_sends_only_what_failed(
    client: Any, bucket: str, wire: Wire, manifest: Manifest, workspace: Workspace
) -> None:
    """Every file is tried; the error names those that failed, and only they are sent again."""
    failing = names(manifest, 3, 6)
    wire.refuse = dict.fromkeys(failing, (503, "SlowDown"))
    with pytest.raises(UploadFailed, match="2 of 8 files.*" + ", ".join(failing)):
        upload(manifest, workspace, client, bucket)
    assert sorted(wire.sent) == names(manifest)
    wire.sent, wire.refuse = [], {}
    upload(manifest, workspace, client, bucket)
    assert sorted(wire.sent) == failing
    assert len(bodies(client, bucket)) == 8


class Stopped(Exception):
    """Airflow stops the task: at its timeout, and when it is marked as failed."""


@pytest.fixture
def stop_when_all_are_busy(client: Any) -> Iterator[list[str]]:
    """Stop the test once every thread sends a file; return the files whose sending has begun."""
    begun: list[str] = []
    all_busy = threading.Barrier(THREADS, lambda: stop.set())
    stop, main = threading.Event(), threading.main_thread().ident
    assert main

    def send(request: Any, **_: Any) -> None:
        begun.append(request.url.rsplit("/", 1)[-1])
        if not stop.is_set() and all_busy.wait(20) == 0:
            signal.pthread_kill(main, signal.SIGUSR1)
        time.sleep(0.3)

    def stopped(*_: Any) -> None:
        raise Stopped

    before = signal.signal(signal.SIGUSR1, stopped)
    client.meta.events.register("before-send.s3.PutObject", send)
    yield begun
    client.meta.events.unregister("before-send.s3.PutObject", send)
    signal.signal(signal.SIGUSR1, before)


def test_a_stopped_upload_sends_nothing_beside_its_retry(
    client: Any, bucket: str, workspace: Workspace, stop_when_all_are_busy: list[str], wire: Wire
) -> None:
    """It ends the files that it has begun, begins no other one, and only then lets the task end."""
    files = [landed(workspace, hour, events(hour + 1)) for hour in range(24)]
    with pytest.raises(Stopped):
        upload(Manifest(WHOLE_DAY, files), workspace, client, bucket)
    arrived = sorted(key.rsplit("/", 1)[-1] for key in bodies(client, bucket))
    assert arrived == sorted(stop_when_all_are_busy)
    assert len(arrived) == THREADS
    wire.sent = []
    upload(Manifest(WHOLE_DAY, files), workspace, client, bucket)
    assert sorted(wire.sent) == sorted({file.file for file in files} - {*arrived})


def test_clearing_a_finished_upload_sends_all_files_again(
    client: Any, bucket: str, wire: Wire, manifest: Manifest, workspace: Workspace
) -> None:
    """Clearing it has a reason: an object can be missing or replaced."""
    upload(manifest, workspace, client, bucket)
    assert not workspace.receipts.exists()
    wire.sent = []
    upload(manifest, workspace, client, bucket)
    assert sorted(wire.sent) == names(manifest)


def upload_all_but_one(
    wire: Wire, client: Any, bucket: str, manifest: Manifest, workspace: Workspace
) -> None:
    wire.refuse = dict.fromkeys(names(manifest, 7), (500, "InternalError"))
    with pytest.raises(UploadFailed):
        upload(manifest, workspace, client, bucket)
    wire.sent, wire.refuse = [], {}


def test_another_bucket_gets_all_files(
    client: Any, bucket: str, wire: Wire, manifest: Manifest, workspace: Workspace
) -> None:
    """A receipt is valid only for the bucket that received the file."""
    upload_all_but_one(wire, client, bucket, manifest, workspace)
    upload(manifest, workspace, client, new_bucket(client))
    assert sorted(wire.sent) == names(manifest)


def test_a_file_with_other_content_is_sent_again(
    client: Any, bucket: str, wire: Wire, manifest: Manifest, workspace: Workspace
) -> None:
    """A receipt is valid only for the same bytes."""
    upload_all_but_one(wire, client, bucket, manifest, workspace)
    files = [landed(workspace, f.hour, events(99)) if f.hour == 5 else f for f in manifest.files]
    upload(msgspec.structs.replace(manifest, files=files), workspace, client, bucket)
    assert sorted(wire.sent) == names(manifest, 5, 7)
    assert bodies(client, bucket)[files[5].key] == events(99)


@pytest.mark.parametrize(
    "tail",
    [b'["some-bucket", "pyth', b"\0" * 40, b"\xff\xfe"],
    ids=["half a line", "zeros", "no UTF-8"],
)
def test_receipts_truncated_by_a_crash_are_tolerated(
    client: Any, bucket: str, wire: Wire, manifest: Manifest, workspace: Workspace, tail: bytes
) -> None:
    """A readable receipt counts; the files of unreadable ones are sent again."""
    upload_all_but_one(wire, client, bucket, manifest, workspace)
    workspace.receipts.write_bytes(workspace.receipts.read_bytes() + tail)
    upload(manifest, workspace, client, bucket)
    assert sorted(wire.sent) == names(manifest, 7)


def test_a_receipt_after_a_truncated_line_counts(
    client: Any, bucket: str, wire: Wire, manifest: Manifest, workspace: Workspace
) -> None:
    """The next attempt's receipts do not join the line that a crash has truncated."""
    workspace.receipts.write_bytes(b'["some-bucket", "pyth')
    upload_all_but_one(wire, client, bucket, manifest, workspace)
    upload(manifest, workspace, client, bucket)
    assert sorted(wire.sent) == names(manifest, 7)


@pytest.mark.parametrize("gone", [[5], list(range(HOURS))], ids=["one file", "the folder"])
def test_missing_files_are_refused_before_anything_is_sent(
    client: Any, bucket: str, wire: Wire, manifest: Manifest, workspace: Workspace, gone: list[int]
) -> None:
    """clean_up has removed them: the message names the first, and the task to clear as well."""
    for file in names(manifest, *gone):
        (workspace.json_folder / file).unlink()
    with pytest.raises(
        FileMissing, match=f"{len(gone)} of 8.*{names(manifest, *gone)[0]}"
    ) as raised:
        upload(manifest, workspace, client, bucket)
    assert "stage_window.decompress" in raised.value.do
    assert wire.sent == []


def test_a_file_of_another_size_is_refused(
    client: Any, bucket: str, wire: Wire, manifest: Manifest, workspace: Workspace
) -> None:
    """The volume has lost the file's end: no retry restores it, and the file does not land."""
    (workspace.json_folder / manifest.files[5].file).write_bytes(events(2))
    with pytest.raises(FileMissing) as raised:
        upload(manifest, workspace, client, bucket)
    assert manifest.files[5].file in raised.value.what
    assert manifest.files[5].key not in bodies(client, bucket)


def test_a_body_damaged_in_transit_is_sent_again(
    workspace: Workspace, client: Any, bucket: str, wire: Wire, manifest: Manifest
) -> None:
    """S3 refuses it by its checksum, and the file on the volume is unchanged."""
    wire.refuse[names(manifest, 4)[0]] = (400, "BadDigest")
    with pytest.raises(UploadFailed, match="BadDigest"):
        upload(manifest, workspace, client, bucket)


def test_a_file_damaged_on_the_volume_is_not_sent_again(
    workspace: Workspace, client: Any, bucket: str, wire: Wire, manifest: Manifest
) -> None:
    """It has the same size but other content: it has to be unpacked again."""
    name = names(manifest, 4)[0]
    path = workspace.json_folder / name
    path.write_bytes(path.read_bytes()[:-2] + b" \n")
    wire.refuse[name] = (400, "BadDigest")
    with pytest.raises(FileMissing, match="its checksum differs") as raised:
        upload(manifest, workspace, client, bucket)
    assert "clear stage_window.decompress" in raised.value.do


def test_a_refusal_outweighs_temporary_failures(
    client: Any, bucket: str, wire: Wire, manifest: Manifest, workspace: Workspace
) -> None:
    """One file is denied, while others failed for a moment: a retry would not help."""
    wire.refuse = dict.fromkeys(names(manifest), (503, "SlowDown"))
    wire.refuse[names(manifest, 4)[0]] = (403, "AccessDenied")
    with pytest.raises(BucketRefused, match="8 of 8"):
        upload(manifest, workspace, client, bucket)


@pytest.mark.parametrize(
    "bucket", ["no-such-bucket", "Not A Bucket!", ""], ids=["missing", "invalid", "empty"]
)
def test_an_impossible_bucket_is_refused(
    client: Any, manifest: Manifest, workspace: Workspace, bucket: str
) -> None:
    """The message names the Variable."""
    with pytest.raises(BucketRefused) as raised:
        upload(manifest, workspace, client, bucket)
    assert "amplitude_bucket" in raised.value.do


def test_an_unreachable_server_is_tried_again(manifest: Manifest, workspace: Workspace) -> None:
    """The connection is refused, which can be temporary."""
    once = Config(retries={"total_max_attempts": 1}, connect_timeout=2)
    client = boto3.client(
        "s3", endpoint_url="http://127.0.0.1:9", region_name="us-east-1", config=once,
        aws_access_key_id="k", aws_secret_access_key="made-up",
    )  # fmt: skip
    with pytest.raises(UploadFailed, match="8 of 8"):
        upload(manifest, workspace, client, "amplitude-events")
