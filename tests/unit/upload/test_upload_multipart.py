"""Large files are sent in parts, completely or not at all."""

from __future__ import annotations

from typing import Any

import pytest
from amplitude_export.bucket import put
from amplitude_export.errors import UploadFailed
from amplitude_export.manifest import Manifest
from amplitude_export.upload.upload import upload
from amplitude_export.workspace import Workspace
from boto3.s3.transfer import TransferConfig
from botocore.exceptions import ConnectionClosedError

from tests.archives import WHOLE_DAY, events
from tests.buckets import bodies, landed

pytestmark = pytest.mark.enable_socket

PART = 5 * 2**20


@pytest.fixture
def large(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Manifest:
    """A manifest of one file, which has three parts."""
    config = TransferConfig(multipart_threshold=PART, multipart_chunksize=PART, use_threads=False)
    monkeypatch.setattr(put, "_TRANSFER", config)
    text = events(500)
    return Manifest(WHOLE_DAY, [landed(workspace, 5, text * (2 * PART // len(text) + 40))])


def test_a_large_file_lands_with_the_checksum_of_the_whole(
    client: Any, bucket: str, large: Manifest, workspace: Workspace
) -> None:
    """S3 gets the CRC-32 of the whole object, not of its parts."""
    completed: list[dict[str, str]] = []
    client.meta.events.register(
        "before-send.s3.CompleteMultipartUpload",
        lambda request, **_: completed.append(
            {k.lower(): _text(v) for k, v in request.headers.items()}
        ),
    )
    upload(large, workspace, client, bucket)
    assert (
        bodies(client, bucket)[large.files[0].key]
        == (workspace.json_folder / large.files[0].file).read_bytes()
    )
    assert [c["x-amz-checksum-crc32"] for c in completed] == [large.files[0].crc32]
    assert [c["x-amz-checksum-type"] for c in completed] == ["FULL_OBJECT"]


def test_a_failed_part_leaves_neither_an_object_nor_an_upload(
    client: Any, bucket: str, large: Manifest, workspace: Workspace
) -> None:
    """The upload is aborted, so that its parts cost nothing."""

    def lose(request: Any, **_: Any) -> None:
        if "partNumber=2" in request.url:
            raise ConnectionClosedError(endpoint_url=request.url)

    client.meta.events.register("before-send.s3.UploadPart", lose)
    with pytest.raises(UploadFailed):
        upload(large, workspace, client, bucket)
    assert bodies(client, bucket) == {}
    assert "Uploads" not in client.list_multipart_uploads(Bucket=bucket)


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value
