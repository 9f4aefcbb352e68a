"""What S3's and KMS's refusals mean, in words that lead to the fix."""

from __future__ import annotations

from botocore.exceptions import (
    ClientError,
    NoCredentialsError,
    PartialCredentialsError,
    TokenRetrievalError,
)

from amplitude_export.errors import BucketRefused, PipelineError, UploadFailed

_KEYS = "check login and password (the access key) of the connection aws_default."
_ADVICE = {
    "NoSuchBucket": "create the bucket, or correct the Airflow Variable amplitude_bucket.",
    "InvalidBucketName": "correct the Airflow Variable amplitude_bucket.",
    "PermanentRedirect": "set region_name in the extra of aws_default to the bucket's region.",
    "AuthorizationHeaderMalformed": "set region_name in the extra of aws_default to the bucket's "
    "region, which the message names.",
    "InvalidAccessKeyId": _KEYS,
    "SignatureDoesNotMatch": _KEYS,
    "InvalidToken": _KEYS,
    "AllAccessDisabled": "the account or the bucket is locked; ask its owner.",
}
_DENIED = (
    "the uploader needs s3:PutObject and s3:AbortMultipartUpload on the bucket's python-import/*, "
    "and kms:GenerateDataKey and kms:Decrypt on its key (include/aws/uploader-policy.json)."
)
_KMS = (
    "the bucket's KMS key has to be enabled, in the bucket's region, and to allow the uploader "
    "kms:GenerateDataKey and kms:Decrypt."
)


def upload_error(error: Exception, bucket: str, key: str) -> PipelineError:
    """The error that a failed put stands for. `error` may wrap the ClientError, as boto3's does."""
    cause = error if isinstance(error, ClientError) else error.__context__
    if isinstance(cause, ClientError):
        return _client_error(cause, bucket, key)
    if isinstance(
        cause or error, NoCredentialsError | PartialCredentialsError | TokenRetrievalError
    ):
        return BucketRefused(f"There are no AWS credentials to write to s3://{bucket}.", _KEYS)
    return UploadFailed(
        f"s3://{bucket}/{key} was not written: {error}.",
        "nothing if it passes: the retry sends only what is missing.",
    )


def _client_error(error: ClientError, bucket: str, key: str) -> PipelineError:
    details = error.response.get("Error", {})
    code, message = details.get("Code", ""), details.get("Message", "")
    said = f"S3 answered {code} to {error.operation_name} of s3://{bucket}/{key}: {message}"
    if code.startswith("KMS.") or (code == "AccessDenied" and "kms:" in message):
        return BucketRefused(said, _KMS)
    if code in ("AccessDenied", "403"):
        return BucketRefused(said, _DENIED)
    if code in ("301", "307"):
        return BucketRefused(said, _ADVICE["PermanentRedirect"])
    if code in _ADVICE:
        return BucketRefused(said, _ADVICE[code])
    return UploadFailed(said, "nothing if it passes: the retry sends only what is missing.")
