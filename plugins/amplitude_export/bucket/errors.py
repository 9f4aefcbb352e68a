"""What S3's and KMS's refusals mean, in words that lead to the fix."""

from __future__ import annotations

import re
from typing import Any

from botocore.exceptions import (
    ClientError,
    CredentialRetrievalError,
    NoCredentialsError,
    ParamValidationError,
    PartialCredentialsError,
    TokenRetrievalError,
)

from amplitude_export.errors import BucketRefused, PipelineError, UploadFailed

_REGION = "set region_name in the extra of aws_default to the bucket's region"
_KEYS = "check login and password (the access key) of the connection aws_default."
_ADVICE = {
    "NoSuchBucket": "create the bucket, or correct the Airflow Variable amplitude_bucket.",
    "InvalidBucketName": "correct the Airflow Variable amplitude_bucket.",
    "301": f"{_REGION}.",
    "307": f"{_REGION}.",
    "PermanentRedirect": f"{_REGION}.",
    "IllegalLocationConstraintException": f"{_REGION}.",
    "AuthorizationHeaderMalformed": f"{_REGION}.",
    "InvalidAccessKeyId": _KEYS,
    "SignatureDoesNotMatch": _KEYS,
    "InvalidToken": _KEYS,
    "AllAccessDisabled": "the account or the bucket is locked; ask its owner.",
}
# What S3 takes when it is asked again.
_PASSING = {
    "BadDigest",
    "IncompleteBody",
    "KMS.InternalException",
    "KMS.ThrottlingException",
    "XAmzContentChecksumMismatch",
    "SlowDown",
    "InternalError",
    "ServiceUnavailable",
    "RequestTimeout",
    "RequestTimeTooSkewed",
    "OperationAborted",
    "ExpiredToken",
    "ThrottlingException",
    "Throttling",
    "NoSuchUpload",
}
_NO_CREDENTIALS = (
    CredentialRetrievalError,
    NoCredentialsError,
    PartialCredentialsError,
    TokenRetrievalError,
)
_SENDS_THE_REST = "nothing if it passes: the retry sends only what is missing."
_DENIED = (
    "give the uploader {action}: s3:PutObject and s3:AbortMultipartUpload on the bucket's "
    "python-import/*, kms:GenerateDataKey and kms:Decrypt on its key "
    "(UploaderPolicy in include/aws/stack.yaml)."
)
# What a call needs when the answer does not say what was missing: "Access Denied" is all that S3
# tells to callers of other accounts.
_ACTIONS = {"AbortMultipartUpload": "s3:AbortMultipartUpload"}
_PUT = "s3:PutObject or, where objects are encrypted, kms:GenerateDataKey"
_MISSING = re.compile(r"not authorized to perform: ([\w:*]+)")
_KMS = (
    "the bucket's KMS key has to be enabled, in the bucket's region, and to allow the uploader "
    "kms:GenerateDataKey and kms:Decrypt."
)


def upload_error(error: Exception, bucket: str, key: str) -> PipelineError:
    """The error that a failed put stands for. `error` may wrap the ClientError, as boto3's does."""
    for cause in (error, error.__context__):
        if isinstance(cause, ClientError):
            return _client_error(cause, bucket, key)
        if isinstance(cause, _NO_CREDENTIALS):
            return BucketRefused(f"There are no AWS credentials to write to s3://{bucket}.", _KEYS)
        if isinstance(cause, ParamValidationError):
            return BucketRefused(
                f"{bucket!r} is no name of a bucket.", _ADVICE["InvalidBucketName"]
            )
    return UploadFailed(f"s3://{bucket}/{key} was not written: {error}.", _SENDS_THE_REST)


def is_about_key(error: ClientError) -> bool:
    """Whether it is the KMS key that refuses, and not the bucket."""
    details = error.response.get("Error", {})
    code, message = details.get("Code", ""), details.get("Message", "")
    return code.startswith("KMS.") or (code == "AccessDenied" and "kms:" in message)


def _client_error(error: ClientError, bucket: str, key: str) -> PipelineError:
    details = error.response.get("Error", {})
    code, message = details.get("Code", ""), details.get("Message", "")
    said = f"S3 answered {code} to {error.operation_name} of s3://{bucket}/{key}: {message}"
    if code in _PASSING or _status(error) >= 500:
        return UploadFailed(said, _SENDS_THE_REST)
    if is_about_key(error):
        return BucketRefused(said, _KMS)
    if code in ("AccessDenied", "403"):
        return BucketRefused(said, _DENIED.format(action=_missing_action(error, message)))
    advice = _ADVICE.get(code, "the message says what S3 did not like.")
    if _REGION in advice and (region := _right_region(error)):
        advice = f"{_REGION}, which is {region}."
    return BucketRefused(said, advice)


def _missing_action(error: ClientError, message: str) -> str:
    if named := _MISSING.search(message):
        return f"{named[1]}, which is missing"
    return f"what {error.operation_name} needs, {_ACTIONS.get(error.operation_name, _PUT)}"


def _right_region(error: ClientError) -> str | None:
    """S3 names the bucket's region in the error or in a header."""
    headers = error.response.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    details: dict[str, Any] = {**error.response.get("Error", {})}
    return details.get("Region") or headers.get("x-amz-bucket-region")


def _status(error: ClientError) -> int:
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
