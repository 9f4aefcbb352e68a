"""The errors of S3 and KMS: which of them need a fix, and which a retry."""

from __future__ import annotations

import pytest
from amplitude_export.bucket.errors import upload_error
from amplitude_export.errors import BucketRefused, PipelineError, UploadFailed
from boto3.exceptions import S3UploadFailedError
from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    CredentialRetrievalError,
    EndpointConnectionError,
    NoCredentialsError,
    ParamValidationError,
    PartialCredentialsError,
    ReadTimeoutError,
    TokenRetrievalError,
)

KMS_DENIED = "User: u is not authorized to perform: kms:GenerateDataKey on resource: arn:aws:kms:k"
WRONG_REGION = "The authorization header is malformed; expecting 'eu-central-1'"


def refusal(
    code: str, message: str = "", status: int = 400, operation: str = "PutObject"
) -> ClientError:
    answer = {
        "Error": {"Code": code, "Message": message},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    return ClientError(answer, operation)


REFUSED = [
    ("AccessDenied", "Access Denied", 403, "s3:PutObject"),
    ("AccessDenied", KMS_DENIED, 403, "kms:GenerateDataKey"),
    ("NoSuchBucket", "", 404, "amplitude_bucket"),
    ("InvalidBucketName", "", 400, "amplitude_bucket"),
    ("PermanentRedirect", "", 301, "region_name"),
    ("301", "", 301, "region_name"),
    ("AuthorizationHeaderMalformed", WRONG_REGION, 400, "region_name"),
    ("IllegalLocationConstraintException", "", 400, "region_name"),
    ("InvalidAccessKeyId", "", 403, "aws_default"),
    ("SignatureDoesNotMatch", "", 403, "aws_default"),
    ("AllAccessDisabled", "", 403, "owner"),
    ("KMS.DisabledException", "arn is disabled", 400, "KMS key"),
    ("KMS.KMSInvalidStateException", "arn is pending deletion", 400, "KMS key"),
    ("KMS.NotFoundException", "", 400, "KMS key"),
    ("EntityTooLarge", "", 400, ""),
]


@pytest.mark.parametrize(
    ("code", "message", "status", "advice"), REFUSED, ids=[f"{r[0]} {r[1][:20]}" for r in REFUSED]
)
def test_an_error_that_no_retry_fixes_is_refused_with_advice(
    code: str, message: str, status: int, advice: str
) -> None:
    """The message has code, operation, bucket and S3's own message."""
    error = upload_error(refusal(code, message, status), "bucket", "python-import/k")
    assert not isinstance(error, UploadFailed)
    assert advice in error.do
    assert all(
        part in error.what for part in (code, "PutObject", "s3://bucket/python-import/k", message)
    )


@pytest.mark.parametrize("operation", ["PutObject", "CreateMultipartUpload", "UploadPart"])
def test_a_refusal_names_the_action_that_is_missing(operation: str) -> None:
    """A put and a multipart upload need different permissions."""
    assert operation in upload_error(refusal("AccessDenied", "", 403, operation), "b", "k").what


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("SlowDown", 503),
        ("BadDigest", 400),
        ("IncompleteBody", 400),
        ("KMS.ThrottlingException", 400),
        ("InternalError", 500),
        ("ServiceUnavailable", 503),
        ("RequestTimeout", 400),
        ("Throttling", 400),
        ("ExpiredToken", 400),
        ("OperationAborted", 409),
    ],
)
def test_a_transient_error_is_retried(code: str, status: int) -> None:
    """The message includes S3's own."""
    error = upload_error(refusal(code, "please wait", status), "b", "k")
    assert type(error) is UploadFailed
    assert "please wait" in error.what


TRANSIENT = [
    EndpointConnectionError(endpoint_url="https://s3"),
    ConnectTimeoutError(endpoint_url="https://s3"),
    ReadTimeoutError(endpoint_url="https://s3"),
]
MISSING = [
    NoCredentialsError(),
    PartialCredentialsError(provider="env", cred_var="secret"),
    TokenRetrievalError(provider="sso", error_msg="expired"),
    CredentialRetrievalError(provider="role", error_msg="denied"),
]
HOPELESS = [*MISSING, ParamValidationError(report="Invalid bucket name")]


@pytest.mark.parametrize(
    ("error", "expected"),
    [(error, UploadFailed) for error in TRANSIENT] + [(error, BucketRefused) for error in HOPELESS],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
@pytest.mark.parametrize("how", ["bare", "wrapped by boto3", "raised while another was handled"])
def test_an_error_before_s3_is_reached_has_the_same_class_however_it_is_raised(
    error: Exception, expected: type[PipelineError], how: str
) -> None:
    """Connection errors are retried, missing credentials are not."""
    assert type(upload_error(_raised(error, how), "b", "k")) is expected


@pytest.mark.parametrize("how", ["bare", "wrapped by boto3"])
def test_an_error_that_boto3_wraps_is_recognised(how: str) -> None:
    """`upload_file` raises its own error, whose cause is S3's."""
    error = upload_error(_raised(refusal("NoSuchBucket", "", 404), how), "b", "k")
    assert type(error) is BucketRefused


def _raised(error: Exception, how: str) -> Exception:
    try:
        if how == "wrapped by boto3":
            try:
                raise error
            except Exception as cause:
                raise S3UploadFailedError(f"Failed to upload: {cause}") from cause
        if how == "raised while another was handled":
            try:
                raise KeyError("x")
            except KeyError:
                raise error  # noqa: B904 - the context is what is tested
        raise error
    except Exception as caught:  # noqa: BLE001
        return caught
    finally:
        error.__context__ = error.__context__ if how.startswith("raised") else None
