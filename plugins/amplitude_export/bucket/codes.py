"""AWS's error codes by what they mean: transient, denied, or a fault with advice.

One table for the uploads, the doctor and the set-up. A response of 500 or more is transient
whatever its code, except 501. What the uploads report about a denied request or the KMS key is in
`errors.py`, since it depends on the request. Codes of S3:
docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html; those that all services share:
docs.aws.amazon.com/awssupport/latest/user/common-errors.html. Why a request is denied is in
`denials.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

# A request without a body in its response (HEAD) has the bare status as its code.
DENIED = frozenset(
    {"AccessDenied", "AccessDeniedException", "403", "Forbidden", "UnauthorizedOperation"}
)
# Accepted when the request is sent again: an expired token is renewed before that. Where no renewal
# helps (the doctor, which does not retry), `_ADVICE` has what to do.
TRANSIENT = frozenset(
    {
        "BadDigest",
        "ExpiredToken",
        "IncompleteBody",
        "InternalError",
        "InternalFailure",
        "KMS.InternalException",
        "KMS.ThrottlingException",
        "NoSuchUpload",
        "OperationAborted",
        "OperationInProgressException",
        "RequestTimeTooSkewed",
        "RequestTimeout",
        "ServiceUnavailable",
        "SlowDown",
        "Throttling",
        "ThrottlingException",
        "XAmzContentChecksumMismatch",
    }
)
# The access key is unknown, or its secret is wrong.
LOGIN = frozenset(
    {
        "AuthFailure",
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "InvalidToken",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)
WRONG_REGION = frozenset(
    {
        "301",
        "307",
        "AuthorizationHeaderMalformed",
        "IllegalLocationConstraintException",
        "PermanentRedirect",
    }
)

NOT_IMPLEMENTED = 501

CHECK_KEYS = "check login and password (the access key) of the connection {connection}."
CHECK_BUCKET = "create the bucket (DAG amplitude_setup), or correct the Variable amplitude_bucket."
SET_CLOCK = "set this machine's clock (NTP): signatures contain the time."
_ENDPOINT = (
    "check endpoint_url in the extra of {connection}: it has to be AWS's, or that of a storage "
    "that knows checksums (CRC-32) and multipart uploads."
)
_SET_REGION = "set region_name in the extra of {connection} to the bucket's region"
_ADVICE = {
    **dict.fromkeys(LOGIN, CHECK_KEYS),
    **dict.fromkeys(WRONG_REGION, f"{_SET_REGION}."),
    "AllAccessDisabled": "the account or the bucket is locked; contact its owner.",
    "ExpiredToken": "renew the session token of the connection {connection}.",
    "InvalidBucketName": "correct the Variable amplitude_bucket.",
    "MissingSecurityHeader": "look for a proxy between the workers and AWS that removes headers.",
    "NoSuchBucket": CHECK_BUCKET,
    "RequestTimeTooSkewed": SET_CLOCK,
}


def code_of(error: ClientError) -> str:
    """Return AWS's name of the error."""
    return str(error.response.get("Error", {}).get("Code", ""))


def message_of(error: ClientError) -> str:
    """Return AWS's own text."""
    return str(error.response.get("Error", {}).get("Message", ""))


def is_denied(error: ClientError) -> bool:
    """Return True if the identity lacks the right."""
    return code_of(error) in DENIED


def is_transient(error: ClientError) -> bool:
    """Return True if the same request can succeed later."""
    if _status(error) == NOT_IMPLEMENTED:
        return False
    return code_of(error) in TRANSIENT or _status(error) >= 500


def is_about_clock(error: ClientError) -> bool:
    """Return True if STS refuses the time of a signature, for which it has no code of its own."""
    return "Signature expired" in str(error) or "not yet current" in str(error)


def _status(error: ClientError) -> int:
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def advice(error: ClientError, connection: str) -> str:
    """Return what to do about the error; `connection` is the one whose credentials were used."""
    code = code_of(error)
    text = _ADVICE.get(code, "see AWS's message.")
    if _status(error) == NOT_IMPLEMENTED:
        text = _ENDPOINT
    if code in WRONG_REGION and (region := _right_region(error)):
        text = f"{_SET_REGION}, which is {region}."
    return text.format(connection=connection)


def _right_region(error: ClientError) -> str | None:
    """S3 names the bucket's region in the error or in a header."""
    headers = error.response.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    # S3 adds the member Region, which the stubs of botocore do not know.
    details: Mapping[str, Any] = error.response.get("Error", {})
    return details.get("Region") or headers.get("x-amz-bucket-region")
