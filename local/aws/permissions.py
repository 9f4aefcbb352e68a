"""IAM's decisions as AWS takes them: principals, conditions, and refusals that name the action.

moto still decides which policies a caller has, and whether action and resource match.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase
from typing import Any, NoReturn

from moto.core.exceptions import AccessDeniedError
from moto.iam.access_control import (
    IAMPolicy,
    IAMPolicyStatement,
    IAMRequestBase,
    IAMUserAccessKey,
    PermissionResult,
    S3IAMRequest,
)
from moto.iam.exceptions import NotFoundException
from moto.s3.exceptions import BucketAccessDeniedError

from local.aws.patch import replace

# Loopback counts as TLS: a policy that refuses plain HTTP is stored and has no effect here.
_ALWAYS = {"aws:SecureTransport": "true"}
_OPERATORS: dict[str, Callable[[str, str], bool]] = {
    "StringEquals": str.__eq__,
    "StringNotEquals": str.__ne__,
    "StringLike": fnmatchcase,
    "Bool": str.__eq__,
}
_IF_EXISTS = "IfExists"


def install() -> None:
    """Replace moto's evaluation."""
    replace(IAMPolicyStatement, is_action_permitted=_verdict)
    replace(IAMRequestBase, check_action_permitted=_check)
    replace(IAMUserAccessKey, arn=property(_user_arn))


def refusal(caller: Any, action: str, resource: str) -> str:
    """Return AWS's message when no policy of the caller allows the action."""
    return (
        f"User: {caller.arn} is not authorized to perform: {action} on resource: {resource} "
        f"because no identity-based policy allows the {action} action"
    )


def explicit_deny(caller: Any, action: str, resource: str) -> str:
    """Return AWS's message when the policy of a bucket denies the action."""
    return (
        f"User: {caller.arn} is not authorized to perform: {action} on resource: {resource} "
        "with an explicit deny in a resource-based policy"
    )


def allows(
    policies: list[Any],
    action: str,
    resource: str,
    principal: str | None = None,
    values: dict[str, str] | None = None,
) -> bool:
    """Return whether some policy allows the action and none denies it."""
    verdicts = [
        IAMPolicy(policy).is_action_permitted(action, resource, principal, values)
        for policy in policies
    ]
    return PermissionResult.PERMITTED in verdicts and PermissionResult.DENIED not in verdicts


def _check(request: IAMRequestBase, resource: str) -> None:
    if request._action == "sts:GetCallerIdentity":
        return
    values, caller = _values(request._data), request._access_key
    permitted = allows(caller.collect_policies(), request._action, resource, values=values)
    if request._action == "sts:AssumeRole":
        permitted = permitted and allows(
            _trusts(request, resource), request._action, resource, caller.arn, values
        )
    if not permitted:
        _refuse(request, resource)


def _trusts(request: IAMRequestBase, role_arn: str) -> list[Any]:
    """Return the role's trust policy; a role that does not exist trusts no identity."""
    try:
        return [request.backend.get_role_by_arn(role_arn).assume_role_policy_document]
    except NotFoundException:
        return []


def _refuse(request: IAMRequestBase, resource: str) -> NoReturn:
    if not isinstance(request, S3IAMRequest):
        raise AccessDeniedError(
            request._access_key.arn, f"{request._action} on resource: {resource}"
        )
    refused = BucketAccessDeniedError(request._data.get("BucketName", ""))
    refused.message = refusal(request._access_key, request._action, f'"{resource}"')
    raise refused


def _values(data: Mapping[str, Any]) -> dict[str, str]:
    """Return the condition keys of a request."""
    names = {"sts:ExternalId": "ExternalId", "s3:prefix": "prefix"}
    return {key: data[name][0] for key, name in names.items() if name in data}


def _verdict(
    statement: IAMPolicyStatement,
    action: str,
    resource: str = "*",
    principal: str | None = None,
    values: Mapping[str, str] | None = None,
) -> PermissionResult:
    document = statement._statement
    concerned = (
        _action_matches(statement, action)
        and _principal_matches(document.get("Principal"), principal)
        # A role's trust policy has no resource.
        and ("Resource" not in document or statement._check_element_matches("Resource", resource))
        and _conditions_hold(document.get("Condition", {}), {**_ALWAYS, **(values or {})})
    )
    if not concerned:
        return PermissionResult.NEUTRAL
    allow = document["Effect"] == "Allow"
    return PermissionResult.PERMITTED if allow else PermissionResult.DENIED


def _action_matches(statement: IAMPolicyStatement, action: str) -> bool:
    if "NotAction" in statement._statement:
        return not statement._check_element_matches("NotAction", action)
    return statement._check_element_matches("Action", action)


def _principal_matches(expected: Any, principal: str | None) -> bool:
    if expected is None or expected == "*":
        return True
    named = expected.get("AWS", [])
    named = [named] if isinstance(named, str) else named
    return "*" in named or principal in named


def _conditions_hold(conditions: Mapping[str, Any], values: Mapping[str, str]) -> bool:
    """Return whether all hold."""
    return all(
        _holds(operator, expected if isinstance(expected, list) else [expected], values.get(key))
        for operator, keys in conditions.items()
        for key, expected in keys.items()
    )


def _holds(operator: str, expected: list[str], value: str | None) -> bool:
    """Return whether the condition holds; `value` is None if the request lacks the key.

    Then a condition fails, but holds if it is negated or has IfExists, as in AWS. A new operator
    raises KeyError, which becomes a 500.
    """
    if operator == "Null":
        return expected == [str(value is None).lower()]
    compare, negated = _OPERATORS[operator.removesuffix(_IF_EXISTS)], "Not" in operator
    if value is None:
        return negated or operator.endswith(_IF_EXISTS)
    return (all if negated else any)(compare(value, each) for each in expected)


def _user_arn(key: IAMUserAccessKey) -> str:
    """Return the ARN with the user's path, which moto leaves out."""
    return key.backend.get_user(key._owner_user_name).arn
