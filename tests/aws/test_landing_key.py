"""Without the key nothing is written or read, and the refusal names what is missing."""

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
    """Deploy the stack without one action of the uploader's policy, then restore it."""
    deployment = Deployment(account)
    original = deployment.template

    def without(action: str) -> None:
        (kept,) = {"kms:GenerateDataKey", "kms:Decrypt"} - {action}
        deployment.template = original.replace("[kms:GenerateDataKey, kms:Decrypt]", f"[{kept}]")
        assert deployment.template != original
        deployment.deploy(**TRUST)

    yield without
    deployment.template = original
    deployment.deploy(**TRUST)


@pytest.fixture
def kms(account: Account) -> Iterator[Any]:
    """Return the administrator's client; the key is enabled again at the end."""
    kms = administrator(account, "kms")
    yield kms
    kms.cancel_key_deletion(KeyId=account.kms_key_arn)
    kms.enable_key(KeyId=account.kms_key_arn)


def test_a_put_needs_a_data_key(uploader: Any, without: Callable[[str], None]) -> None:
    """A put and the start of a multipart upload fail without kms:GenerateDataKey."""
    without("kms:GenerateDataKey")
    put, begin = uploader.put_object, uploader.create_multipart_upload
    assert_denied(lambda: put(Bucket=BUCKET, Key=LANDED, Body=b""), "kms:GenerateDataKey")
    assert_denied(lambda: begin(Bucket=BUCKET, Key=LANDED), "kms:GenerateDataKey")


def test_a_multipart_upload_also_needs_decrypt(
    uploader: Any, without: Callable[[str], None]
) -> None:
    """Without kms:Decrypt, a small object is stored and a part is refused."""
    without("kms:Decrypt")
    uploader.put_object(Bucket=BUCKET, Key=LANDED, Body=b"{}\n")
    upload = uploader.create_multipart_upload(Bucket=BUCKET, Key=LANDED)["UploadId"]
    part = {"Bucket": BUCKET, "Key": LANDED, "UploadId": upload, "PartNumber": 1, "Body": b"{}\n"}
    assert_denied(lambda: uploader.upload_part(**part), "kms:Decrypt")


def test_a_read_needs_decrypt(account: Account, uploader: Any) -> None:
    """Without kms:Decrypt, Snowflake's role can list the object and cannot read it."""
    uploader.put_object(Bucket=BUCKET, Key=LANDED, Body=b"{}\n")
    deployment = Deployment(account)
    original = deployment.template
    head, tail = original.rsplit("Action: kms:Decrypt", 1)
    deployment.template = f"{head}Action: kms:DescribeKey{tail}"
    deployment.deploy(**TRUST)
    reader = assume(account, account.snowflake, account.role_arn, ExternalId=EXTERNAL_ID)
    assert reader.list_objects_v2(Bucket=BUCKET, Prefix="python-import/")["KeyCount"] == 1
    assert_denied(lambda: reader.get_object(Bucket=BUCKET, Key=LANDED), "kms:Decrypt")
    deployment.template = original
    deployment.deploy(**TRUST)
    assert reader.get_object(Bucket=BUCKET, Key=LANDED)["Body"].read() == b"{}\n"


def test_a_disabled_key_stops_writing_and_reading(
    account: Account, uploader: Any, kms: Any
) -> None:
    """Both are refused with an error that names the key, and work once it is enabled."""
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


def test_a_key_pending_deletion_stops_writing(account: Account, uploader: Any, kms: Any) -> None:
    """The refusal states that the key is pending deletion."""
    kms.schedule_key_deletion(KeyId=account.kms_key_arn, PendingWindowInDays=7)
    code, message = refusal(lambda: uploader.put_object(Bucket=BUCKET, Key=LANDED, Body=b""))
    assert (code, "pending deletion" in message) == ("KMS.KMSInvalidStateException", True)
