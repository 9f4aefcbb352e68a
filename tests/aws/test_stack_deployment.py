"""Deployment of include/aws/stack.yaml into an empty account, and each change after that."""

from __future__ import annotations

import json
from typing import Any

import pytest

from local.aws import ACCOUNT_ID, EXTERNAL_ID, SNOWFLAKE_USER_ARN, Account
from tests.aws.callers import BUCKET, administrator, refusal
from tests.aws.deployments import Deployment, changes

pytestmark = pytest.mark.enable_socket

TRUST = {"SnowflakeUserArn": SNOWFLAKE_USER_ARN, "ExternalId": EXTERNAL_ID}
RESOURCES = {
    *("Key", "KeyAlias", "Bucket", "BucketPolicy", "UploaderUser", "UploaderPolicy", "ReaderRole")
}
ARN = f"arn:aws:iam::{ACCOUNT_ID}"
OTHER = "amplitude-events-other"


@pytest.fixture(scope="module")
def deployment(empty_account: Account) -> Deployment:
    """Return the stack without a trust, after one discarded proposal."""
    deployment = Deployment(empty_account)
    deployment.propose()
    assert deployment.status() == "REVIEW_IN_PROGRESS"
    proposed = deployment.propose()
    assert changes(proposed) == dict.fromkeys(RESOURCES, "Add")
    deployment.execute(proposed)
    return deployment


@pytest.fixture
def s3(empty_account: Account, deployment: Deployment) -> Any:
    return administrator(empty_account, "s3")


@pytest.fixture
def iam(empty_account: Account, deployment: Deployment) -> Any:
    return administrator(empty_account, "iam")


def test_the_outputs_name_the_resources(deployment: Deployment) -> None:
    """They name the bucket, the key and both identities; only one kind of uploader exists."""
    outputs = deployment.outputs()
    assert outputs.pop("KeyArn").startswith(f"arn:aws:kms:us-east-1:{ACCOUNT_ID}:key/")
    assert outputs == {
        "BucketName": BUCKET,
        "UploaderArn": f"{ARN}:user/amplitude_python_uploader",
        "SnowflakeRoleArn": f"{ARN}:role/snowflake-amplitude-python",
    }
    assert deployment.status() == "CREATE_COMPLETE"
    assert deployment.resources() == RESOURCES


def test_the_key_rotates_and_iam_controls_its_use(
    empty_account: Account, deployment: Deployment
) -> None:
    """It has its alias, is enabled, and its policy names only the account."""
    kms = administrator(empty_account, "kms")
    key = kms.describe_key(KeyId="alias/amplitude-to-snowflake")["KeyMetadata"]
    assert (key["Arn"], key["KeyState"]) == (deployment.outputs()["KeyArn"], "Enabled")
    assert kms.get_key_rotation_status(KeyId=key["KeyId"])["KeyRotationEnabled"] is True
    policy = json.loads(kms.get_key_policy(KeyId=key["KeyId"], PolicyName="default")["Policy"])
    (statement,) = policy["Statement"]
    assert statement["Principal"] == {"AWS": f"{ARN}:root"}


def test_the_bucket_encrypts_by_default_with_the_key(s3: Any, deployment: Deployment) -> None:
    """The default is aws:kms with the stack's key, and one bucket key for many objects."""
    response = s3.get_bucket_encryption(Bucket=BUCKET)
    (rule,) = response["ServerSideEncryptionConfiguration"]["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"] == {
        "SSEAlgorithm": "aws:kms",
        "KMSMasterKeyID": deployment.outputs()["KeyArn"],
    }
    assert rule["BucketKeyEnabled"] is True


def test_the_bucket_is_closed_to_the_public(s3: Any) -> None:
    """All four blocks are on, ACLs are off, plain HTTP and other keys are always denied."""
    block = s3.get_public_access_block(Bucket=BUCKET)["PublicAccessBlockConfiguration"]
    assert (len(block), set(block.values())) == (4, {True})
    ownership = s3.get_bucket_ownership_controls(Bucket=BUCKET)["OwnershipControls"]
    assert ownership["Rules"] == [{"ObjectOwnership": "BucketOwnerEnforced"}]
    statements = json.loads(s3.get_bucket_policy(Bucket=BUCKET)["Policy"])["Statement"]
    assert [each["Sid"] for each in statements] == [
        "OnlyOverTls",
        "OnlyWithTheKey",
        "NoKeysOfCallers",
    ]
    assert {(each["Effect"], each["Principal"]) for each in statements} == {("Deny", "*")}
    statement = statements[0]
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert statement["Resource"] == [f"arn:aws:s3:::{BUCKET}", f"arn:aws:s3:::{BUCKET}/*"]


def test_objects_expire_and_unfinished_uploads_are_aborted(s3: Any) -> None:
    """Objects below the prefix expire after 90 days, unfinished uploads and hours after 3."""
    rules = s3.get_bucket_lifecycle_configuration(Bucket=BUCKET)["Rules"]
    aborts, expires, hours = sorted(rules, key=lambda rule: rule["ID"])
    assert aborts["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 3}
    assert (aborts["Status"], aborts["Filter"]) == ("Enabled", {"Prefix": ""})
    assert (expires["Expiration"], expires["Filter"]) == (
        {"Days": 90},
        {"Prefix": "python-import/"},
    )
    assert (expires["Status"], "Expiration" in aborts) == ("Enabled", False)
    assert (hours["Expiration"], hours["Filter"]) == (
        {"Days": 3},
        {"Prefix": "python-import/hourly/"},
    )


def test_the_bucket_is_not_versioned(s3: Any) -> None:
    """An expired object is therefore gone."""
    assert "Status" not in s3.get_bucket_versioning(Bucket=BUCKET)


def test_deploying_the_same_template_changes_nothing(deployment: Deployment) -> None:
    """The change set fails with CloudFormation's message and cannot be executed."""
    proposed = deployment.propose()
    assert proposed["Status"] == "FAILED"
    assert proposed["StatusReason"].startswith("The submitted information didn't contain changes.")
    code, message = refusal(lambda: deployment.execute(proposed))
    assert (code, "cannot be executed" in message) == ("ValidationError", True)


def test_a_known_trust_changes_only_the_reader_role(deployment: Deployment, iam: Any) -> None:
    """Only its trust policy changes, to Snowflake's user and the external id."""
    proposed = deployment.propose(**TRUST)
    (change,) = [change["ResourceChange"] for change in proposed["Changes"]]
    assert (change["Action"], change["LogicalResourceId"]) == ("Modify", "ReaderRole")
    assert (change["Replacement"], change["Scope"]) == ("False", ["Properties"])
    targets = [detail["Target"]["Name"] for detail in change["Details"]]
    assert targets == ["AssumeRolePolicyDocument"]
    deployment.execute(proposed)
    role = iam.get_role(RoleName="snowflake-amplitude-python")["Role"]
    (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Principal"] == {"AWS": SNOWFLAKE_USER_ARN}
    assert statement["Condition"] == {"StringEquals": {"sts:ExternalId": EXTERNAL_ID}}
    assert deployment.status() == "UPDATE_COMPLETE"
    assert deployment.propose(**TRUST)["Status"] == "FAILED"


def test_a_changed_retention_is_applied(deployment: Deployment, s3: Any) -> None:
    """The bucket is changed in place."""
    proposed = deployment.propose(**TRUST, RetentionDays="30")
    assert changes(proposed) == {"Bucket": "Modify"}
    deployment.execute(proposed)
    rules = s3.get_bucket_lifecycle_configuration(Bucket=BUCKET)["Rules"]
    assert [rule["Expiration"]["Days"] for rule in rules if "Expiration" in rule] == [30, 3]


def test_requests_are_logged_to_a_bucket_that_is_named(deployment: Deployment, s3: Any) -> None:
    """By default they are not."""
    assert "LoggingEnabled" not in s3.get_bucket_logging(Bucket=BUCKET)
    s3.create_bucket(Bucket=OTHER + "-log")
    allowed = {
        "Effect": "Allow",
        "Principal": {"Service": "logging.s3.amazonaws.com"},
        "Action": ["s3:PutObject"],
        "Resource": f"arn:aws:s3:::{OTHER}-log/*",
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    s3.put_bucket_policy(Bucket=OTHER + "-log", Policy=policy)
    deployment.deploy(**TRUST, AccessLogBucket=OTHER + "-log")
    logged = s3.get_bucket_logging(Bucket=BUCKET)["LoggingEnabled"]
    assert (logged["TargetBucket"], logged["TargetPrefix"]) == (OTHER + "-log", f"{BUCKET}/")
    deployment.deploy(**TRUST)
    # The stand-in keeps what the template no longer has.
    s3.put_bucket_logging(Bucket=BUCKET, BucketLoggingStatus={})
    logs = [each["Key"] for each in s3.list_objects_v2(Bucket=OTHER + "-log")["Contents"]]
    assert all(key.startswith(f"{BUCKET}/") for key in logs)
    for key in logs:
        s3.delete_object(Bucket=OTHER + "-log", Key=key)
    s3.delete_bucket(Bucket=OTHER + "-log")


def test_a_changed_policy_is_applied(deployment: Deployment, iam: Any) -> None:
    """The uploader's newest policy is in force, however often it has changed."""
    arn = f"{ARN}:policy/amplitude_python_uploader"
    original = deployment.template
    for number in range(6):
        deployment.template = original.replace("s3:AbortMultipartUpload", f"s3:Made{number}")
        deployment.deploy(**TRUST)
    deployment.template = original
    deployment.deploy(**TRUST)
    version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
    stored = iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]
    actions = [statement["Action"] for statement in stored["Document"]["Statement"]]
    assert actions[0] == ["s3:PutObject", "s3:AbortMultipartUpload"]


def test_another_bucket_name_would_replace_the_bucket(deployment: Deployment, s3: Any) -> None:
    """The change set states it; once executed, the new bucket is closed, the old one stays."""
    proposed = deployment.propose(**TRUST, BucketName=OTHER)
    replacement = {
        change["ResourceChange"]["LogicalResourceId"]: change["ResourceChange"]["Replacement"]
        for change in proposed["Changes"]
    }
    policies = {"UploaderPolicy": "False", "ReaderRole": "False"}
    assert replacement == {"Bucket": "True", "BucketPolicy": "True", **policies}
    deployment.execute(proposed)
    assert deployment.outputs()["BucketName"] == OTHER
    assert {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]} == {BUCKET, OTHER}
    assert f"arn:aws:s3:::{OTHER}/*" in s3.get_bucket_policy(Bucket=OTHER)["Policy"]
    assert f"arn:aws:s3:::{BUCKET}/*" in s3.get_bucket_policy(Bucket=BUCKET)["Policy"]


def test_workers_in_aws_get_a_role_instead_of_the_user(deployment: Deployment, iam: Any) -> None:
    """The user is removed, and the role gets its policy."""
    worker = f"{ARN}:user/worker"
    proposed = deployment.propose(**TRUST, BucketName=OTHER, WorkerArn=worker)
    expected = {"UploaderRole": "Add", "UploaderUser": "Remove", "UploaderPolicy": "Modify"}
    assert changes(proposed) == expected
    deployment.execute(proposed)
    assert deployment.outputs()["UploaderArn"] == f"{ARN}:role/amplitude_python_uploader"
    assert deployment.resources() == RESOURCES - {"UploaderUser"} | {"UploaderRole"}
    attached = iam.list_entities_for_policy(PolicyArn=f"{ARN}:policy/amplitude_python_uploader")
    assert [role["RoleName"] for role in attached["PolicyRoles"]] == ["amplitude_python_uploader"]
    assert attached["PolicyUsers"] == []
