"""Only Snowflake can assume the reader role, with the external id, and then only reads."""

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
    """Return Snowflake's client after it has assumed the role; one object is stored."""
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
def test_it_cannot_be_assumed_before_the_trust_is_known(
    empty_account: Account, known: dict[str, str]
) -> None:
    """If either half is missing, even the administrator is refused, with and without the id."""
    role = Deployment(empty_account).deploy(**known)["SnowflakeRoleArn"]
    for caller in (empty_account.snowflake, empty_account.administrator):
        for given in ({}, {"ExternalId": EXTERNAL_ID}):
            assert_denied(partial(assume, empty_account, caller, role, **given), "sts:AssumeRole")
    # AWS would reject a statement that allows a principal without a name.
    iam = administrator(empty_account, "iam")
    trust = iam.get_role(RoleName=role.rsplit("/", 1)[1])["Role"]["AssumeRolePolicyDocument"]
    assert [(each["Effect"], each["Principal"]) for each in trust["Statement"]] == [
        ("Deny", {"AWS": "*"})
    ]


def test_the_trust_opens_the_existing_role(empty_account: Account) -> None:
    """It can be assumed once both values are deployed."""
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
def test_only_snowflake_with_the_external_id_assumes_the_role(
    account: Account, caller: str, given: dict[str, str]
) -> None:
    """Other callers, and calls with another id or none, are denied."""
    key = getattr(account, caller)
    assert_denied(lambda: assume(account, key, account.role_arn, **given), "sts:AssumeRole")


def test_it_reads_and_lists_uploaded_objects(reader: Any) -> None:
    """It gets the uploader's bytes, the listing of the prefix, and the bucket's region."""
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
def test_it_has_no_other_right(
    reader: Any, action: str, method: str, arguments: dict[str, Any]
) -> None:
    """It can neither write nor read outside the prefix."""
    call: Callable[..., object] = getattr(reader, method)
    assert_denied(lambda: call(Bucket=BUCKET, **arguments), action)


def test_snowflakes_user_has_no_permission_of_its_own(account: Account) -> None:
    """Without the role it reads nothing."""
    snowflake = client("s3", account.endpoint, account.snowflake)
    assert_denied(lambda: snowflake.get_object(Bucket=BUCKET, Key=LANDED), "s3:GetObject")


def test_a_missing_role_cannot_be_assumed(account: Account) -> None:
    """The refusal is the same, so it does not reveal whether a role exists."""
    role = f"arn:aws:iam::{ACCOUNT_ID}:role/does-not-exist"
    assert_denied(lambda: assume(account, account.snowflake, role), "sts:AssumeRole")
