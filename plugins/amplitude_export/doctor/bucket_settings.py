"""Check the settings of the bucket and its key, if there is a connection aws_admin to read them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from amplitude_export.bucket.codes import is_denied
from amplitude_export.deployment import Deployment, bucket_maker
from amplitude_export.doctor.aws import aws_errors
from amplitude_export.doctor.policies import refuses_other_keys, refuses_plain_http
from amplitude_export.doctor.runner import CheckRunner, Fault, Skipped
from amplitude_export.settings import AWS_ADMIN, BUCKET, DEPLOYMENT
from amplitude_export.workspace import PREFIX

# Provisional hours, and the days after which the stack lets them expire.
_HOURLY, _HOURLY_DAYS = f"{PREFIX}hourly/", 3

_WITHOUT = "no connection aws_admin; the other checks bucket.* test the effects of the settings"
_STACK = "run the DAG amplitude_setup: the stack of include/aws/stack.yaml sets all of them."


@dataclass(frozen=True)
class Admin:
    """boto3's clients with the credentials of aws_admin."""

    s3: Any
    kms: Any
    iam: Any


def check_settings(
    runner: CheckRunner,
    connect: Callable[[], Admin] | None,
    bucket: str,
    named: Callable[[], Deployment],
) -> None:
    """Run `bucket.settings`; `connect` is None if there is no connection aws_admin.

    `named` returns the deployment, or raises BadSetting.
    """
    runner.run(
        "bucket.settings", lambda: _settings(connect, bucket, named), needs=["bucket.region"]
    )


def _settings(
    connect: Callable[[], Admin] | None, bucket: str, named: Callable[[], Deployment]
) -> str:
    if connect is None:
        raise Skipped(_WITHOUT)
    own = named()
    with aws_errors(AWS_ADMIN):
        admin = connect()
        _require_own(admin.s3, bucket, own)
        wrong = [*_bucket_faults(admin.s3, bucket), *_key_faults(admin, bucket, own.key_alias)]
    if wrong:
        raise Fault(f"s3://{bucket}: {'; '.join(wrong)}", _STACK)
    return (
        "public access blocked, ACLs off, TLS only, only the stack's key encrypts, objects expire"
    )


def _require_own(s3: Any, bucket: str, own: Deployment) -> None:
    tags = _read(s3.get_bucket_tagging, Bucket=bucket).get("TagSet", [])
    if (maker := bucket_maker(tags)) != own.name:
        raise Fault(
            f"s3://{bucket} belongs to the deployment {maker}, and this is {own.name}",
            f"correct the Variable {BUCKET} or {DEPLOYMENT}.",
        )


def _bucket_faults(s3: Any, bucket: str) -> Iterator[str]:
    where = {"Bucket": bucket}
    block = _read(s3.get_public_access_block, **where).get("PublicAccessBlockConfiguration", {})
    names = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
    if off := [name for name in names if not block.get(name)]:
        yield f"public access is not blocked ({', '.join(off)})"
    controls = _read(s3.get_bucket_ownership_controls, **where).get("OwnershipControls", {})
    owners = {rule["ObjectOwnership"] for rule in controls.get("Rules", [])}
    if owners != {"BucketOwnerEnforced"}:
        yield "ACLs are on (ownership is not BucketOwnerEnforced)"
    policy = _read(s3.get_bucket_policy, **where).get("Policy", "{}")
    if not refuses_plain_http(policy, bucket):
        yield "no policy refuses requests without TLS"
    rules = _read(s3.get_bucket_lifecycle_configuration, **where).get("Rules", [])
    effective = [rule for rule in rules if rule["Status"] == "Enabled" and covers(rule)]
    if not any("AbortIncompleteMultipartUpload" in rule for rule in effective):
        yield "unfinished multipart uploads are never removed"
    # An Expiration can also be about delete markers only.
    if not any({"Days", "Date"} & set(rule.get("Expiration", {})) for rule in effective):
        yield f"objects below {PREFIX} never expire"
    enabled = [rule for rule in rules if rule["Status"] == "Enabled" and covers(rule, _HOURLY)]
    if not any(rule.get("Expiration", {}).get("Days", 99) <= _HOURLY_DAYS for rule in enabled):
        yield f"objects below {_HOURLY} stay for more than {_HOURLY_DAYS} days"


def covers(rule: dict[str, Any], prefix: str = PREFIX) -> bool:
    """Return True if the lifecycle rule covers every object that lands below the prefix."""
    # A rule can have its prefix without a filter: the older syntax.
    scope = rule.get("Filter") or {"Prefix": rule.get("Prefix", "")}
    scope = scope.get("And", scope)
    return set(scope) <= {"Prefix"} and prefix.startswith(scope.get("Prefix", ""))


def _key_faults(admin: Admin, bucket: str, alias: str) -> Iterator[str]:
    found = _read(admin.s3.get_bucket_encryption, Bucket=bucket)
    rules = found.get("ServerSideEncryptionConfiguration", {}).get("Rules", [])
    rule = rules[0] if rules else {}
    default = rule.get("ApplyServerSideEncryptionByDefault", {})
    key = default.get("KMSMasterKeyID")
    if default.get("SSEAlgorithm") != "aws:kms" or not key:
        yield "objects are not encrypted with the stack's KMS key"
        return
    if not rule.get("BucketKeyEnabled"):
        yield "the bucket key is off"
    used = admin.kms.describe_key(KeyId=key)["KeyMetadata"]
    own = admin.kms.describe_key(KeyId=alias)["KeyMetadata"]["Arn"]
    if used["Arn"] != own:
        yield f"objects are encrypted with another key than {alias}"
    policy = _read(admin.s3.get_bucket_policy, Bucket=bucket).get("Policy", "{}")
    if not refuses_other_keys(policy, bucket, own):
        yield "no policy refuses uploads that name another key"
    if used["KeyState"] != "Enabled":
        yield f"the key is {used['KeyState']}"
    elif not admin.kms.get_key_rotation_status(KeyId=used["Arn"])["KeyRotationEnabled"]:
        yield "the key is not rotated"


def _read(call: Callable[..., dict[str, Any]], **where: str) -> dict[str, Any]:
    """Return the response; empty if nothing is set, for which S3 returns 404."""
    try:
        return call(**where)
    except ClientError as error:
        if is_denied(error) or error.response["ResponseMetadata"]["HTTPStatusCode"] != 404:
            raise
        return {}
