"""Turn the errors of a put into pipeline errors with advice."""

from __future__ import annotations

from botocore.exceptions import (
    ClientError,
    CredentialRetrievalError,
    NoCredentialsError,
    ParamValidationError,
    PartialCredentialsError,
    TokenRetrievalError,
)

from amplitude_export.bucket.codes import (
    CHECK_KEYS,
    advice,
    code_of,
    is_denied,
    is_transient,
    message_of,
)
from amplitude_export.bucket.connection import setting_error
from amplitude_export.bucket.denials import Denial
from amplitude_export.bucket.proxies import LOG_IN, refusal
from amplitude_export.errors import BucketRefused, PipelineError, UploadFailed
from amplitude_export.settings import AWS

_NO_CREDENTIALS = (
    CredentialRetrievalError,
    NoCredentialsError,
    PartialCredentialsError,
    TokenRetrievalError,
)
_RETRY_SENDS_THE_REST = (
    "the retry uploads only the missing files. If this was the last attempt, check the route to "
    "S3, this machine's clock and the session token of aws_default, then clear the task."
)
_DENIED = (
    "give the uploader {action}: s3:PutObject and s3:AbortMultipartUpload on the bucket's "
    "python-import/*, kms:GenerateDataKey and kms:Decrypt on its key "
    "(UploaderPolicy in include/aws/stack.yaml)."
)
_UNNAMED = (
    " If it has them, another policy denies the request, which S3 does not name: the policy of the "
    "bucket (which can want a header such as x-amz-server-side-encryption; uploads send none), of "
    "a VPC endpoint, or of the AWS organization."
)
# The rights that a call needs, for errors that do not name the missing one: callers of other
# accounts get nothing but "Access Denied" from S3.
_ACTIONS = {"AbortMultipartUpload": "s3:AbortMultipartUpload"}
_PUT = "s3:PutObject or, where objects are encrypted, kms:GenerateDataKey"
_KMS = (
    "check that the bucket's KMS key is enabled, is in the bucket's region, and allows the "
    "uploader kms:GenerateDataKey and kms:Decrypt."
)


def upload_error(error: Exception, bucket: str, key: str) -> PipelineError:
    """Return the pipeline's error for a failed put.

    `error` can be botocore's own, or boto3's S3UploadFailedError, which wraps it.
    """
    # boto3 raises its own error while it handles botocore's and does not name it as the cause.
    for cause in (error, error.__context__):
        # Credentials are renewed, and hosts are looked up, during an upload.
        if cause and (fault := refusal_error(cause) or setting_error(cause, AWS)):
            return fault
        if isinstance(cause, ClientError) and cause.operation_name.startswith("AssumeRole"):
            return opening_error(cause)
        if isinstance(cause, ClientError):
            return _client_error(cause, bucket, key)
        if isinstance(cause, _NO_CREDENTIALS):
            return BucketRefused(
                f"There are no AWS credentials to write to s3://{bucket}.",
                CHECK_KEYS.format(connection=AWS),
            )
        if isinstance(cause, ParamValidationError):
            return BucketRefused(
                f"{bucket!r} is not a valid bucket name.", "correct the Variable amplitude_bucket."
            )
    return UploadFailed(f"s3://{bucket}/{key} was not written: {error}.", _RETRY_SENDS_THE_REST)


def opening_error(error: Exception) -> PipelineError:
    """Return the pipeline's error for credentials that AWS does not give now."""
    if fault := refusal_error(error):
        return fault
    if isinstance(error, _NO_CREDENTIALS):
        return BucketRefused(
            f"There are no AWS credentials: {error}.", CHECK_KEYS.format(connection=AWS)
        )
    return UploadFailed(
        f"The connection {AWS} got no credentials: {error}.",
        "no action needed; if it persists, check that the workers reach AWS, and their clock.",
    )


def refusal_error(error: BaseException) -> BucketRefused | None:
    """Return the error for a proxy that wants a login, None for any other error."""
    refused = refusal(error)
    return BucketRefused(refused, LOG_IN.format(connection=AWS)) if refused else None


def is_about_key(error: ClientError) -> bool:
    """Return True if the KMS key refuses, and not the bucket."""
    code = code_of(error)
    return code.startswith("KMS.") or (code == "AccessDenied" and "kms:" in message_of(error))


def _client_error(error: ClientError, bucket: str, key: str) -> PipelineError:
    code, message = code_of(error), message_of(error)
    what = f"S3 returned {code} for {error.operation_name} of s3://{bucket}/{key}: {message}"
    if is_transient(error):
        return UploadFailed(what, _RETRY_SENDS_THE_REST)
    if is_denied(error):
        return BucketRefused(what, _advice_on_denial(error))
    return BucketRefused(what, _KMS if is_about_key(error) else advice(error, AWS))


def _advice_on_denial(error: ClientError) -> str:
    denial = Denial.of(message_of(error))
    if by_cause := denial.advice(AWS):
        return by_cause
    if is_about_key(error):
        return _KMS
    if denial.action:
        return _DENIED.format(action=f"{denial.action}, which is missing")
    rights = _ACTIONS.get(error.operation_name, _PUT)
    return _DENIED.format(action=f"what {error.operation_name} needs, {rights}") + _UNNAMED
