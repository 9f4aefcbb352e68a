"""Without the key nothing is written or read, and the refusal says what is missing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from local.aws import EXTERNAL_ID, SNOWFLAKE_USER_ARN, Account, client
from tests.aws.callers import BUCKET, LANDED, administrator, assert_denied, assume, refusal
from tests.aws.deployments import Deployment

pytestmark = pytest.mark.enable_socket

TRUST = {"SnowflakeUserArn": SNOWFLAKE_USER_ARN, "ExternalId": EXTERNAL_ID}


@pytest.fixture
def uploader(account: Account) -> Any:
    return client("s3", account.endpoint, account.uploader)


@pytest.fixture
def without(account: Account) -> Iterator[Callable[[str], None]]:
    """Deploys the stack with one action taken out of the uploader's policy, and puts it back."""
    deployment = Deployment(account)
    right = deployment.template

    def without(action: str) -> None:
        (kept,) = {"kms:GenerateDataKey", "kms:Decrypt"} - {action}
        deployment.template = right.replace("[kms:GenerateDataKey, kms:Decrypt]", f"[{kept}]")
        assert deployment.template != right
        deployment.deploy(**TRUST)

    yield without
    deployment.template = right
    deployment.deploy(**TRUST)


@pytest.fixture
def kms(account: Account) -> Iterator[Any]:
    """The administrator's client; the key is enabled again in the end."""
    kms = administrator(account, "kms")
    yield kms
    kms.cancel_key_deletion(KeyId=account.kms_key_arn)
    kms.enable_key(KeyId=account.kms_key_arn)


def test_a_put_needs_a_data_key(uploader: Any, without: Callable[[str], None]) -> None:
    """Neither a put nor the start of an upload in parts passes without kms:GenerateDataKey."""
    without("kms:GenerateDataKey")
    put, begin = uploader.put_object, uploader.create_multipart_upload
    assert_denied(lambda: put(Bucket=BUCKET, Key=LANDED, Body=b""), "kms:GenerateDataKey")
    assert_denied(lambda: begin(Bucket=BUCKET, Key=LANDED), "kms:GenerateDataKey")


def test_an_upload_in_parts_needs_decrypt_too(
    uploader: Any, without: Callable[[str], None]
) -> None:
    """A small object lands without kms:Decrypt, a part does not."""
    without("kms:Decrypt")
    uploader.put_object(Bucket=BUCKET, Key=LANDED, Body=b"{}\n")
    upload = uploader.create_multipart_upload(Bucket=BUCKET, Key=LANDED)["UploadId"]
    part = {"Bucket": BUCKET, "Key": LANDED, "UploadId": upload, "PartNumber": 1, "Body": b"{}\n"}
    assert_denied(lambda: uploader.upload_part(**part), "kms:Decrypt")


def test_a_read_needs_decrypt(account: Account, uploader: Any) -> None:
    """Snowflake's role without kms:Decrypt sees the object listed and can't read it."""
    uploader.put_object(Bucket=BUCKET, Key=LANDED, Body=b"{}\n")
    deployment = Deployment(account)
    right = deployment.template
    head, tail = right.rsplit("Action: kms:Decrypt", 1)
    deployment.template = f"{head}Action: kms:DescribeKey{tail}"
    deployment.deploy(**TRUST)
    reader = assume(account, account.snowflake, account.role_arn, ExternalId=EXTERNAL_ID)
    assert reader.list_objects_v2(Bucket=BUCKET, Prefix="python-import/")["KeyCount"] == 1
    assert_denied(lambda: reader.get_object(Bucket=BUCKET, Key=LANDED), "kms:Decrypt")
    deployment.template = right
    deployment.deploy(**TRUST)
    assert reader.get_object(Bucket=BUCKET, Key=LANDED)["Body"].read() == b"{}\n"


def test_a_disabled_key_stops_writing_and_reading(
    account: Account, uploader: Any, kms: Any
) -> None:
    """Both are refused with the error that names the key; enabled again, both go on."""
    uploader.put_object(Bucket=BUCKET, Key=LANDED, Body=b"{}\n")
    reader = assume(account, account.snowflake, account.role_arn, ExternalId=EXTERNAL_ID)
    kms.disable_key(KeyId=account.kms_key_arn)
    for call in (
        lambda: uploader.put_object(Bucket=BUCKET, Key=LANDED, Body=b"{}\n"),
        lambda: reader.get_object(Bucket=BUCKET, Key=LANDED),
    ):
        assert refusal(call) == ("KMS.DisabledException", f"{account.kms_key_arn} is disabled.")
    kms.enable_key(KeyId=account.kms_key_arn)
    uploader.put_object(Bucket=BUCKET, Key=LANDED, Body=b"{}\n")


def test_a_key_about_to_be_deleted_stops_writing(account: Account, uploader: Any, kms: Any) -> None:
    """The refusal says that the key is pending deletion."""
    kms.schedule_key_deletion(KeyId=account.kms_key_arn, PendingWindowInDays=7)
    code, message = refusal(lambda: uploader.put_object(Bucket=BUCKET, Key=LANDED, Body=b""))
    assert (code, "pending deletion" in message) == ("KMS.KMSInvalidStateException", True)
