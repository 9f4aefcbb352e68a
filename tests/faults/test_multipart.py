"""Multipart uploads that lose a part, or the response to the last request."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from amplitude_export.errors import BucketRefused, UploadFailed
from boto3.s3.transfer import TransferConfig

from local.s3_proxy import S3Proxy
from tests.archives import gz, name, zipped
from tests.faults.matrix import ARCHIVE, BUCKET, KEPT, Row, Stage

# S3's minimum size of a part, which the stand-in enforces as well.
PART = 5 * 2**20
FILE = "123456_2026-09-24_02_0.json"
LANDED = (FILE, ARCHIVE, "manifest.json")
# Twelve lines of one MB.
LINES = b"".join(b'{"uuid":"u%d","text":"%s"}\n' % (n, b"x" * 2**20) for n in range(12))


@pytest.fixture
def proxy(
    stage: Stage,
    s3: Any,
    bucket: Callable[[str], None],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> Iterator[S3Proxy]:
    """Start a proxy of S3, for a day of one file of twelve MB, which is sent in three parts."""
    parts = TransferConfig(multipart_threshold=PART, multipart_chunksize=PART, use_threads=False)
    monkeypatch.setattr("amplitude_export.bucket.put._TRANSFER", parts)
    body = zipped(tmp_path / "made.zip", {name(): gz(LINES)}).read_bytes()
    stage.api.fail("status", status=200, body=body, content_type="application/zip", times=None)
    with S3Proxy(s3.meta.endpoint_url) as proxy:
        bucket(proxy.url)
        yield proxy
    for each in s3.list_multipart_uploads(Bucket=BUCKET).get("Uploads", []):
        s3.abort_multipart_upload(Bucket=BUCKET, Key=each["Key"], UploadId=each["UploadId"])


def unfinished(s3: Any) -> list[str]:
    return [each["Key"] for each in s3.list_multipart_uploads(Bucket=BUCKET).get("Uploads", [])]


def test_a_part_that_is_lost_once_is_sent_again(stage: Stage, proxy: S3Proxy, s3: Any) -> None:
    """Four requests carry three parts, and the object is complete."""
    proxy.fail("reset", query_has="partNumber=2", after=PART // 2)
    stage.require(Row(files=KEPT, events={2: 12}))
    parts = [r.status for r in proxy.requests if "partNumber" in r.query]
    assert parts == [200, 0, 200, 200]
    assert unfinished(s3) == []


REFUSED = {
    "a part fails": ("internal_error", UploadFailed, "InternalError for UploadPart"),
    "a part is denied": ("put_denied", BucketRefused, "s3:PutObject, which is missing"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_part_that_keeps_failing_leaves_no_upload(
    stage: Stage, proxy: S3Proxy, s3: Any, case: str
) -> None:
    """The upload is aborted, so that its parts cost nothing; a retry sends the whole file."""
    fault, expected, message = REFUSED[case]
    proxy.fail(fault, query_has="partNumber=2", times=None)
    error = stage.require(Row(error=expected, message=(message, FILE), files=LANDED))
    assert unfinished(s3) == []
    proxy.recover()
    if expected is UploadFailed:
        assert stage.run() is None, error
        stage.require_loaded({2: 12})


def test_an_abort_that_is_denied_does_not_hide_the_reason(stage: Stage, proxy: S3Proxy) -> None:
    """The message is about the part, which failed first."""
    proxy.fail("kms_denied", query_has="partNumber=1", times=None)
    proxy.fail("access_denied", method="DELETE", times=None)
    stage.require(Row(error=BucketRefused, message=("kms:GenerateDataKey",), files=LANDED))


def test_a_lost_response_to_the_completion_is_harmless(
    stage: Stage, proxy: S3Proxy, s3: Any
) -> None:
    """The object is complete and exists once, although S3 does not know the upload any more."""
    proxy.fail("lost", method="POST", query_has="uploadId")
    error = stage.run()
    assert error is None or isinstance(error, UploadFailed)
    assert stage.run() is None
    stage.require_loaded({2: 12})
    assert unfinished(s3) == []
