"""The stand-in's account: its identities, its file, and refused strangers."""

from __future__ import annotations

from pathlib import Path

import pytest
import requests
from botocore.exceptions import ClientError

from local.aws import ACCOUNT_ID, REGION, SNOWFLAKE_USER_ARN, AccessKey, Account, client
from tests.aws.callers import BUCKET, LANDED, administrator, assert_denied, refusal

pytestmark = pytest.mark.enable_socket


def test_an_account_survives_saving_and_loading(account: Account, tmp_path: Path) -> None:
    """Another process loads the same account, and only the owner can read the file."""
    path = tmp_path / "aws.json"
    path.touch(mode=0o644)
    account.save(path)
    assert Account.load(path) == account
    assert path.stat().st_mode & 0o077 == 0


def test_an_empty_account_holds_identities_and_nothing_else(empty_account: Account) -> None:
    """It has no bucket, no key, no role, and three users."""
    assert (empty_account.bucket, empty_account.uploader) == ("", AccessKey("", ""))
    assert administrator(empty_account, "s3").list_buckets()["Buckets"] == []
    assert administrator(empty_account, "kms").list_keys()["Keys"] == []
    iam = administrator(empty_account, "iam")
    assert iam.list_roles()["Roles"] == []
    assert [user["Arn"] for user in iam.list_users()["Users"]] == [
        f"arn:aws:iam::{ACCOUNT_ID}:user/administrator",
        f"arn:aws:iam::{ACCOUNT_ID}:user/worker",
        SNOWFLAKE_USER_ARN,
    ]


@pytest.mark.parametrize("name", ["administrator", "worker", "snowflake"])
def test_every_identity_can_query_who_it_is(account: Account, name: str) -> None:
    """GetCallerIdentity requires no right."""
    sts = client("sts", account.endpoint, getattr(account, name))
    assert sts.get_caller_identity()["Arn"].endswith(f"/{name}")


def test_only_the_administrator_deploys(account: Account) -> None:
    """The uploader cannot even describe the stack."""
    stacks = client("cloudformation", account.endpoint, account.uploader)
    assert_denied(stacks.describe_stacks, "cloudformation:DescribeStacks")


def test_an_unknown_key_is_refused(account: Account) -> None:
    """The error code is S3's own."""
    stranger = client("s3", account.endpoint, AccessKey("AKIAIOSFODNN7EXAMPLE", "made up"))
    code, _ = refusal(lambda: stranger.put_object(Bucket=BUCKET, Key=LANDED, Body=b""))
    assert code == "InvalidAccessKeyId"


def test_unsigned_requests_are_refused(account: Account) -> None:
    """Buckets, listings and objects are closed to the public."""
    uploader = client("s3", account.endpoint, account.uploader)
    uploader.put_object(Bucket=BUCKET, Key=LANDED, Body=b"{}\n")
    for path in ("", BUCKET, f"{BUCKET}/{LANDED}", f"{BUCKET}/nothing"):
        response = requests.get(f"{account.endpoint}/{path}", timeout=10)
        assert (response.status_code, "<Code>AccessDenied</Code>" in response.text) == (403, True)
    put = requests.put(f"{account.endpoint}/{BUCKET}/{LANDED}", data=b"", timeout=10)
    assert put.status_code == 403


def test_a_bucket_reveals_its_region_to_callers_without_rights(account: Account) -> None:
    """A header of the 403 has it, as S3's does."""
    uploader = client("s3", account.endpoint, account.uploader)
    with pytest.raises(ClientError) as refused:
        uploader.head_bucket(Bucket=BUCKET)
    response = refused.value.response["ResponseMetadata"]
    assert response["HTTPStatusCode"] == 403
    assert response["HTTPHeaders"]["x-amz-bucket-region"] == REGION
