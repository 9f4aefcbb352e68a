"""The KMS permissions that S3 checks for the caller when it encrypts; moto does not check them.

A call to KMS itself is checked for the key that it names.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html#mpuAndPermissions: starting
a multipart upload needs kms:GenerateDataKey as a put does, its parts and its end need kms:Decrypt.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.iam.access_control import IAMPolicy, PermissionResult, create_access_key
from moto.kms.models import KmsBackend, kms_backends
from moto.kms.responses import KmsResponse
from moto.s3.exceptions import S3ClientError
from moto.s3.responses import S3Response

from local.aws.patch import replace
from local.aws.permissions import allows, explicit_deny, refusal

_UNUSABLE = {
    "Disabled": ("KMS.DisabledException", "{} is disabled."),
    "PendingDeletion": ("KMS.KMSInvalidStateException", "{} is pending deletion."),
}
_authorize_for_s3 = S3Response._authenticate_and_authorize_s3_action


def install() -> None:
    """Check them right after moto has allowed the S3 action itself."""
    replace(S3Response, _authenticate_and_authorize_s3_action=_authorize)
    # moto checks a call to KMS itself for this resource, if the method exists, and for `*` if not.
    KmsResponse._determine_resource = _key_named  # type: ignore[attr-defined]
    for method in ("disable_key", "enable_key", "schedule_key_deletion", "cancel_key_deletion"):
        replace(KmsBackend, **{method: _by_arn(getattr(KmsBackend, method))})


def _key_named(response: KmsResponse) -> str:
    """Return the ARN of the key that the call names."""
    key = str(response._get_param("KeyId") or "*")
    if key == "*" or ":" in key or "/" in key:
        return key
    return f"arn:{response.partition}:kms:{response.region}:{response.current_account}:key/{key}"


def _by_arn(change: Callable[..., Any]) -> Callable[..., Any]:
    """Return the method for ARNs too, as in KMS; moto knows only ids here."""
    return lambda kms, key_id, *given: change(kms, kms.get_key_id(key_id), *given)


def _authorize(
    response: S3Response, bucket_name: str | None = None, key_name: str | None = None
) -> None:
    _authorize_for_s3(response, bucket_name=bucket_name, key_name=key_name)
    if not bucket_name or not key_name:
        return
    if response.data["Action"] == "PutObject":
        _require_encryption(response, bucket_name, key_name)
        encryption = response.backend.get_bucket(bucket_name).encryption or {}
        in_parts = "uploadId" in response.querystring
        _require(
            response, "kms:Decrypt" if in_parts else "kms:GenerateDataKey", _default(encryption)
        )
    elif response.data["Action"] == "GetObject" and response.method == "GET":
        stored = response.backend.get_object(bucket_name, key_name)
        _require(response, "kms:Decrypt", stored.kms_key_id if stored else None)


def _require_encryption(response: S3Response, bucket_name: str, key_name: str) -> None:
    """Raise S3's error if the bucket's policy denies the encryption that the request names.

    moto asks the policy without the request's headers.
    """
    bucket = response.backend.get_bucket(bucket_name)
    if bucket.policy is None:
        return
    values = {
        f"s3:{name.lower()}": value
        for name, value in response.headers.items()
        if name.lower().startswith("x-amz-server-side-encryption")
    }
    resource = f"arn:{response.partition}:s3:::{bucket_name}/{key_name}"
    verdict = IAMPolicy(bucket.policy.decode()).is_action_permitted(
        "s3:PutObject", resource, None, values
    )
    if verdict is PermissionResult.DENIED:
        message = explicit_deny(_caller(response), "s3:PutObject", f'"{resource}"')
        raise S3ClientError("AccessDenied", message)


def _default(encryption: dict[str, Any]) -> str | None:
    """Return the ARN of the key in the bucket's default encryption."""
    by_default = encryption.get("Rule", {}).get("ApplyServerSideEncryptionByDefault", {})
    arn: str | None = by_default.get("KMSMasterKeyID")
    return arn


def _require(response: S3Response, action: str, key_arn: str | None) -> None:
    """Raise S3's error when the caller is not allowed to use the key, or the key is unusable."""
    if key_arn is None:
        return
    caller = _caller(response)
    # S3 calls KMS for the caller.
    via = {"kms:ViaService": f"s3.{response.region}.amazonaws.com"}
    if not allows(caller.collect_policies(), action, key_arn, values=via):
        raise S3ClientError("AccessDenied", refusal(caller, action, key_arn))
    kms = kms_backends[response.current_account][response.region]
    state = kms.describe_key(key_arn).key_state
    if state in _UNUSABLE:
        code, message = _UNUSABLE[state]
        raise S3ClientError(code, message.format(key_arn))


def _caller(response: S3Response) -> Any:
    return create_access_key(
        response.current_account,
        response.partition,
        response.access_key,
        response.headers,
    )
