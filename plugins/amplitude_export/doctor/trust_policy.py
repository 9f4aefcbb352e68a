"""Check that a role's trust policy admits one user and no one else.

Policies are evaluated as in docs.aws.amazon.com, "Policy evaluation logic".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from amplitude_export.doctor.policies import Statement, conditions, is_about, principals, statements

_ASSUME = "sts:AssumeRole"
_EXTERNAL_ID = "sts:externalid"


def fault(policy: Mapping[str, Any], user: str, external_id: str) -> str:
    """Return why the user cannot assume the role, or who else can; empty if all is right.

    An empty policy stands for a role that does not exist. The text continues "The role …".
    """
    if not policy:
        return "that the integration assumes is not in the account of aws_admin"
    about = [each for each in statements(policy) if is_about(each, _ASSUME)]
    allowed = dict(_allowed(about))
    others = ", ".join(sorted(name for name in allowed if name != user))
    required = {each for name in allowed if _includes(name, user) for each in allowed[name]}
    if not required:
        return f"trusts {others or 'no one'}, and not Snowflake's user {user}"
    if others:
        return f"also lets {others} assume it"
    return _fault_of_id(about, user, required, external_id)


def _fault_of_id(about: list[Statement], user: str, required: set[str], external_id: str) -> str:
    if "" in required:
        return (
            f"trusts {user} without requiring an external id: every integration of your Snowflake "
            "account could use it"
        )
    if external_id not in required:
        wanted = " or ".join(sorted(required))
        return f"requires the external id {wanted}, and the integration sends {external_id}"
    if external_id in _denied_ids(about, user):
        return f"denies the external id {external_id}"
    return ""


def _allowed(about: list[Statement]) -> Iterator[tuple[str, set[str]]]:
    """Yield each principal that can assume the role, with the external ids that it can send."""
    required: dict[str, set[str]] = {}
    for statement in about:
        for name in principals(statement) if statement["Effect"] == "Allow" else ():
            required.setdefault(name, set()).update(_ids(statement))
    denied = [
        name
        for statement in about
        if statement["Effect"] == "Deny" and not statement.get("Condition")
        for name in principals(statement)
    ]
    for name, ids in required.items():
        if not any(_includes(each, name) for each in denied):
            yield name, ids


def _ids(statement: Statement) -> set[str]:
    """Return the external ids of which one is required; an empty one if any or none will do."""
    for operator, key, values in conditions(statement):
        wild = operator == "StringLike" and any(set("*?") & set(value) for value in values)
        if key == _EXTERNAL_ID and operator in ("StringEquals", "StringLike") and not wild:
            return set(values)
    return {""}


def _denied_ids(about: list[Statement], user: str) -> set[str]:
    """Return the external ids with which a Deny keeps the user out."""
    return {
        value
        for statement in about
        if statement["Effect"] == "Deny"
        and any(_includes(name, user) for name in principals(statement))
        and list(statement.get("Condition", {})) == ["StringEquals"]
        for value in _ids(statement)
    }


def _includes(principal: str, name: str) -> bool:
    """Return True if the principal is `name`, its account or everyone."""
    account = name.split(":")[4] if name.count(":") >= 5 else name
    own = (account, f"arn:{name.split(':')[1]}:iam::{account}:root") if ":" in name else ()
    return principal in ("*", name, *own)
