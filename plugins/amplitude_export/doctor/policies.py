"""Read AWS's policies: a single value can be written without its list, and a star means all."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

Statement = Mapping[str, Any]


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


def conditions(statement: Statement) -> Iterator[tuple[str, str, list[Any]]]:
    """Yield operator, key in small letters and values of each condition; all have to be met."""
    for operator, keys in statement.get("Condition", {}).items():
        for key, values in keys.items():
            yield operator, key.lower(), listed(values)


def refuses_plain_http(policy: str, bucket: str) -> bool:
    """Return True if the policy denies all requests without TLS, to the bucket and its objects."""
    refused = {
        # The partition of an ARN is not `aws` everywhere: `aws-cn` in China.
        resource.partition(":s3:::")[2]
        for statement in statements(json.loads(policy))
        if _refuses_plain_http(statement)
        for resource in listed(statement.get("Resource", []))
    }
    return {bucket, f"{bucket}/*"} <= refused


def _refuses_plain_http(statement: Statement) -> bool:
    (*conditioned,) = conditions(statement)
    return (
        statement["Effect"] == "Deny"
        and statement.get("Principal") in ("*", {"AWS": "*"}, {"AWS": ["*"]})
        and bool({"s3:*", "*"}.intersection(listed(statement.get("Action", []))))
        and conditioned in ([("Bool", "aws:securetransport", [no])] for no in ("false", False))
    )
