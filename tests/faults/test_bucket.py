"""Responses of S3 and KMS to an upload, and changes of objects before the COPY."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from amplitude_export.errors import (
    BucketRefused,
    CountsDiffer,
    FileMissing,
    UploadFailed,
    WarehouseRefused,
)

from local.s3_proxy import S3Proxy
from tests.archives import events
from tests.faults.matrix import BUCKET, FILES, KEPT, LANDED, Row, Stage

PREFIX = "python-import/2026-09-24/"
# The first file is not uploaded, and the receipts list the two others.
UNSENT = (*LANDED, "uploaded.jsonl")
FIRST = "_02_0.json"
DENIED = ("UploaderPolicy in include/aws/stack.yaml", "python-import/*")


@dataclass(frozen=True, kw_only=True)
class Refusal(Row):
    """A fault of the first file's requests, and the statuses of its PUTs (0: no response).

    Botocore's config allows two tries here.
    """

    name: str
    fields: dict[str, Any] = field(default_factory=dict)
    puts: tuple[int, ...]


def once(name: str, status: int) -> Refusal:
    """Expect that botocore's own second try succeeds."""
    return Refusal(name=name, puts=(status, 200), files=KEPT)


def for_good(name: str, status: int, *message: str, **fields: Any) -> Refusal:
    """Expect a failure after botocore's tries, and a retry by Airflow."""
    return Refusal(
        name=name,
        fields={"times": None} | fields,
        puts=(status, status),
        error=UploadFailed,
        message=(
            "1 of 3 files were not uploaded",
            FILES[0],
            "uploads only the missing files",
            *message,
        ),
        files=UNSENT,
    )


def at_once(name: str, status: int, *message: str, error: Any = BucketRefused) -> Refusal:
    return Refusal(
        name=name,
        fields={"times": None},
        puts=(status,),
        error=error,
        message=("1 of 3 files were not uploaded", *message),
        files=UNSENT,
    )


ROWS: dict[str, Refusal] = {
    "503 SlowDown": once("slow_down", 503),
    "503 SlowDown for good": for_good("slow_down", 503, "SlowDown"),
    "500 InternalError": once("internal_error", 500),
    "500 InternalError for good": for_good("internal_error", 500, "InternalError"),
    "RequestTimeout": once("request_timeout", 400),
    "RequestTimeout for good": for_good("request_timeout", 400, "RequestTimeout"),
    "reset mid-PUT": once("reset", 0),
    "reset mid-PUT for good": for_good("reset", 0, "was not written"),
    "lost answer of a PUT": once("lost", 0),
    "lost answers of a PUT": for_good("lost", 0, "was not written"),
    "stall": once("stall", 0),
    "AccessDenied": at_once("access_denied", 403, "s3:PutObject", "kms:GenerateDataKey", *DENIED),
    "AccessDenied for s3:PutObject": at_once(
        "put_denied", 403, "give the uploader s3:PutObject, which is missing", *DENIED
    ),
    "an explicit deny": at_once(
        "explicit_deny", 403, "explicit deny of s3:PutObject in the policy of the bucket", "Null"
    ),
    "an endpoint's policy": at_once("endpoint_denied", 403, "policy of the VPC endpoint"),
    "501": at_once("not_implemented", 501, "NotImplemented", "endpoint_url"),
    "407": at_once("proxy_login", 407, "The proxy between", "HTTP_PROXY", "aws_default"),
    "no GenerateDataKey": at_once("kms_denied", 403, "kms:GenerateDataKey", "KMS key"),
    "KMS key disabled": at_once("kms_disabled", 400, "KMS.DisabledException", "key is enabled"),
    "NoSuchBucket": at_once("no_such_bucket", 404, "Variable amplitude_bucket"),
    "body damaged on the way": at_once("bad_digest", 400, "BadDigest", error=UploadFailed),
}


@pytest.fixture(scope="module")
def proxied(s3_endpoint: str) -> Iterator[S3Proxy]:
    with S3Proxy(s3_endpoint) as proxy:
        yield proxy


@pytest.fixture
def proxy(
    stage: Stage, proxied: S3Proxy, s3: Any, bucket: Callable[[str], None]
) -> Iterator[S3Proxy]:
    """Start a proxy for the worker, with an empty prefix; the warehouse reads from S3 itself."""
    for entry in s3.list_objects_v2(Bucket=BUCKET, Prefix=PREFIX).get("Contents", []):
        s3.delete_object(Bucket=BUCKET, Key=entry["Key"])
    bucket(proxied.url)
    yield proxied
    proxied.recover()


def puts(proxy: S3Proxy, since: int, name: str = "") -> list[int]:
    """Return the statuses of the PUTs of the file."""
    return [r.status for r in proxy.requests[since:] if r.method == "PUT" and name in r.path]


def keys(s3: Any) -> list[str]:
    return [e["Key"] for e in s3.list_objects_v2(Bucket=BUCKET, Prefix=PREFIX)["Contents"]]


@pytest.mark.parametrize("fault", ROWS)
def test_a_refused_file_stays_and_is_retried_alone(
    stage: Stage, proxy: S3Proxy, s3: Any, fault: str
) -> None:
    """The message names it and the missing right; uploaded files are not sent again."""
    row = ROWS[fault]
    since = len(proxy.requests)
    proxy.fail(row.name, path_has=FIRST, **row.fields)
    error = stage.require(row)
    assert puts(proxy, since, FIRST) == list(row.puts)
    assert puts(proxy, since, "_14_") == [200, 200]
    proxy.recover()
    since = len(proxy.requests)
    stage.require_retry(error)
    # The file, and the manifest of the day that is loaded then.
    assert puts(proxy, since) == ([200, 200] if isinstance(error, UploadFailed) else [])
    if "upload" in stage.done:
        assert keys(s3) == [PREFIX + file for file in FILES]


def test_a_file_that_was_damaged_on_the_volume_is_not_sent_again(
    stage: Stage, proxy: S3Proxy
) -> None:
    """S3 refuses the body; the message advises to unpack again, which loads the day."""
    assert stage.run(until="decompress") is None
    (local_path,) = stage.day.volume.rglob(FILES[0])
    local_path.write_bytes(local_path.read_bytes().replace(b"{", b"[", 1))
    proxy.fail("bad_digest", path_has=FIRST)
    message = (FILES[0], "was changed after it was unpacked", "clear stage_window.decompress")
    stage.require(Row(error=FileMissing, message=message, files=UNSENT))
    stage.done.remove("decompress")
    assert stage.run() is None
    stage.require_loaded({2: 10, 14: 9})


@pytest.mark.parametrize("fault", ["wrong_region", "permanent_redirect"])
def test_a_wrong_region_names_the_right_one(stage: Stage, proxy: S3Proxy, fault: str) -> None:
    """The message counts every file; no body is sent."""
    proxy.fail(fault)
    message = ("3 of 3 files were not uploaded", "region_name", "which is eu-central-1")
    stage.require(Row(error=BucketRefused, message=message, files=LANDED))


def test_a_missing_bucket_is_named(stage: Stage, proxy: S3Proxy) -> None:
    """The message has S3's own text, and the Variable to correct."""
    stage.with_day(bucket="missing-bucket")
    message = ("NoSuchBucket", "missing-bucket", "Variable amplitude_bucket")
    stage.require(Row(error=BucketRefused, message=message, files=LANDED))


# Replacements of an uploaded object, made before the COPY reads it.
REPLACED = {
    "fewer rows": (events(9), ("10 exported, 9 copied", "19 events were exported, 18 copied")),
    "more rows": (events(11), ("10 exported, 11 copied",)),
    "no bytes": (b"", ("10 exported, 0 copied",)),
    "as many rows": (events(10), ("bytes in the bucket", "were uploaded")),
}


@pytest.mark.parametrize("case", REPLACED)
def test_an_object_that_was_replaced_is_not_loaded(
    stage: Stage, proxy: S3Proxy, s3: Any, case: str
) -> None:
    """The copy's own counts differ; following the message uploads the file again and loads it."""
    body, message = REPLACED[case]
    assert stage.run(until="upload") is None
    s3.put_object(Bucket=BUCKET, Key=PREFIX + FILES[0], Body=body)
    message = (*message, FILES[0], "clear stage_window.upload")
    stage.require(Row(error=CountsDiffer, message=message, files=LANDED))
    stage.done.remove("upload")
    assert stage.run() is None
    stage.require_loaded({2: 10, 14: 9})


def test_an_object_that_is_gone_is_sent_again_when_upload_is_cleared(
    stage: Stage, proxy: S3Proxy, s3: Any
) -> None:
    """The COPY names it, and loads nothing."""
    assert stage.run(until="upload") is None
    s3.delete_object(Bucket=BUCKET, Key=PREFIX + FILES[1])
    message = (FILES[1], "clear stage_window.upload")
    stage.require(Row(error=WarehouseRefused, message=message, files=LANDED))
    stage.done.remove("upload")
    assert stage.run() is None
    stage.require_loaded({2: 10, 14: 9})


def test_leftovers_of_a_longer_run_are_not_copied(stage: Stage, proxy: S3Proxy, s3: Any) -> None:
    """Only the files of the manifest are copied."""
    s3.put_object(Bucket=BUCKET, Key=f"{PREFIX}123456_2026-09-24_02_1.json", Body=events(5))
    s3.put_object(Bucket=BUCKET, Key=f"{PREFIX}123456_2026-09-24_07_0.json", Body=events(5))
    stage.require(Row(files=KEPT))
