"""The trust between the accounts, and what the reader role may do: found from both sides."""

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
    """The integration sends this one."""
    alter = "alter storage integration amplitude_s3 set storage_aws_external_id = '{}'"
    deployment.run(alter.format(value))
    try:
        yield
    finally:
        deployment.run(alter.format(EXTERNAL_ID))


@contextmanager
def trusted(deployment: Deployment, arn: Any, condition: dict[str, Any]) -> Iterator[None]:
    """The role trusts this principal, or these."""
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
    """The reader role may do all but this."""
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
    """Snowflake cannot list, and the role's trust policy asks for another one."""
    with external_id(deployment, "amplitude-other"):
        checks = deployment.look_at_snowflake()
    assert failed(checks) == ["snowflake.list", "trust"]
    for name in ("snowflake.list", "trust"):
        assert checks[name].do.startswith(
            f"the role {deployment.account.role_arn} has to trust {SNOWFLAKE_USER_ARN} under the "
            "external id amplitude-other"
        )
    assert checks["trust"].found.endswith(
        f"asks for the external id {EXTERNAL_ID}, and the integration sends amplitude-other"
    )
    assert checks["snowflake.copy"].found == "not looked at: it needs snowflake.list"


def test_without_administrators_the_list_alone_finds_it(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The loader may not describe the integration; the advice says where to look."""
    for name in ADMINS:
        monkeypatch.delenv(name)
    with external_id(deployment, "amplitude-other"):
        checks = deployment.look_at_snowflake()
    assert failed(checks) == ["snowflake.list"]
    assert "external id" in checks["snowflake.list"].do
    assert checks["trust"].state is State.SKIPPED
    assert checks["trust"].found.startswith("not looked at: no connection aws_admin")


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
        f"trusts {SNOWFLAKE_USER_ARN} without asking for an external id: every integration of "
        "your Snowflake account could use it",
    ),
    "everybody who knows the external id": (
        ["*", SNOWFLAKE_USER_ARN],
        SAME_ID,
        ["trust"],
        "also lets * assume it",
    ),
}


@pytest.mark.parametrize("case", TRUSTS)
def test_a_role_that_trusts_somebody_else_is_found(deployment: Deployment, case: str) -> None:
    """Also one that trusts too much, which works as long as nobody abuses it."""
    arn, condition, faults, found = TRUSTS[case]
    with trusted(deployment, arn, condition):
        checks = deployment.look_at_snowflake()
    assert failed(checks) == faults
    assert checks["trust"].found.endswith(found)
    assert checks["trust"].do.startswith(f"the role {deployment.account.role_arn} has to trust")


def test_a_role_that_is_not_there_is_named(deployment: Deployment) -> None:
    """The integration names it, and AWS does not know it."""
    alter = "alter storage integration amplitude_s3 set storage_aws_role_arn = '{}'"
    deployment.run(alter.format(deployment.account.role_arn + "-gone"))
    try:
        checks = deployment.look_at_snowflake()
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
def test_a_reader_that_may_not_read_is_found(deployment: Deployment, action: str) -> None:
    """By the check that needs it; the trust itself is good."""
    with reading_without(deployment, action):
        checks = deployment.look_at_snowflake()
    assert failed(checks) == [READING[action]]
    assert "allowed to list, read and decrypt" in checks[READING[action]].do


def test_an_object_that_snowflake_does_not_see_is_named(deployment: Deployment) -> None:
    """The stage leads to a bucket of this name somewhere else."""
    deployment.aws("s3").delete_object(Bucket=BUCKET, Key=probe.KEY)
    try:
        checks = deployment.look_at_snowflake()
    finally:
        deployment.put_probe()
    assert failed(checks) == ["snowflake.list"]
    assert checks["snowflake.list"].do.startswith("check that the stage's bucket is the one")
