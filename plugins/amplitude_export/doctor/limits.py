"""Check that the uploader and the public have no rights that the pipeline does not need."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from amplitude_export.bucket.codes import code_of
from amplitude_export.doctor import probe
from amplitude_export.doctor.aws import aws_errors, is_refused
from amplitude_export.doctor.bucket import Uploader
from amplitude_export.doctor.runner import CheckRunner, Fault
from amplitude_export.workspace import PREFIX

# Neither object exists: S3 has to deny the first, and a delete of the second removes nothing.
ELSEWHERE = "amplitude-doctor-must-not-write-here"
NOTHING = f"{probe.FOLDER}nothing"
_NARROW = (
    f"narrow the uploader's policy to s3:PutObject and s3:AbortMultipartUpload on {PREFIX}* and "
    "the two actions on the key (include/aws/stack.yaml; the DAG amplitude_setup deploys it)."
)
_BLOCK = (
    "block public access of the bucket (all four settings), and remove what its policy grants to "
    "everyone; the DAG amplitude_setup does both."
)


def check_limits(runner: CheckRunner, uploader: Uploader) -> None:
    """Run `bucket.put_elsewhere`, `bucket.read` and `bucket.public`: S3 has to deny each."""
    for name, check in (
        ("bucket.put_elsewhere", _put_elsewhere),
        ("bucket.read", _read),
        ("bucket.public", _public),
    ):
        runner.run(name, lambda check=check: check(uploader), needs=["bucket.put"])  # type: ignore[misc]


def _put_elsewhere(uploader: Uploader) -> str:
    s3, bucket = uploader.clients.s3, uploader.bucket
    with aws_errors():
        if is_refused(lambda: s3.put_object(Bucket=bucket, Key=ELSEWHERE, Body=b"")):
            return f"a put outside {PREFIX} is denied"
    raise Fault(
        f"the uploader can write outside {PREFIX}; the object s3://{bucket}/{ELSEWHERE} remains",
        f"remove that object, and {_NARROW}",
    )


def _read(uploader: Uploader) -> str:
    s3, bucket = uploader.clients.s3, uploader.bucket
    allowed = _allowed(
        ("read", lambda: _get(s3, bucket)),
        ("list", lambda: s3.list_objects_v2(Bucket=bucket, Prefix=PREFIX, MaxKeys=1)),
        ("delete", lambda: s3.delete_object(Bucket=bucket, Key=NOTHING)),
    )
    if allowed:
        raise Fault(f"the uploader can also {' and '.join(allowed)} objects", _NARROW)
    return "the uploader can neither read, list nor delete objects"


def _public(uploader: Uploader) -> str:
    s3, bucket = uploader.clients.anonymous, uploader.bucket
    allowed = _allowed(
        ("read", lambda: _get_unsigned(s3, bucket)),
        ("list", lambda: s3.list_objects_v2(Bucket=bucket, Prefix=PREFIX, MaxKeys=1)),
    )
    if allowed:
        raise Fault(f"everyone can {' and '.join(allowed)} objects, without credentials", _BLOCK)
    return "without credentials, no object can be read or listed"


def _allowed(*attempts: tuple[str, Any]) -> list[str]:
    """Return the verbs of the attempts that S3 did not deny."""
    with aws_errors():
        return [verb for verb, attempt in attempts if not is_refused(attempt)]


def _get(s3: Any, bucket: str) -> None:
    s3.get_object(Bucket=bucket, Key=probe.KEY)["Body"].close()


def _get_unsigned(s3: Any, bucket: str) -> None:
    """Read without credentials; also returns if the policy allows it and only the KMS key denies.

    S3 then returns InvalidArgument, "Requests specifying Server Side Encryption with AWS KMS
    managed keys require AWS Signature Version 4."
    """
    try:
        _get(s3, bucket)
    except ClientError as error:
        if code_of(error) != "InvalidArgument" or "AWS KMS managed keys" not in str(error):
            raise
