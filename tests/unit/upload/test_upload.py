"""Uploads to a real S3 protocol: each file confirmed; what failed is named and alone sent again."""

from __future__ import annotations

from typing import Any

import boto3
import msgspec
import pytest
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


def test_what_lands_is_what_was_unpacked(
    client: Any, bucket: str, manifest: Manifest, workspace: Workspace
) -> None:
    """Every file under its key, byte for byte, and the manifest is handed on as it is."""
    upload(manifest, workspace, client, bucket)
    assert bodies(client, bucket) == {
        file.key: (workspace.json_folder / file.file).read_bytes() for file in manifest.files
    }


def test_each_file_is_sent_once_with_its_checksum(
    client: Any, bucket: str, wire: Wire, manifest: Manifest, workspace: Workspace
) -> None:
    """The sum goes along, so that S3 itself refuses another body; nothing else is asked."""
    sums: dict[str, str] = {}

    def note(request: Any, **_: Any) -> None:
        sums[request.url.rsplit("/", 1)[-1]] = request.headers["x-amz-checksum-crc32"].decode()

    client.meta.events.register("before-send.s3.PutObject", note)
    upload(manifest, workspace, client, bucket)
    assert sorted(wire.sent) == names(manifest)
    assert sums == {file.file: file.crc32 for file in manifest.files}


def test_a_retry_sends_only_what_failed(
    client: Any, bucket: str, wire: Wire, manifest: Manifest, workspace: Workspace
) -> None:
    """Every file is tried; those that failed are named, and alone sent again."""
    failing = names(manifest, 3, 6)
    wire.refuse = dict.fromkeys(failing, (503, "SlowDown"))
    with pytest.raises(UploadFailed, match="2 of 8 files.*" + ", ".join(failing)):
        upload(manifest, workspace, client, bucket)
    assert sorted(wire.sent) == names(manifest)
    wire.sent, wire.refuse = [], {}
    upload(manifest, workspace, client, bucket)
    assert sorted(wire.sent) == failing
    assert len(bodies(client, bucket)) == 8


def test_clearing_a_finished_upload_sends_all_again(
    client: Any, bucket: str, wire: Wire, manifest: Manifest, workspace: Workspace
) -> None:
    """Whoever clears it has a reason: an object may be gone or another one."""
    upload(manifest, workspace, client, bucket)
    assert not workspace.receipts.exists()
    wire.sent = []
    upload(manifest, workspace, client, bucket)
    assert sorted(wire.sent) == names(manifest)


def half_done(
    wire: Wire, client: Any, bucket: str, manifest: Manifest, workspace: Workspace
) -> None:
    wire.refuse = dict.fromkeys(names(manifest, 7), (500, "InternalError"))
    with pytest.raises(UploadFailed):
        upload(manifest, workspace, client, bucket)
    wire.sent, wire.refuse = [], {}


def test_another_bucket_has_nothing_yet(
    client: Any, bucket: str, wire: Wire, manifest: Manifest, workspace: Workspace
) -> None:
    """Receipts are for the bucket that took the files."""
    half_done(wire, client, bucket, manifest, workspace)
    upload(manifest, workspace, client, new_bucket(client))
    assert sorted(wire.sent) == names(manifest)


def test_a_file_with_other_content_is_sent_again(
    client: Any, bucket: str, wire: Wire, manifest: Manifest, workspace: Workspace
) -> None:
    """Receipts are for these very bytes."""
    half_done(wire, client, bucket, manifest, workspace)
    files = [landed(workspace, f.hour, events(99)) if f.hour == 5 else f for f in manifest.files]
    upload(msgspec.structs.replace(manifest, files=files), workspace, client, bucket)
    assert sorted(wire.sent) == names(manifest, 5, 7)
    assert bodies(client, bucket)[files[5].key] == events(99)


@pytest.mark.parametrize(
    "tail",
    [b'["some-bucket", "pyth', b"\0" * 40, b"\xff\xfe"],
    ids=["half a line", "zeros", "no UTF-8"],
)
def test_receipts_that_a_crash_has_cut_are_survived(
    client: Any, bucket: str, wire: Wire, manifest: Manifest, workspace: Workspace, tail: bytes
) -> None:
    """What cannot be read has not been sent; what can be read has."""
    half_done(wire, client, bucket, manifest, workspace)
    workspace.receipts.write_bytes(workspace.receipts.read_bytes() + tail)
    upload(manifest, workspace, client, bucket)
    assert sorted(wire.sent) == names(manifest, 7)


def test_a_receipt_after_half_a_line_counts(
    client: Any, bucket: str, wire: Wire, manifest: Manifest, workspace: Workspace
) -> None:
    """The next attempt's receipts are not lost in the line that a crash has cut."""
    workspace.receipts.write_bytes(b'["some-bucket", "pyth')
    half_done(wire, client, bucket, manifest, workspace)
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


def test_a_file_of_another_size_is_not_the_one_that_was_checked(
    client: Any, bucket: str, wire: Wire, manifest: Manifest, workspace: Workspace
) -> None:
    """A volume that has lost its tail: no retry brings it back, and nothing of it lands."""
    (workspace.json_folder / manifest.files[5].file).write_bytes(events(2))
    with pytest.raises(FileMissing) as raised:
        upload(manifest, workspace, client, bucket)
    assert manifest.files[5].file in raised.value.what
    assert manifest.files[5].key not in bodies(client, bucket)


def test_a_body_that_was_damaged_on_the_way_is_sent_again(
    workspace: Workspace, client: Any, bucket: str, wire: Wire, manifest: Manifest
) -> None:
    """S3 refuses it by its checksum, and the file is still what was unpacked."""
    wire.refuse[names(manifest, 4)[0]] = (400, "BadDigest")
    with pytest.raises(UploadFailed, match="BadDigest"):
        upload(manifest, workspace, client, bucket)


def test_a_file_that_was_damaged_on_the_volume_is_not_sent_again(
    workspace: Workspace, client: Any, bucket: str, wire: Wire, manifest: Manifest
) -> None:
    """Of the same size, but not what was checked: it has to be unpacked again."""
    name = names(manifest, 4)[0]
    path = workspace.json_folder / name
    path.write_bytes(path.read_bytes()[:-2] + b" \n")
    wire.refuse[name] = (400, "BadDigest")
    with pytest.raises(FileMissing, match="its checksum differs") as raised:
        upload(manifest, workspace, client, bucket)
    assert "clear stage_window.decompress" in raised.value.do


def test_a_refusal_decides_over_what_passes(
    client: Any, bucket: str, wire: Wire, manifest: Manifest, workspace: Workspace
) -> None:
    """One file that nobody may write, among many that failed for a moment: a person is needed."""
    wire.refuse = dict.fromkeys(names(manifest), (503, "SlowDown"))
    wire.refuse[names(manifest, 4)[0]] = (403, "AccessDenied")
    with pytest.raises(BucketRefused, match="8 of 8"):
        upload(manifest, workspace, client, bucket)


@pytest.mark.parametrize(
    "bucket", ["no-such-bucket", "Not A Bucket!", ""], ids=["missing", "no name", "empty"]
)
def test_a_bucket_that_cannot_be_is_refused(
    client: Any, manifest: Manifest, workspace: Workspace, bucket: str
) -> None:
    """The message leads to the variable."""
    with pytest.raises(BucketRefused) as raised:
        upload(manifest, workspace, client, bucket)
    assert "amplitude_bucket" in raised.value.do


def test_a_server_that_is_not_there_is_tried_again(
    manifest: Manifest, workspace: Workspace
) -> None:
    """Nothing listens: that passes."""
    once = Config(retries={"total_max_attempts": 1}, connect_timeout=2)
    client = boto3.client(
        "s3", endpoint_url="http://127.0.0.1:9", region_name="us-east-1", config=once,
        aws_access_key_id="k", aws_secret_access_key="made-up",
    )  # fmt: skip
    with pytest.raises(UploadFailed, match="8 of 8"):
        upload(manifest, workspace, client, "amplitude-events")
