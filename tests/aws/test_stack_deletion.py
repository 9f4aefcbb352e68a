"""Bucket and key outlive a deleted stack."""

from __future__ import annotations

import pytest

from local.aws import Account
from tests.aws.callers import BUCKET, administrator, refusal
from tests.aws.deployments import Deployment

pytestmark = pytest.mark.enable_socket


def test_bucket_and_key_outlive_the_stack(empty_account: Account) -> None:
    """The stand-in fails to delete the user (see its README); bucket and key still exist."""
    key = Deployment(empty_account).deploy()["KeyArn"]
    stacks = administrator(empty_account, "cloudformation")
    refusal(lambda: stacks.delete_stack(StackName="amplitude-to-snowflake"))
    s3, kms = administrator(empty_account, "s3"), administrator(empty_account, "kms")
    assert [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]] == [BUCKET]
    assert s3.get_bucket_policy(Bucket=BUCKET)["Policy"]
    assert kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "Enabled"
