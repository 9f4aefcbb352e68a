"""The trust between the accounts and the rights of the reader role, checked from both sides."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from amplitude_export.doctor import probe
from amplitude_export.doctor.check import State

from local.aws import EXTERNAL_ID, SNOWFLAKE_USER_ARN
from tests.doctor.deployment import BUCKET, Deployment, failed

ROLE = "snowflake-amplitude-python"
INLINE = "read-landed-events"
OTHER = "arn:aws:iam::123456789012:user/administrator"
ADMINS = ("AIRFLOW_CONN_SNOWFLAKE_ADMIN", "AIRFLOW_CONN_AWS_ADMIN")


@contextmanager
def external_id(deployment: Deployment, value: str) -> Iterator[None]:
    """Give the integration this external id for the time of a test."""
    alter = "alter storage integration amplitude_s3 set storage_aws_external_id = '{}'"
    deployment.run(alter.format(value))
    try:
        yield
    finally:
        deployment.run(alter.format(EXTERNAL_ID))


@contextmanager
def trusted(deployment: Deployment, arn: Any, condition: dict[str, Any]) -> Iterator[None]:
    """Let the role trust this principal, or these, for the time of a test."""
    iam = deployment.aws("iam")
    before = iam.get_role(RoleName=ROLE)["Role"]["AssumeRolePolicyDocument"]
    statement = {"Effect": "Allow", "Principal": {"AWS": arn}, "Action": "sts:AssumeRole"}
    statement |= {"Condition": condition} if condition else {}
    document = {"Version": "2012-10-17", "Statement": [statement]}
    iam.update_assume_role_policy(RoleName=ROLE, PolicyDocument=json.dumps(document))
    try:
        yield
    finally:
        iam.update_assume_role_policy(RoleName=ROLE, PolicyDocument=json.dumps(before))


@contextmanager
def reading_without(deployment: Deployment, action: str) -> Iterator[None]:
    """Take this right from the reader role for the time of a test."""
    iam = deployment.aws("iam")
    before = iam.get_role_policy(RoleName=ROLE, PolicyName=INLINE)["PolicyDocument"]
    kept = [each for each in before["Statement"] if action not in each["Action"]]
    document = json.dumps({**before, "Statement": kept})
    iam.put_role_policy(RoleName=ROLE, PolicyName=INLINE, PolicyDocument=document)
    try:
        yield
    finally:
        iam.put_role_policy(RoleName=ROLE, PolicyName=INLINE, PolicyDocument=json.dumps(before))


def test_a_wrong_external_id_is_found_from_both_sides(deployment: Deployment) -> None:
    """Snowflake cannot list, and the role's trust policy requires another one."""
    with external_id(deployment, "amplitude-other"):
        checks = deployment.examine_snowflake()
    assert failed(checks) == ["snowflake.list", "trust"]
    for name in ("snowflake.list", "trust"):
        assert checks[name].do.startswith(
            f"the role {deployment.account.role_arn} has to trust {SNOWFLAKE_USER_ARN} under the "
            "external id amplitude-other"
        )
    assert checks["trust"].found.endswith(
        f"requires the external id {EXTERNAL_ID}, and the integration sends amplitude-other"
    )
    assert checks["snowflake.copy"].found == "skipped: it needs snowflake.list"


def test_without_administrators_only_the_listing_finds_it(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The loader cannot describe the integration; the advice names what to compare."""
    for name in ADMINS:
        monkeypatch.delenv(name)
    with external_id(deployment, "amplitude-other"):
        checks = deployment.examine_snowflake()
    assert failed(checks) == ["snowflake.list"]
    assert "external id" in checks["snowflake.list"].do
    assert checks["trust"].state is State.SKIPPED
    assert checks["trust"].found.startswith("skipped: no connection aws_admin")


SAME_ID = {"StringEquals": {"sts:ExternalId": EXTERNAL_ID}}
TRUSTS = {
    "another user": (
        OTHER,
        SAME_ID,
        ["snowflake.list", "trust"],
        f"trusts {OTHER}, and not Snowflake's user {SNOWFLAKE_USER_ARN}",
    ),
    "no external id": (
        SNOWFLAKE_USER_ARN,
        {},
        ["trust"],
        f"trusts {SNOWFLAKE_USER_ARN} without requiring an external id: every integration of "
        "your Snowflake account could use it",
    ),
    "everyone who knows the external id": (
        ["*", SNOWFLAKE_USER_ARN],
        SAME_ID,
        ["trust"],
        "also lets * assume it",
    ),
}


@pytest.mark.parametrize("case", TRUSTS)
def test_a_role_that_trusts_another_principal_is_found(deployment: Deployment, case: str) -> None:
    """A role that trusts too many is found as well, although every load works with it."""
    arn, condition, faults, found = TRUSTS[case]
    with trusted(deployment, arn, condition):
        checks = deployment.examine_snowflake()
    assert failed(checks) == faults
    assert checks["trust"].found.endswith(found)
    assert checks["trust"].do.startswith(f"the role {deployment.account.role_arn} has to trust")


def test_a_missing_role_is_named(deployment: Deployment) -> None:
    """The integration names a role that the account does not have."""
    alter = "alter storage integration amplitude_s3 set storage_aws_role_arn = '{}'"
    deployment.run(alter.format(deployment.account.role_arn + "-gone"))
    try:
        checks = deployment.examine_snowflake()
    finally:
        deployment.run(alter.format(deployment.account.role_arn))
    assert failed(checks) == ["snowflake.list", "trust"]
    assert checks["trust"].found.endswith("assumes is not in the account of aws_admin")


READING = {
    "s3:ListBucket": "snowflake.list",
    "s3:GetObject": "snowflake.copy",
    "kms:Decrypt": "snowflake.copy",
}


@pytest.mark.parametrize("action", READING)
def test_a_missing_right_of_the_reader_is_found(deployment: Deployment, action: str) -> None:
    """By the check that needs it; the trust itself passes."""
    with reading_without(deployment, action):
        checks = deployment.examine_snowflake()
    assert failed(checks) == [READING[action]]
    assert "allowed to list, read and decrypt" in checks[READING[action]].do


def test_an_object_that_snowflake_does_not_see_is_named(deployment: Deployment) -> None:
    """The stage points to a bucket of this name somewhere else."""
    deployment.aws("s3").delete_object(Bucket=BUCKET, Key=probe.KEY)
    try:
        checks = deployment.examine_snowflake()
    finally:
        deployment.put_probe()
    assert failed(checks) == ["snowflake.list"]
    assert checks["snowflake.list"].do.startswith("check that the stage's bucket is the one")
