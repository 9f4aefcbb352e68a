"""Read AWS's policies: a single value can be written without its list, and a star means all."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import partial
from typing import Any

Statement = Mapping[str, Any]
# Operator, key in small letters, and values.
Condition = tuple[str, str, list[Any]]

_ENCRYPTION = "s3:x-amz-server-side-encryption"
_KEY = f"{_ENCRYPTION}-aws-kms-key-id"


def statements(policy: Mapping[str, Any]) -> list[Statement]:
    """Return the policy's statements; a single one can be written without its list."""
    return listed(policy.get("Statement", []))


def listed(value: Any) -> list[Any]:
    """Return the value as a list."""
    return value if isinstance(value, list) else [value]


def principals(statement: Statement) -> list[str]:
    """Return the statement's principals: ARNs, account numbers, services; `*` is everyone."""
    given = statement.get("Principal", {})
    kinds = {"AWS": given} if isinstance(given, str) else given
    return [name for names in kinds.values() for name in listed(names)]


def is_about(statement: Statement, action: str) -> bool:
    """Return True if the statement's actions include this one, in any case."""
    named = "NotAction" if "NotAction" in statement else "Action"
    patterns = [pattern.lower() for pattern in listed(statement.get(named, []))]
    found = any(fnmatchcase(action.lower(), pattern) for pattern in patterns)
    return found is (named == "Action")


def conditions(statement: Statement) -> Iterator[Condition]:
    """Yield operator, key in small letters and values of each condition; all have to be met."""
    for operator, keys in statement.get("Condition", {}).items():
        for key, values in keys.items():
            yield operator, key.lower(), listed(values)


def refuses_plain_http(policy: str, bucket: str) -> bool:
    """Return True if the policy denies all requests without TLS, to the bucket and its objects."""
    refused = _refused(policy, {"s3:*", "*"}, _is_plain)
    return {bucket, f"{bucket}/*"} <= refused


def refuses_other_keys(policy: str, bucket: str, key: str) -> bool:
    """Return True if the policy denies all uploads that name an encryption, but not this key's ARN.

    The negated operators hold as well for an upload that names an encryption without a key.
    """
    names_another = partial(_names_another, key)
    return f"{bucket}/*" in _refused(policy, {"s3:PutObject", "s3:*", "*"}, names_another)


def _refused(policy: str, actions: set[str], on: Callable[[Sequence[Condition]], bool]) -> set[str]:
    """Return the resources for which everyone is denied one of the actions on such conditions."""
    return {
        # The partition of an ARN is not `aws` everywhere: `aws-cn` in China.
        resource.partition(":s3:::")[2]
        for statement in statements(json.loads(policy))
        if statement["Effect"] == "Deny"
        and statement.get("Principal") in ("*", {"AWS": "*"}, {"AWS": ["*"]})
        and actions.intersection(listed(statement.get("Action", [])))
        and on([*conditions(statement)])
        for resource in listed(statement.get("Resource", []))
    }


def _is_plain(found: Sequence[Condition]) -> bool:
    return len(found) == 1 and _is_false(found[0], "Bool", "aws:securetransport")


def _names_another(key: str, found: Sequence[Condition]) -> bool:
    if len(found) != 2:
        return False
    named, (operator, name, keys) = sorted(found, key=lambda condition: condition[1])
    return (
        _is_false(named, "Null", _ENCRYPTION)
        and operator.removesuffix("IfExists") in ("StringNotEquals", "ArnNotEquals")
        and (name, keys) == (_KEY, [key])
    )


def _is_false(condition: Condition, operator: str, name: str) -> bool:
    return condition[:2] == (operator, name) and condition[2] in (["false"], [False])
