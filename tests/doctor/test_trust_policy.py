"""The principals that can assume a role, in every form in which a trust policy can be written."""

from __future__ import annotations

from typing import Any

import pytest
from amplitude_export.doctor.trust_policy import fault

USER = "arn:aws:iam::999999999999:user/snowflake"
OWN_ROOT = "arn:aws:iam::123456789012:root"
ID = "amplitude-id"
GOOD = {
    "Effect": "Allow",
    "Principal": {"AWS": USER},
    "Action": "sts:AssumeRole",
    "Condition": {"StringEquals": {"sts:ExternalId": ID}},
}


def changed(**changes: Any) -> dict[str, Any]:
    """Return Snowflake's statement with these parts changed; None removes one."""
    return {name: part for name, part in {**GOOD, **changes}.items() if part is not None}


def allow(principal: Any, **changes: Any) -> dict[str, Any]:
    return changed(Principal=principal, Condition=None, **changes)


def deny(principal: Any, **changes: Any) -> dict[str, Any]:
    return allow(principal, Effect="Deny", **changes)


NONE = f"trusts no one, and not Snowflake's user {USER}"
FAULTS: dict[str, tuple[Any, str]] = {
    "everyone": ([GOOD, allow({"AWS": "*"})], "also lets * assume it"),
    "everyone, as a string": ([GOOD, allow("*")], "also lets * assume it"),
    "everyone who knows the id": ([changed(Principal="*")], "also lets * assume it"),
    "an account": ([GOOD, allow({"AWS": OWN_ROOT})], f"also lets {OWN_ROOT} assume it"),
    "two more": (
        [changed(Principal={"AWS": [USER, OWN_ROOT, "111111111111"]})],
        f"also lets 111111111111, {OWN_ROOT} assume it",
    ),
    "a service": (
        [GOOD, allow({"Service": "ec2.amazonaws.com"})],
        "also lets ec2.amazonaws.com assume it",
    ),
    "any action of sts": ([GOOD, allow("*", Action="sts:*")], "also lets * assume it"),
    "any action": ([GOOD, allow("*", Action=["*"])], "also lets * assume it"),
    "all actions but another": (
        [GOOD, changed(Principal="*", Action=None, NotAction="sts:TagSession")],
        "also lets * assume it",
    ),
    "no one": ([deny({"AWS": "*"})], NONE),
    "everyone denied": ([GOOD, deny("*")], NONE),
    "the user denied": ([GOOD, deny({"AWS": [USER]}, Action="sts:*")], NONE),
    "the user's account denied": ([GOOD, deny({"AWS": "999999999999"})], NONE),
    "the id denied": (
        [GOOD, {**deny("*"), "Condition": GOOD["Condition"]}],
        f"denies the external id {ID}",
    ),
    "only the user denied": (
        [GOOD, deny({"AWS": USER}), allow({"AWS": OWN_ROOT})],
        f"trusts {OWN_ROOT}, and not Snowflake's user {USER}",
    ),
    "another action": ([changed(Action="sts:TagSession")], NONE),
    "another id": (
        [changed(Condition={"StringEquals": {"sts:ExternalId": ["b", "a"]}})],
        f"requires the external id a or b, and the integration sends {ID}",
    ),
    "no id": (
        changed(Condition=None),
        f"trusts {USER} without requiring an external id: every integration of your Snowflake "
        "account could use it",
    ),
    "any id": (
        changed(Condition={"StringLike": {"sts:ExternalId": "amplitude-*"}}),
        f"trusts {USER} without requiring an external id: every integration of your Snowflake "
        "account could use it",
    ),
    "no role": (None, "that the integration assumes is not in the account of aws_admin"),
}


@pytest.mark.parametrize("case", FAULTS)
def test_a_trust_that_is_too_wide_or_too_narrow_is_described(case: str) -> None:
    """With all principals that the policy admits beside Snowflake's user."""
    statements, found = FAULTS[case]
    policy = {"Statement": statements} if statements else {}
    assert fault(policy, USER, ID) == found


GOODS: dict[str, Any] = {
    "as the stack defines it": [GOOD],
    "a single object": GOOD,
    "lists of one": changed(Principal={"AWS": [USER]}, Action=["sts:AssumeRole"]),
    "another spelling": changed(
        Action="STS:assumerole", Condition={"StringEquals": {"STS:ExternalID": [ID]}}
    ),
    "any action": changed(Action="sts:*"),
    "others can do something else": [GOOD, allow("*", Action=["sts:TagSession"])],
    "others can do all but this": [
        GOOD,
        changed(Principal="*", Action=None, NotAction=["sts:Assume*"]),
    ],
    "something else is denied": [GOOD, deny("*", Action="sts:SetSourceIdentity")],
    "others are denied": [GOOD, allow({"AWS": OWN_ROOT}), deny({"AWS": OWN_ROOT})],
    "another id is denied": [
        GOOD,
        {**deny("*"), "Condition": {"StringNotEquals": {"sts:ExternalId": ID}}},
    ],
}


@pytest.mark.parametrize("case", GOODS)
def test_a_trust_in_only_that_user_passes_in_every_form(case: str) -> None:
    """AWS accepts one value for a list of one, and any case."""
    assert fault({"Statement": GOODS[case]}, USER, ID) == ""
