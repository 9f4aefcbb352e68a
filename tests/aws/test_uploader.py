"""The uploader, as user and as role, can only upload below python-import/."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from boto3.s3.transfer import TransferConfig
from botocore.exceptions import ClientError

from local.aws import ACCOUNT_ID, REGION, AccessKey, Account, client
from tests.aws.callers import BUCKET, LANDED, administrator, assert_denied, assume, refusal
from tests.aws.deployments import Deployment

pytestmark = pytest.mark.enable_socket

FIVE_MIB = 5 * 1024 * 1024
IN_PARTS = TransferConfig(multipart_threshold=FIVE_MIB, multipart_chunksize=FIVE_MIB)


@pytest.fixture(scope="module")
def role_account(empty_account: Account) -> Account:
    """Return an account whose uploader is a role that the worker assumes."""
    worker = f"arn:aws:iam::{ACCOUNT_ID}:user/worker"
    Deployment(empty_account).deploy(WorkerArn=worker)
    return empty_account


@pytest.fixture(params=["user", "role"])
def uploader(request: pytest.FixtureRequest) -> Any:
    """Return the uploader's S3 client, with its own keys or as a worker with the role."""
    if request.param == "user":
        account: Account = request.getfixturevalue("account")
        return client("s3", account.endpoint, account.uploader)
    account = request.getfixturevalue("role_account")
    return assume(account, account.worker, Deployment(account).outputs()["UploaderArn"])


@pytest.fixture
def owner(request: pytest.FixtureRequest, uploader: Any) -> Any:
    """Return the administrator's S3 client of the same account."""
    kind = request.node.callspec.params["uploader"]
    return administrator(
        request.getfixturevalue("account" if kind == "user" else "role_account"), "s3"
    )


def test_an_object_is_encrypted_with_the_buckets_key(uploader: Any, owner: Any) -> None:
    """A plain put that does not request encryption is stored with the bucket's KMS key."""
    response = uploader.put_object(Bucket=BUCKET, Key=LANDED, Body=b"{}\n")
    encryption = owner.get_bucket_encryption(Bucket=BUCKET)["ServerSideEncryptionConfiguration"]
    by_default = encryption["Rules"][0]["ApplyServerSideEncryptionByDefault"]
    assert response["ServerSideEncryption"] == "aws:kms"
    assert response["SSEKMSKeyId"] == by_default["KMSMasterKeyID"]
    assert owner.get_object(Bucket=BUCKET, Key=LANDED)["Body"].read() == b"{}\n"


def test_a_large_object_is_uploaded_in_parts(uploader: Any, owner: Any) -> None:
    """The object is complete."""
    body = b'{"event_type":"a"}\n' * 600_000
    uploader.upload_fileobj(BytesIO(body), BUCKET, LANDED + ".large", Config=IN_PARTS)
    stored = owner.get_object(Bucket=BUCKET, Key=LANDED + ".large")
    assert stored["ETag"].strip('"').endswith("-3")
    assert stored["Body"].read() == body


def test_a_multipart_upload_can_be_aborted(uploader: Any, owner: Any) -> None:
    """A failed upload is aborted without more rights, and no part remains."""
    upload = uploader.create_multipart_upload(Bucket=BUCKET, Key=LANDED)
    uploader.abort_multipart_upload(Bucket=BUCKET, Key=LANDED, UploadId=upload["UploadId"])
    remaining = owner.list_multipart_uploads(Bucket=BUCKET).get("Uploads", [])
    assert upload["UploadId"] not in [each["UploadId"] for each in remaining]


OTHER_KEY = f"arn:aws:kms:{REGION}:{ACCOUNT_ID}:key/another"
NAMED = {
    "another key": {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": OTHER_KEY},
    "the account's own key": {"ServerSideEncryption": "aws:kms"},
    "S3's key": {"ServerSideEncryption": "AES256"},
    "a key of the caller": {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": b"k" * 32},
}


@pytest.mark.parametrize("case", NAMED)
@pytest.mark.parametrize("method", ["put_object", "create_multipart_upload"])
def test_an_upload_that_names_another_key_is_denied(uploader: Any, case: str, method: str) -> None:
    """Nobody could read the object, or others could; an administrator is denied as well."""
    call: Callable[..., object] = getattr(uploader, method)
    code, message = refusal(lambda: call(Bucket=BUCKET, Key=LANDED, **NAMED[case]))
    assert code == "AccessDenied"
    assert message.endswith("with an explicit deny in a resource-based policy")


def test_an_upload_can_name_the_buckets_key(uploader: Any, owner: Any) -> None:
    """The uploads of the DAG name none."""
    named = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key_of(owner)}
    uploader.put_object(Bucket=BUCKET, Key=LANDED, **named)


def key_of(owner: Any) -> str:
    """Return the ARN of the key with which the bucket encrypts by default."""
    found = owner.get_bucket_encryption(Bucket=BUCKET)["ServerSideEncryptionConfiguration"]
    return str(found["Rules"][0]["ApplyServerSideEncryptionByDefault"]["KMSMasterKeyID"])


def test_the_key_is_used_by_s3_alone(uploader: Any, owner: Any) -> None:
    """The uploader's identity cannot call KMS itself."""
    used = uploader._request_signer._credentials
    kms = client(
        "kms",
        uploader.meta.endpoint_url,
        AccessKey(used.access_key, used.secret_key),
        used.token,
    )
    for call in ("generate_data_key", "decrypt"):
        given = {"KeySpec": "AES_256"} if call == "generate_data_key" else {"CiphertextBlob": b"x"}
        with pytest.raises(ClientError, match="not authorized to perform: kms:"):
            getattr(kms, call)(KeyId=key_of(owner), **given)


@pytest.mark.parametrize(
    ("action", "method", "arguments"),
    [
        pytest.param("s3:PutObject", "put_object", {"Key": "elsewhere/x.json"}, id="put elsewhere"),
        pytest.param("s3:PutObject", "put_object", {"Key": "python-import"}, id="put the prefix"),
        pytest.param(
            "s3:PutObject", "create_multipart_upload", {"Key": "x"}, id="upload elsewhere"
        ),
        pytest.param("s3:GetObject", "get_object", {"Key": LANDED}, id="get"),
        pytest.param("s3:DeleteObject", "delete_object", {"Key": LANDED}, id="delete"),
        pytest.param("s3:ListBucket", "list_objects_v2", {"Prefix": "python-import/"}, id="list"),
        pytest.param("s3:ListBucketMultipartUploads", "list_multipart_uploads", {}, id="uploads"),
        pytest.param("s3:GetBucketPolicy", "get_bucket_policy", {}, id="read the policy"),
        pytest.param("s3:DeleteBucketPolicy", "delete_bucket_policy", {}, id="drop the policy"),
        pytest.param("s3:DeleteBucket", "delete_bucket", {}, id="drop the bucket"),
        pytest.param(
            "s3:PutLifecycleConfiguration",
            "put_bucket_lifecycle_configuration",
            {"LifecycleConfiguration": {"Rules": []}},
            id="change the lifecycle",
        ),
    ],
)
def test_nothing_else_is_allowed(
    uploader: Any, action: str, method: str, arguments: dict[str, Any]
) -> None:
    """Everything but writing below python-import/ is denied, and the action is named."""
    call: Callable[..., object] = getattr(uploader, method)
    assert_denied(lambda: call(Bucket=BUCKET, **arguments), action)


def test_only_the_worker_can_assume_the_role(role_account: Account) -> None:
    """Snowflake's user can assume any role that trusts it; this one does not."""
    role = Deployment(role_account).outputs()["UploaderArn"]
    with pytest.raises(ClientError, match="AccessDenied"):
        assume(role_account, role_account.snowflake, role)


def test_the_worker_itself_cannot_write(role_account: Account) -> None:
    """Without the role it has no permission in the bucket."""
    worker = client("s3", role_account.endpoint, role_account.worker)
    assert_denied(
        lambda: worker.put_object(Bucket=BUCKET, Key=LANDED, Body=b"{}\n"), "s3:PutObject"
    )


def test_the_worker_cannot_assume_the_readers_role(account: Account) -> None:
    """Only Snowflake can read."""
    with pytest.raises(ClientError, match="AccessDenied"):
        assume(account, account.worker, account.role_arn)
