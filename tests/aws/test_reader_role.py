"""Snowflake alone assumes the reader role, with the external id, and then only reads the prefix."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from local.aws import ACCOUNT_ID, EXTERNAL_ID, SNOWFLAKE_USER_ARN, Account, client
from tests.aws.callers import BUCKET, LANDED, administrator, assert_denied, assume
from tests.aws.deployments import Deployment

pytestmark = pytest.mark.enable_socket


@pytest.fixture
def reader(account: Account) -> Any:
    """The client of Snowflake, who assumed the role; an object has landed."""
    uploader = client("s3", account.endpoint, account.uploader)
    uploader.put_object(Bucket=BUCKET, Key=LANDED, Body=b"{}\n")
    return assume(account, account.snowflake, account.role_arn, ExternalId=EXTERNAL_ID)


@pytest.mark.parametrize(
    "known",
    [
        pytest.param({}, id="nothing known"),
        pytest.param({"SnowflakeUserArn": SNOWFLAKE_USER_ARN}, id="no external id"),
        pytest.param({"ExternalId": EXTERNAL_ID}, id="no user"),
    ],
)
def test_nobody_assumes_it_before_the_trust_is_known(
    empty_account: Account, known: dict[str, str]
) -> None:
    """While either half is missing, not even the administrator gets in, with or without the id."""
    role = Deployment(empty_account).deploy(**known)["SnowflakeRoleArn"]
    for caller in (empty_account.snowflake, empty_account.administrator):
        for given in ({}, {"ExternalId": EXTERNAL_ID}):
            assert_denied(partial(assume, empty_account, caller, role, **given), "sts:AssumeRole")
    # AWS would not take a statement that allows a principal without a name.
    iam = administrator(empty_account, "iam")
    trust = iam.get_role(RoleName=role.rsplit("/", 1)[1])["Role"]["AssumeRolePolicyDocument"]
    assert [(each["Effect"], each["Principal"]) for each in trust["Statement"]] == [
        ("Deny", {"AWS": "*"})
    ]


def test_the_trust_opens_the_role_without_a_new_one(empty_account: Account) -> None:
    """The same role, closed before, is assumed once both values were deployed."""
    deployment = Deployment(empty_account)
    role = deployment.deploy()["SnowflakeRoleArn"]
    caller = empty_account.snowflake
    assert_denied(
        lambda: assume(empty_account, caller, role, ExternalId=EXTERNAL_ID), "sts:AssumeRole"
    )
    trust = {"SnowflakeUserArn": SNOWFLAKE_USER_ARN, "ExternalId": EXTERNAL_ID}
    assert deployment.deploy(**trust)["SnowflakeRoleArn"] == role
    reader = assume(empty_account, caller, role, ExternalId=EXTERNAL_ID)
    assert reader.list_objects_v2(Bucket=BUCKET, Prefix="python-import/")["KeyCount"] == 0


@pytest.mark.parametrize(
    ("caller", "given"),
    [
        pytest.param("snowflake", {}, id="no external id"),
        pytest.param("snowflake", {"ExternalId": "another-id"}, id="another external id"),
        pytest.param("administrator", {"ExternalId": EXTERNAL_ID}, id="the administrator"),
        pytest.param("uploader", {"ExternalId": EXTERNAL_ID}, id="the uploader"),
        pytest.param("worker", {"ExternalId": EXTERNAL_ID}, id="the worker"),
    ],
)
def test_only_snowflake_with_the_external_id_assumes_it(
    account: Account, caller: str, given: dict[str, str]
) -> None:
    """Whoever else asks, or asks with another id or none, is denied."""
    key = getattr(account, caller)
    assert_denied(lambda: assume(account, key, account.role_arn, **given), "sts:AssumeRole")


def test_it_reads_and_lists_what_landed(reader: Any) -> None:
    """The bytes that the uploader put, the listing of the prefix, and the bucket's region."""
    assert reader.get_object(Bucket=BUCKET, Key=LANDED)["Body"].read() == b"{}\n"
    listed = reader.list_objects_v2(Bucket=BUCKET, Prefix="python-import/2026-09-24/")
    assert LANDED in [item["Key"] for item in listed["Contents"]]
    assert reader.get_bucket_location(Bucket=BUCKET)["LocationConstraint"] is None


@pytest.mark.parametrize(
    ("action", "method", "arguments"),
    [
        pytest.param("s3:ListBucket", "list_objects_v2", {}, id="list everything"),
        pytest.param("s3:ListBucket", "list_objects_v2", {"Prefix": "else/"}, id="list elsewhere"),
        pytest.param("s3:ListBucket", "list_objects_v2", {"Prefix": "python"}, id="list above"),
        pytest.param("s3:GetObject", "get_object", {"Key": "elsewhere/x.json"}, id="get elsewhere"),
        pytest.param("s3:PutObject", "put_object", {"Key": LANDED, "Body": b""}, id="put"),
        pytest.param("s3:DeleteObject", "delete_object", {"Key": LANDED}, id="delete"),
        pytest.param("s3:GetBucketPolicy", "get_bucket_policy", {}, id="read the policy"),
    ],
)
def test_it_does_nothing_else(
    reader: Any, action: str, method: str, arguments: dict[str, Any]
) -> None:
    """It neither writes nor sees anything outside the prefix."""
    call: Callable[..., object] = getattr(reader, method)
    assert_denied(lambda: call(Bucket=BUCKET, **arguments), action)


def test_snowflakes_user_has_no_right_of_its_own(account: Account) -> None:
    """Without the role it reads nothing."""
    snowflake = client("s3", account.endpoint, account.snowflake)
    assert_denied(lambda: snowflake.get_object(Bucket=BUCKET, Key=LANDED), "s3:GetObject")


def test_a_role_that_is_not_there_is_assumed_by_nobody(account: Account) -> None:
    """AWS tells no stranger whether a role exists: the refusal is the same."""
    role = f"arn:aws:iam::{ACCOUNT_ID}:role/nobody-made-it"
    assert_denied(lambda: assume(account, account.snowflake, role), "sts:AssumeRole")
