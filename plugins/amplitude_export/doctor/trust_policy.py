"""Whom a role's trust policy lets in, beside the one user whom it is meant for.

How policies are evaluated: docs.aws.amazon.com, "Policy evaluation logic".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from amplitude_export.doctor.policies import Statement, conditions, is_about, principals, statements

_ASSUME = "sts:AssumeRole"
_EXTERNAL_ID = "sts:externalid"


def fault(policy: Mapping[str, Any], user: str, external_id: str) -> str:
    """What keeps the user from assuming the role, or lets in others; empty for nothing.

    An empty policy stands for a role that is not there.
    """
    if not policy:
        return "that the integration assumes is not in the account of aws_admin"
    about = [each for each in statements(policy) if is_about(each, _ASSUME)]
    allowed = dict(_allowed(about))
    others = ", ".join(sorted(name for name in allowed if name != user))
    asked = {each for name in allowed if _holds(name, user) for each in allowed[name]}
    if not asked:
        return f"trusts {others or 'nobody'}, and not Snowflake's user {user}"
    if others:
        return f"also lets {others} assume it"
    return _fault_of_id(about, user, asked, external_id)


def _fault_of_id(about: list[Statement], user: str, asked: set[str], external_id: str) -> str:
    if "" in asked:
        return (
            f"trusts {user} without asking for an external id: every integration of your Snowflake "
            "account could use it"
        )
    if external_id not in asked:
        wanted = " or ".join(sorted(asked))
        return f"asks for the external id {wanted}, and the integration sends {external_id}"
    if external_id in _denied_ids(about, user):
        return f"refuses the external id {external_id}"
    return ""


def _allowed(about: list[Statement]) -> Iterator[tuple[str, set[str]]]:
    """Each principal that may assume the role, with the external ids that it is asked for."""
    asked: dict[str, set[str]] = {}
    for statement in about:
        for name in principals(statement) if statement["Effect"] == "Allow" else ():
            asked.setdefault(name, set()).update(_ids(statement))
    denied = [
        name
        for statement in about
        if statement["Effect"] == "Deny" and not statement.get("Condition")
        for name in principals(statement)
    ]
    for name, ids in asked.items():
        if not any(_holds(each, name) for each in denied):
            yield name, ids


def _ids(statement: Statement) -> set[str]:
    """The external ids of which one has to be sent; an empty one if it may be any, or none."""
    for operator, key, values in conditions(statement):
        wild = operator == "StringLike" and any(set("*?") & set(value) for value in values)
        if key == _EXTERNAL_ID and operator in ("StringEquals", "StringLike") and not wild:
            return set(values)
    return {""}


def _denied_ids(about: list[Statement], user: str) -> set[str]:
    """The external ids with which a Deny keeps the user out."""
    return {
        value
        for statement in about
        if statement["Effect"] == "Deny"
        and any(_holds(name, user) for name in principals(statement))
        and list(statement.get("Condition", {})) == ["StringEquals"]
        for value in _ids(statement)
    }


def _holds(principal: str, name: str) -> bool:
    """Whether `name` is the principal, or belongs to it: everybody, or an account's own."""
    account = name.split(":")[4] if name.count(":") >= 5 else name
    own = (account, f"arn:{name.split(':')[1]}:iam::{account}:root") if ":" in name else ()
    return principal in ("*", name, *own)
