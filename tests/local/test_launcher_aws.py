"""The S3 stand-in grants the two identities exactly what include/aws/ says."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from boto3.s3.transfer import TransferConfig
from botocore.exceptions import ClientError

from local.aws import Account, client

pytestmark = pytest.mark.enable_socket

ROOT = Path(__file__).resolve().parents[2]
BUCKET = "amplitude-events-test"
LANDED = "python-import/2026-09-24/1_2026-09-24_00_0.json"


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    """The stand-in as the launcher starts it: in a process of its own, with IAM enforced."""
    identities = tmp_path_factory.mktemp("aws") / "identities.json"
    options = ["--port", "0", "--bucket", BUCKET, "--identities", str(identities)]
    command = [sys.executable, "-m", "local.aws", *options]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            assert process.stdout.readline().startswith("ready http://127.0.0.1:")
            yield Account.load(identities)
        finally:
            process.terminate()


@pytest.fixture
def uploader(account: Account) -> Any:
    return client("s3", account.endpoint, account.uploader)


@pytest.fixture
def reader(account: Account, uploader: Any) -> Any:
    uploader.put_object(Bucket=BUCKET, Key=LANDED, Body=b"{}\n")
    return client("s3", account.endpoint, account.reader)


def refusal(call: Callable[[], object]) -> str:
    """The error code that AWS answers `call` with."""
    with pytest.raises(ClientError) as raised:
        call()
    return str(raised.value.response["Error"]["Code"])


def test_the_uploader_lands_an_object_under_the_buckets_own_key(
    account: Account, uploader: Any
) -> None:
    """A plain put is stored encrypted with the bucket's KMS key, without asking for it."""
    answer = uploader.put_object(Bucket=BUCKET, Key=LANDED, Body=b"{}\n")
    assert answer["ServerSideEncryption"] == "aws:kms"
    assert answer["SSEKMSKeyId"] == account.kms_key_arn


def test_the_uploader_lands_a_large_object_in_parts(uploader: Any, reader: Any) -> None:
    """A multipart upload arrives whole."""
    body = b'{"event_type":"a"}\n' * 600_000
    five_mib = 5 * 1024 * 1024
    parts = TransferConfig(multipart_threshold=five_mib, multipart_chunksize=five_mib)
    uploader.upload_fileobj(BytesIO(body), BUCKET, LANDED + ".large", Config=parts)
    stored = reader.get_object(Bucket=BUCKET, Key=LANDED + ".large")
    assert stored["ETag"].strip('"').endswith("-3")
    assert stored["Body"].read() == body


def test_the_uploader_may_abort_its_own_multipart_upload(uploader: Any) -> None:
    """An upload that failed half-way can be given up without further rights."""
    upload = uploader.create_multipart_upload(Bucket=BUCKET, Key=LANDED)
    answer = uploader.abort_multipart_upload(Bucket=BUCKET, Key=LANDED, UploadId=upload["UploadId"])
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 204


@pytest.mark.parametrize(
    ("method", "arguments"),
    [
        pytest.param("put_object", {"Key": "elsewhere/x.json", "Body": b"{}"}, id="put elsewhere"),
        pytest.param("get_object", {"Key": LANDED}, id="get"),
        pytest.param("delete_object", {"Key": LANDED}, id="delete"),
        pytest.param("list_objects_v2", {"Prefix": "python-import/"}, id="list"),
        pytest.param("list_multipart_uploads", {}, id="list uploads"),
    ],
)
def test_the_uploader_may_do_nothing_else(
    uploader: Any, method: str, arguments: dict[str, Any]
) -> None:
    """Whatever is not writing below python-import/ is denied."""
    call = getattr(uploader, method)
    assert refusal(lambda: call(Bucket=BUCKET, **arguments)) == "AccessDenied"


def test_the_reader_reads_what_landed(reader: Any) -> None:
    """The warehouse's identity gets the bytes that the uploader put."""
    assert reader.get_object(Bucket=BUCKET, Key=LANDED)["Body"].read() == b"{}\n"


def test_the_reader_can_not_write(reader: Any) -> None:
    """The warehouse's identity may neither put nor delete."""
    put = refusal(lambda: reader.put_object(Bucket=BUCKET, Key=LANDED, Body=b""))
    delete = refusal(lambda: reader.delete_object(Bucket=BUCKET, Key=LANDED))
    assert (put, delete) == ("AccessDenied", "AccessDenied")


def test_an_account_survives_the_file_that_carries_it(account: Account, tmp_path: Path) -> None:
    """What one process saved is what the other loads, and only its owner can read it."""
    path = tmp_path / "aws.json"
    account.save(path)
    assert Account.load(path) == account
    assert path.stat().st_mode & 0o077 == 0
