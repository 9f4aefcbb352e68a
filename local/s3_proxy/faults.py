"""The faults that can strike a request; misbehaviour.py implements their kinds.

Codes and texts are S3's own: docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from local.faults import BaseFault
from local.s3_proxy.request import Request

REGION = "eu-central-1"
KMS_KEY = f"arn:aws:kms:{REGION}:123456789012:key/11111111-2222-3333-4444-555555555555"
_DENIED = (
    "User: arn:aws:iam::123456789012:user/uploader is not authorized to perform: {action} on "
    "resource: {resource} "
)
_NOT_ALLOWED = "because no identity-based policy allows the {action} action"
_REDIRECT = (
    "The bucket you are attempting to access must be addressed using the specified endpoint. "
    "Please send all future requests to this endpoint."
)
_WRONG_REGION = (
    f"The authorization header is malformed; the region 'us-east-1' is wrong; expecting '{REGION}'"
)
_TIMEOUT = (
    "Your socket connection to the server was not read from or written to within the timeout "
    "period. Idle connections will be closed."
)


@dataclass(frozen=True, kw_only=True)
class Fault(BaseFault):
    """A kind of misbehaviour, the requests it applies to, and its extent."""

    kind: str = "status"
    # It applies to requests of this method ("": any) with this in their path and in their query.
    method: str = ""
    path_has: str = ""
    query_has: str = ""
    # The response of the kind "status". "{resource}" in the message is the requested ARN; the
    # details become elements of the XML beside Code and Message.
    status: int = 500
    code: str = "InternalError"
    message: str = "We encountered an internal error. Please try again."
    details: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    # Bytes of the request's body that are read before a reset.
    after: int = 1000
    # Seconds of silence (stall).
    seconds: float = 60

    def matches(self, request: Request) -> bool:
        """Return whether the fault applies to this request, whatever its times and rate."""
        return (
            self.method in ("", request.method)
            and self.path_has in request.path
            and self.query_has in request.query
        )


def _denied(action: str, resource: str, why: str = _NOT_ALLOWED) -> Fault:
    message = (_DENIED + why).replace("{action}", action).replace("{resource}", resource)
    return Fault(status=403, code="AccessDenied", message=message)


FAULTS = {
    "status": Fault(),
    "slow_down": Fault(status=503, code="SlowDown", message="Please reduce your request rate."),
    "internal_error": Fault(),
    "request_timeout": Fault(status=400, code="RequestTimeout", message=_TIMEOUT),
    "access_denied": Fault(status=403, code="AccessDenied", message="Access Denied"),
    "put_denied": _denied("s3:PutObject", '"{resource}"'),
    "kms_denied": _denied("kms:GenerateDataKey", KMS_KEY),
    "explicit_deny": _denied(
        "s3:PutObject", '"{resource}"', "with an explicit deny in a resource-based policy"
    ),
    "endpoint_denied": _denied(
        "s3:PutObject", '"{resource}"', "because no VPC endpoint policy allows the {action} action"
    ),
    "not_implemented": Fault(
        status=501,
        code="NotImplemented",
        message="A header you provided implies functionality that is not implemented",
    ),
    "proxy_login": Fault(status=407, code="407", message="Proxy Authentication Required"),
    "kms_disabled": Fault(
        status=400, code="KMS.DisabledException", message=f"{KMS_KEY} is disabled."
    ),
    "no_such_bucket": Fault(
        status=404, code="NoSuchBucket", message="The specified bucket does not exist"
    ),
    # botocore repeats the request in the region of the response, so one alone is never seen.
    "permanent_redirect": Fault(
        times=None,
        status=301,
        code="PermanentRedirect",
        message=_REDIRECT,
        details={"Region": REGION, "Endpoint": f"s3.{REGION}.amazonaws.com"},
        headers={"x-amz-bucket-region": REGION},
    ),
    "wrong_region": Fault(
        times=None,
        status=400,
        code="AuthorizationHeaderMalformed",
        message=_WRONG_REGION,
        details={"Region": REGION},
    ),
    "bad_digest": Fault(
        status=400,
        code="BadDigest",
        message="The CRC32 you specified did not match the calculated checksum.",
    ),
    "reset": Fault(kind="reset"),
    "lost": Fault(kind="lost"),
    "stall": Fault(kind="stall"),
}
