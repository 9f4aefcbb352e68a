"""The proxy changes nothing between boto3 and S3 without a fault."""

from __future__ import annotations

import http.client
import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import boto3
import pytest
import requests
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError

from local.s3_proxy import Request, S3Proxy
from tests.buckets import bodies, new_bucket

pytestmark = pytest.mark.enable_socket

LINE = b'{"event_type":"a"}\n'
LARGE = LINE * (20 * 2**20 // len(LINE))
KEY = "python-import/2026-09-24/1_2026-09-24_00_0.json"
ONCE = Config(retries={"total_max_attempts": 1}, max_pool_connections=1)
IN_PARTS = TransferConfig(multipart_threshold=5 * 2**20, multipart_chunksize=5 * 2**20)


@pytest.fixture
def proxy(s3_endpoint: str) -> Iterator[S3Proxy]:
    with S3Proxy(s3_endpoint) as proxy:
        yield proxy


@pytest.fixture
def behind(s3_endpoint: str, environment: None) -> Any:
    """S3 itself."""
    return boto3.client("s3", endpoint_url=s3_endpoint)


@pytest.fixture
def bucket(behind: Any) -> str:
    return new_bucket(behind)


@pytest.fixture
def client(proxy: S3Proxy, environment: None) -> Any:
    """S3 through the proxy, on one connection, without retries."""
    return boto3.client("s3", endpoint_url=proxy.url, config=ONCE)


@pytest.fixture
def patient(proxy: S3Proxy, environment: None) -> Any:
    """S3 through the proxy, with boto3's own timeouts and retries."""
    return boto3.client("s3", endpoint_url=proxy.url)


@pytest.mark.parametrize("body", [b"", LINE, LARGE], ids=["empty", "line", "20 MB"])
def test_a_download_equals_the_upload(patient: Any, behind: Any, bucket: str, body: bytes) -> None:
    """The same bytes arrive through the proxy and behind it."""
    patient.put_object(Bucket=bucket, Key=KEY, Body=body)
    assert patient.get_object(Bucket=bucket, Key=KEY)["Body"].read() == body
    assert bodies(behind, bucket) == {KEY: body}
    assert patient.head_object(Bucket=bucket, Key=KEY)["ContentLength"] == len(body)


def test_a_large_file_goes_in_parts_with_checksums(
    patient: Any, proxy: S3Proxy, bucket: str, behind: Any, tmp_path: Path
) -> None:
    """Several parts are sent at once, and S3 joins them."""
    file = tmp_path / "large.json"
    file.write_bytes(LARGE)
    extra = {"ChecksumAlgorithm": "CRC32"}
    patient.upload_file(str(file), bucket, KEY, ExtraArgs=extra, Config=IN_PARTS)
    assert bodies(behind, bucket) == {KEY: LARGE}
    numbers = [re.search(r"partNumber=(\d)", r.query) for r in proxy.requests if r.method == "PUT"]
    assert sorted(number[1] for number in numbers if number) == ["1", "2", "3", "4"]


def test_a_file_goes_with_its_checksum_after_100_continue(
    patient: Any, bucket: str, behind: Any, tmp_path: Path
) -> None:
    """S3 gets the CRC-32; the proxy responds to `Expect: 100-continue` itself."""
    file = tmp_path / "small.json"
    file.write_bytes(LINE)
    asked: list[Any] = []
    patient.meta.events.register(
        "before-send.s3.PutObject", lambda request, **_: asked.append(request.headers["Expect"])
    )
    # The algorithm besides, as moto keeps the sum only then.
    extra = {"ChecksumCRC32": "8ZjNaQ==", "ChecksumAlgorithm": "CRC32"}
    patient.upload_file(str(file), bucket, KEY, ExtraArgs=extra)
    assert asked == [b"100-continue"]
    head = behind.head_object(Bucket=bucket, Key=KEY, ChecksumMode="ENABLED")
    assert head["ChecksumCRC32"] == "8ZjNaQ=="
    assert bodies(behind, bucket) == {KEY: LINE}


def test_a_body_in_chunks_arrives_whole(proxy: S3Proxy, behind: Any, bucket: str) -> None:
    """Chunks of HTTP, and S3's own chunks with a trailer within them, arrive whole."""
    url = f"{proxy.url}/{bucket}/"
    requests.put(url + "plain", data=iter([LINE, b"x" * 300_000, LINE]), timeout=5)
    inner = b"%x\r\n%b\r\n0\r\nx-amz-checksum-crc32:8ZjNaQ==\r\n\r\n" % (len(LINE), LINE)
    headers = {
        "Content-Encoding": "aws-chunked",
        "X-Amz-Content-SHA256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        "X-Amz-Decoded-Content-Length": str(len(LINE)),
        "X-Amz-Trailer": "x-amz-checksum-crc32",
    }
    requests.put(url + "inner", data=iter([inner[:7], inner[7:]]), headers=headers, timeout=5)
    assert bodies(behind, bucket) == {"plain": LINE + b"x" * 300_000 + LINE, "inner": LINE}


def test_requests_are_recorded_with_their_status(client: Any, proxy: S3Proxy, bucket: str) -> None:
    """They have method, path, query and status, in order."""
    client.put_object(Bucket=bucket, Key=KEY, Body=LINE)
    with pytest.raises(ClientError):
        client.get_object(Bucket=bucket, Key="missing", VersionId="1")
    put, get = proxy.requests
    assert put == Request("PUT", f"/{bucket}/{KEY}", "", 200)
    assert (get.method, get.path, get.query) == ("GET", f"/{bucket}/missing", "versionId=1")
    assert get.status in (400, 404)


@pytest.mark.parametrize(
    ("name", "status", "code", "message"),
    [
        ("status", 500, "InternalError", "internal error"),
        ("slow_down", 503, "SlowDown", "reduce your request rate"),
        ("internal_error", 500, "InternalError", "internal error"),
        ("request_timeout", 400, "RequestTimeout", "within the timeout period"),
        ("access_denied", 403, "AccessDenied", "Access Denied"),
        ("put_denied", 403, "AccessDenied", f's3:PutObject on resource: "arn:aws:s3:::.*{KEY}"'),
        ("kms_denied", 403, "AccessDenied", "perform: kms:GenerateDataKey on resource: arn:aws:"),
        ("kms_disabled", 400, "KMS.DisabledException", "is disabled"),
        ("no_such_bucket", 404, "NoSuchBucket", "bucket does not exist"),
        ("permanent_redirect", 301, "PermanentRedirect", "specified endpoint"),
        ("wrong_region", 400, "AuthorizationHeaderMalformed", "expecting 'eu-central-1'"),
        ("bad_digest", 400, "BadDigest", "did not match"),
    ],
)
def test_a_fault_is_an_error_of_s3(
    client: Any, proxy: S3Proxy, bucket: str, name: str, status: int, code: str, message: str
) -> None:
    """The put is refused with S3's error and stores nothing; the next one is served."""
    proxy.fail(name)
    with pytest.raises(ClientError, match=message) as raised:
        client.put_object(Bucket=bucket, Key=KEY, Body=b"x" * 300_000)
    answer = raised.value.response
    assert (answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"]) == (status, code)
    proxy.recover()
    assert "Contents" not in client.list_objects_v2(Bucket=bucket)
    assert {request.status for request in proxy.requests[:-1]} == {status}


@pytest.mark.parametrize("name", ["permanent_redirect", "wrong_region"])
def test_an_error_names_the_region(client: Any, proxy: S3Proxy, bucket: str, name: str) -> None:
    """botocore retries there, and the error names it for the user."""
    proxy.fail(name)
    with pytest.raises(ClientError) as raised:
        client.put_object(Bucket=bucket, Key=KEY, Body=LINE)
    assert raised.value.response["Error"]["Region"] == "eu-central-1"


def test_a_fault_can_be_any_error(client: Any, proxy: S3Proxy, bucket: str) -> None:
    """The test chooses status, code, message and elements, with characters that XML escapes."""
    proxy.fail("status", status=409, code="Odd", message="<&>", details={"Hint": "none"})
    with pytest.raises(ClientError) as raised:
        client.put_object(Bucket=bucket, Key=KEY, Body=LINE)
    assert raised.value.response["Error"] == {"Code": "Odd", "Message": "<&>", "Hint": "none"}


def test_a_fault_waits_for_a_matching_request(client: Any, proxy: S3Proxy, bucket: str) -> None:
    """It waits by method, path and query; other requests pass."""
    proxy.fail("slow_down", method="PUT", path_has="_05_", query_has="partNumber=2")
    client.put_object(Bucket=bucket, Key="x_05_0", Body=LINE)
    client.get_object(Bucket=bucket, Key="x_05_0")
    with pytest.raises(ClientError, match="SlowDown"):
        client.upload_fileobj(BytesIO(LARGE), bucket, "x_05_0", Config=IN_PARTS)
    (struck,) = [request for request in proxy.requests if request.status == 503]
    assert "partNumber=2" in struck.query


def test_a_head_meets_a_fault_without_a_body(client: Any, proxy: S3Proxy, bucket: str) -> None:
    """As from S3 there is only the status, and the connection stays usable."""
    proxy.fail("access_denied", method="HEAD")
    with pytest.raises(ClientError, match="403"):
        client.head_object(Bucket=bucket, Key=KEY)
    assert client.list_objects_v2(Bucket=bucket)["KeyCount"] == 0


def test_a_refused_body_leaves_the_connection_in_step(
    proxy: S3Proxy, behind: Any, bucket: str
) -> None:
    """One connection serves a put that is refused and the one after it."""
    proxy.fail("slow_down")
    connection = http.client.HTTPConnection(proxy.url.removeprefix("http://"), timeout=5)
    statuses, sockets = [], []
    for body in (LARGE, LINE):
        connection.request("PUT", f"/{bucket}/{KEY}", body)
        sockets.append(connection.sock)
        with connection.getresponse() as answer:
            statuses.append(answer.status)
            answer.read()
    connection.close()
    assert (statuses, sockets[0] is sockets[1]) == ([503, 200], True)
    assert bodies(behind, bucket) == {KEY: LINE}


@pytest.mark.parametrize(("name", "there"), [("reset", {}), ("lost", {KEY: LARGE})])
def test_a_reset_leaves_the_put_unanswered(
    client: Any, proxy: S3Proxy, behind: Any, bucket: str, name: str, there: Any
) -> None:
    """Only S3 knows whether the put was stored: a lost one was."""
    proxy.fail(name)
    with pytest.raises(ConnectionClosedError):
        client.put_object(Bucket=bucket, Key=KEY, Body=LARGE)
    assert bodies(behind, bucket) == there
    assert client.list_objects_v2(Bucket=bucket)["KeyCount"] == len(there)
    assert [request.status for request in proxy.requests] == [0, 200]


def test_a_stall_outlasts_the_client(proxy: S3Proxy, behind: Any, bucket: str) -> None:
    """The put ends at the client's read timeout, and is not stored."""
    proxy.fail("stall")
    hasty = boto3.client("s3", endpoint_url=proxy.url, config=ONCE.merge(Config(read_timeout=0.5)))
    with pytest.raises(ReadTimeoutError):
        hasty.put_object(Bucket=bucket, Key=KEY, Body=LINE)
    assert bodies(behind, bucket) == {}


def test_boto3_retries_transient_faults(
    patient: Any, proxy: S3Proxy, behind: Any, bucket: str
) -> None:
    """Its own retries get through a reset and an internal error."""
    proxy.fail("reset")
    proxy.fail("internal_error")
    patient.put_object(Bucket=bucket, Key=KEY, Body=LARGE)
    assert bodies(behind, bucket) == {KEY: LARGE}
    assert [request.status for request in proxy.requests] == [0, 500, 200]


def test_an_unknown_fault_is_refused(proxy: S3Proxy) -> None:
    """A name or a field that is not in the table raises."""
    with pytest.raises(KeyError):
        proxy.fail("flood")
    with pytest.raises(TypeError):
        proxy.fail("reset", bytes=3)
