"""The causes of denied requests, in AWS's own words, and the advice for each."""

from __future__ import annotations

import pytest
from amplitude_export.bucket.denials import Denial
from amplitude_export.bucket.errors import upload_error
from amplitude_export.doctor.aws import aws_errors
from amplitude_export.doctor.runner import Fault
from amplitude_export.errors import BucketRefused, DoNotRetry, StackRefused, UploadFailed
from amplitude_export.setup.stack import _stack_error
from botocore.exceptions import ClientError, ProxyConnectionError

WHO = "User: arn:aws:iam::123456789012:user/u is not authorized to perform: "
PUT = f'{WHO}s3:PutObject on resource: "arn:aws:s3:::b/python-import/x" '
KMS = f"{WHO}kms:GenerateDataKey on resource: arn:aws:kms:eu-central-1:123456789012:key/k "
GRANT = "give the uploader"
DENY = "remove or narrow the explicit deny of s3:PutObject in "
ALLOW = "allow s3:PutObject in "
HEADER = "x-amz-server-side-encryption"


def error_with(
    message: str, code: str = "AccessDenied", status: int = 403, operation: str = "PutObject"
) -> ClientError:
    details = {"Code": code, "Message": message}
    return ClientError(
        {"Error": details, "ResponseMetadata": {"HTTPStatusCode": status}}, operation
    )


# The end of AWS's message, and the beginning of the advice.
CAUSES = {
    "bucket denies": (
        "with an explicit deny in a resource-based policy",
        f"{DENY}the policy of the bucket: no grant",
    ),
    "organization denies": (
        "with an explicit deny in a service control policy",
        f"{DENY}a service control policy of the AWS organization",
    ),
    "organization denies, named": (
        "with an explicit deny in a service control policy: "
        "arn:aws:organizations::123456789012:policy/o-1/service_control_policy/p-1",
        f"{DENY}a service control policy of the AWS organization",
    ),
    "resource control": (
        "with an explicit deny in a resource control policy",
        f"{DENY}a resource control policy of the AWS organization",
    ),
    "boundary denies": (
        "with an explicit deny in a permissions boundary",
        f"{DENY}the permissions boundary of the identity of aws_default",
    ),
    "session denies": (
        "with an explicit deny in a session policy.",
        f"{DENY}the session policy of aws_default",
    ),
    "own policy denies": (
        "with an explicit deny in an identity-based policy",
        f"{DENY}the policies of the identity of the connection aws_default",
    ),
    "endpoint denies": (
        "with an explicit deny in a VPC endpoint policy",
        f"{DENY}the policy of the VPC endpoint",
    ),
    "endpoint does not allow": (
        "because no VPC endpoint policy allows the s3:PutObject action",
        f"{ALLOW}the policy of the VPC endpoint",
    ),
    "boundary does not allow": (
        "because no permissions boundary allows the s3:PutObject action",
        f"{ALLOW}the permissions boundary",
    ),
    "organization does not allow": (
        "because no service control policy allows the s3:PutObject action",
        f"{ALLOW}a service control policy",
    ),
    "session does not allow": (
        "because no session policy allows the s3:PutObject action",
        f"{ALLOW}the session policy of aws_default",
    ),
    "bucket does not allow": (
        "because no resource-based policy allows the s3:PutObject action",
        f"{ALLOW}the policy of the bucket, too",
    ),
}


@pytest.mark.parametrize("cause", CAUSES)
def test_a_deny_is_not_answered_by_a_grant(cause: str) -> None:
    """Task and doctor name the policy; an explicit deny can be about a missing header."""
    why, advice = CAUSES[cause]
    error = upload_error(error_with(PUT + why), "b", "python-import/x")
    assert type(error) is BucketRefused
    assert error.do.startswith(advice)
    assert GRANT not in error.do
    assert (HEADER in error.do) == ("explicit deny" in why)
    with pytest.raises(Fault) as fault, aws_errors():
        raise error_with(PUT + why)
    assert fault.value.do == error.do


MISSING = {
    "no policy allows": PUT + "because no identity-based policy allows the s3:PutObject action",
    "no cause": PUT,
}


@pytest.mark.parametrize("case", MISSING)
def test_a_missing_right_is_still_granted(case: str) -> None:
    """Nothing else helps there."""
    do = upload_error(error_with(MISSING[case]), "b", "python-import/x").do
    assert do.startswith(f"{GRANT} s3:PutObject, which is missing")


def test_a_denial_without_a_cause_names_the_rights_and_the_policies() -> None:
    """S3 tells callers of other accounts nothing."""
    do = upload_error(error_with("Access Denied"), "b", "python-import/x").do
    assert do.startswith(f"{GRANT} what PutObject needs")
    assert all(part in do for part in ("policy of the bucket", HEADER, "VPC endpoint"))


def test_the_cause_is_not_looked_for_in_names() -> None:
    """What stands before AWS's own words comes from the account's users."""
    named = PUT.replace("user/u", "user/with-an-explicit-deny-in-a-session-policy")
    why = "because no VPC endpoint policy allows the s3:PutObject action"
    assert Denial.of(named) == Denial("s3:PutObject")
    assert Denial.of(named + why) == Denial("s3:PutObject", "vpc endpoint policy")


@pytest.mark.parametrize(
    ("why", "do"),
    [
        ("with an explicit deny in a resource-based policy", "in the policy of the KMS key"),
        ("because no VPC endpoint policy allows the kms:GenerateDataKey action", "VPC endpoint"),
        ("because no identity-based policy allows the kms:GenerateDataKey action", "the uploader"),
        ("", "the bucket's KMS key is enabled"),
    ],
)
def test_the_key_is_denied_for_causes_of_its_own(why: str, do: str) -> None:
    """Its policy is another one than the bucket's."""
    error = upload_error(error_with(KMS + why), "b", "k")
    assert type(error) is BucketRefused
    assert do in error.do
    assert HEADER not in error.do


def test_the_set_up_names_the_cause() -> None:
    """An administrator can be denied by the organization, too."""
    who = f"{WHO}cloudformation:CreateChangeSet on resource: arn:aws:cloudformation:x "
    why = "with an explicit deny in a service control policy"
    error = _stack_error(error_with(who + why, operation="CreateChangeSet"))
    assert type(error) is StackRefused
    assert error.do.startswith("remove or narrow the explicit deny of cloudformation:CreateCh")
    assert "dry_run" in _stack_error(error_with(who, operation="CreateChangeSet")).do


@pytest.mark.parametrize("code", ["NotImplemented", "501", "SomethingNew"])
def test_what_is_not_implemented_does_not_pass(code: str) -> None:
    """Another endpoint is needed; other statuses of 500 and more pass."""
    error = upload_error(error_with("A header you provided", code, 501), "b", "k")
    assert isinstance(error, DoNotRetry)
    assert "endpoint_url" in error.do
    assert type(upload_error(error_with("", code, 500), "b", "k")) is UploadFailed
    with pytest.raises(Fault) as fault, aws_errors():
        raise error_with("A header you provided", code, 501)
    assert fault.value.do == error.do


def test_a_required_header_is_explained() -> None:
    """S3's own code for it."""
    do = upload_error(error_with("", "MissingSecurityHeader", 400), "b", "k").do
    assert "header" in do


PROXY = "http://***:***@proxy.example:3128"


def _tunnel(status: str) -> ProxyConnectionError:
    cause = OSError(f"Tunnel connection failed: {status}")
    return ProxyConnectionError(proxy_url=PROXY, error=cause)


def test_a_proxy_that_wants_a_login_is_named() -> None:
    """At once, in task and doctor; a proxy that is away for a moment passes."""
    error = upload_error(_tunnel("407 Proxy Authentication Required"), "b", "k")
    assert type(error) is BucketRefused
    assert all(part in error.what for part in ("proxy.example:3128", "407"))
    assert "HTTPS_PROXY" in error.do
    with pytest.raises(Fault) as fault, aws_errors():
        raise _tunnel("407 Proxy Authentication Required")
    assert (fault.value.what, fault.value.do) == (error.what, error.do)
    assert type(upload_error(_tunnel("503 Service Unavailable"), "b", "k")) is UploadFailed


def test_a_response_407_without_a_tunnel_is_a_proxys(monkeypatch: pytest.MonkeyPatch) -> None:
    """An endpoint without TLS is reached without a tunnel."""
    monkeypatch.setenv("http_proxy", "http://user:pass-word@proxy.example:3128")
    error = upload_error(error_with("", "407", 407), "b", "k")
    assert type(error) is BucketRefused
    assert all(part in str(error) for part in ("proxy.example:3128", "407", "HTTP_PROXY"))
    assert "pass-word" not in str(error)
