"""Faults of the bucket, its key and the uploader: each is found by itself, and named."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from amplitude_export.doctor import probe, run
from amplitude_export.doctor.check import Check, State
from amplitude_export.doctor.limits import ELSEWHERE
from amplitude_export.record import to_record

from local.aws import ACCOUNT_ID
from local.launcher.ports import free_port
from tests.doctor.deployment import BUCKET, Deployment, environment, failed

POLICY = f"arn:aws:iam::{ACCOUNT_ID}:policy/amplitude_python_uploader"
OBJECTS = f"arn:aws:s3:::{BUCKET}/python-import/*"
EVERYWHERE = f"arn:aws:s3:::{BUCKET}/*"
PUT = {"Action": ["s3:PutObject", "s3:AbortMultipartUpload"], "Resource": OBJECTS}
ENCRYPT = {"Action": ["kms:GenerateDataKey", "kms:Decrypt"], "Resource": "*"}
GRANT = "give the uploader "
KEY = "check that the bucket's KMS key is enabled"
NARROW = "narrow the uploader's policy to s3:PutObject and s3:AbortMultipartUpload"


@pytest.fixture
def examine(deployment: Deployment) -> Callable[[], dict[str, Check]]:
    """Return a function that runs the checks of the bucket; no finding has a secret key."""

    def examine() -> dict[str, Check]:
        checks = {check.name: check for check in run.examine_bucket(BUCKET, "")}
        text = json.dumps([to_record(check) for check in checks.values()])
        for key in (deployment.account.uploader, deployment.account.administrator):
            assert key.secret not in text
        return checks

    return examine


@contextmanager
def policy(deployment: Deployment, *allowed: dict[str, Any]) -> Iterator[None]:
    """Give the uploader these rights and no others, for the time of a test."""
    iam = deployment.aws("iam")
    statements = [{"Effect": "Allow", **each} for each in allowed]
    document = json.dumps({"Version": "2012-10-17", "Statement": statements})
    before = iam.get_policy(PolicyArn=POLICY)["Policy"]["DefaultVersionId"]
    made = iam.create_policy_version(PolicyArn=POLICY, PolicyDocument=document, SetAsDefault=True)
    try:
        yield
    finally:
        iam.set_default_policy_version(PolicyArn=POLICY, VersionId=before)
        version = made["PolicyVersion"]["VersionId"]
        iam.delete_policy_version(PolicyArn=POLICY, VersionId=version)
        deployment.aws("s3").delete_object(Bucket=BUCKET, Key=ELSEWHERE)


RIGHTS = {
    "a revoked put": (
        [{**PUT, "Action": "s3:AbortMultipartUpload"}, ENCRYPT],
        "bucket.put",
        f"{GRANT}s3:PutObject, which is missing",
    ),
    "no right to abort": (
        [{**PUT, "Action": "s3:PutObject"}, ENCRYPT],
        "bucket.put",
        f"{GRANT}s3:AbortMultipartUpload, which is missing",
    ),
    "another prefix": (
        [{**PUT, "Resource": f"arn:aws:s3:::{BUCKET}/other/*"}, ENCRYPT],
        "bucket.put",
        f"{GRANT}s3:PutObject, which is missing",
    ),
    "no right to encrypt": ([PUT, {**ENCRYPT, "Action": "kms:Decrypt"}], "bucket.kms", KEY),
    "no right to join parts": (
        [PUT, {**ENCRYPT, "Action": "kms:GenerateDataKey"}],
        "bucket.kms",
        KEY,
    ),
    "writes elsewhere": (
        [{**PUT, "Resource": EVERYWHERE}, ENCRYPT],
        "bucket.put_elsewhere",
        f"remove that object, and {NARROW}",
    ),
    "reads": (
        [PUT, ENCRYPT, {"Action": "s3:GetObject", "Resource": OBJECTS}],
        "bucket.read",
        NARROW,
    ),
    "lists": (
        [PUT, ENCRYPT, {"Action": "s3:ListBucket", "Resource": f"arn:aws:s3:::{BUCKET}"}],
        "bucket.read",
        NARROW,
    ),
    "deletes": (
        [PUT, ENCRYPT, {"Action": "s3:DeleteObject", "Resource": OBJECTS}],
        "bucket.read",
        NARROW,
    ),
}


@pytest.mark.parametrize("case", RIGHTS)
def test_a_missing_or_excessive_right_is_named(
    deployment: Deployment, examine: Callable[[], dict[str, Check]], case: str
) -> None:
    """No other check fails."""
    allowed, name, do = RIGHTS[case]
    with policy(deployment, *allowed):
        checks = examine()
    assert failed(checks) == [name]
    assert checks[name].do.startswith(do), checks[name].do


def test_the_finding_has_the_right_that_is_missing_on_the_key(
    deployment: Deployment, examine: Callable[[], dict[str, Check]]
) -> None:
    """The put needs the key; every check that needs the object is skipped."""
    with policy(deployment, PUT):
        checks = examine()
    assert "is not authorized to perform: kms:GenerateDataKey" in checks["bucket.kms"].found
    for name in ("bucket.put", "bucket.encryption", "bucket.put_elsewhere", "bucket.public"):
        assert checks[name].found == "skipped: it needs bucket.kms"


def test_an_object_that_remains_elsewhere_is_named(
    deployment: Deployment, examine: Callable[[], dict[str, Check]]
) -> None:
    """The doctor has no right to remove it."""
    with policy(deployment, {**PUT, "Resource": EVERYWHERE}, ENCRYPT):
        found = examine()["bucket.put_elsewhere"].found
        deployment.aws("s3").head_object(Bucket=BUCKET, Key=ELSEWHERE)
    assert found.endswith(f"the object s3://{BUCKET}/{ELSEWHERE} remains")


def test_all_excessive_rights_of_the_uploader_are_listed(
    deployment: Deployment, examine: Callable[[], dict[str, Check]]
) -> None:
    """In one finding; the attempt to delete removed nothing."""
    with policy(deployment, {"Action": "*", "Resource": "*"}):
        checks = examine()
    assert failed(checks) == ["bucket.put_elsewhere", "bucket.read"]
    assert checks["bucket.read"].found == "the uploader can also read and list and delete objects"
    s3 = deployment.aws("s3")
    assert s3.get_object(Bucket=BUCKET, Key=probe.KEY)["Body"].read() == probe.BODY


def test_a_disabled_key_is_named(
    deployment: Deployment, examine: Callable[[], dict[str, Check]]
) -> None:
    """By the check of the key and by the administrator's check of the settings."""
    kms = deployment.aws("kms")
    kms.disable_key(KeyId=deployment.account.kms_key_arn)
    try:
        checks = examine()
    finally:
        kms.enable_key(KeyId=deployment.account.kms_key_arn)
    assert failed(checks) == ["bucket.kms", "bucket.settings"]
    assert "is disabled" in checks["bucket.kms"].found
    assert checks["bucket.kms"].do.startswith(KEY)
    assert "the key is Disabled" in checks["bucket.settings"].found


def test_a_public_bucket_is_found(
    deployment: Deployment,
    examine: Callable[[], dict[str, Check]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The stand-in never opens a bucket to the public, so the administrator stands for it."""
    clients = run._clients
    monkeypatch.setattr(run, "_clients", lambda: replace(clients(), anonymous=deployment.aws("s3")))
    checks = examine()
    assert failed(checks) == ["bucket.public"]
    assert checks["bucket.public"].found.startswith("everyone can read and list objects")
    assert checks["bucket.public"].do.startswith("block public access of the bucket")


def use(monkeypatch: pytest.MonkeyPatch, deployment: Deployment, **changes: Any) -> None:
    """Change aws_default for the test."""
    connection = deployment.connections()["aws_default"]
    connection["extra"] |= changes.pop("extra", {})
    for name, value in environment({"aws_default": {**connection, **changes}}).items():
        monkeypatch.setenv(name, value)


def test_a_wrong_access_key_is_named(
    deployment: Deployment, examine: Callable[[], dict[str, Check]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every other check of the bucket is skipped."""
    use(monkeypatch, deployment, login="AKIANOBODYSKEY")
    checks = examine()
    assert failed(checks) == ["bucket.credentials"]
    assert checks["bucket.credentials"].do.startswith("check login and password")
    assert {check.state for check in checks.values()} == {State.FAILED, State.SKIPPED}


def test_a_role_that_cannot_be_assumed_is_named(
    deployment: Deployment, examine: Callable[[], dict[str, Check]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The advice is about the connection that names the role."""
    service = {"sts": {"endpoint_url": deployment.account.endpoint}}
    role = {"role_arn": deployment.account.role_arn, "service_config": service}
    use(monkeypatch, deployment, extra=role)
    checks = examine()
    assert failed(checks) == ["bucket.credentials"]
    assert checks["bucket.credentials"].do.startswith("check role_arn in the extra")


def test_the_administrators_broken_connection_is_named(
    deployment: Deployment, examine: Callable[[], dict[str, Check]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is not taken for one that is missing, whose check would be skipped."""
    monkeypatch.setenv("AIRFLOW_CONN_AWS_ADMIN", '{"conn_type": "aws",')
    checks = examine()
    assert failed(checks) == ["bucket.settings"]
    found = checks["bucket.settings"].found
    assert found.startswith("The connection aws_admin exists, but it is broken: its text is not")


def test_an_endpoint_that_does_not_listen_fails_within_seconds(
    deployment: Deployment, examine: Callable[[], dict[str, Check]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The advice is about the network."""
    use(monkeypatch, deployment, extra={"endpoint_url": f"http://127.0.0.1:{free_port()}"})
    checks = examine()
    assert failed(checks) == ["bucket.credentials"]
    assert checks["bucket.credentials"].do.startswith("check that this machine reaches AWS")


def test_another_region_is_named_with_the_right_one(
    deployment: Deployment, examine: Callable[[], dict[str, Check]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """boto3 would follow S3's redirect, at the cost of a request for each client."""
    admin = deployment.account.administrator
    elsewhere = {"region_name": "eu-west-1"}
    use(monkeypatch, deployment, login=admin.key_id, password=admin.secret, extra=elsewhere)
    checks = examine()
    assert failed(checks) == ["bucket.region"]
    assert checks["bucket.region"].do == (
        "set region_name in the extra of aws_default to the bucket's region, us-east-1."
    )


def test_a_missing_bucket_is_named(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    """As is an unset Variable."""
    admin = deployment.account.administrator
    use(monkeypatch, deployment, login=admin.key_id, password=admin.secret)
    checks = {check.name: check for check in run.examine_bucket("amplitude-nowhere", "")}
    assert failed(checks) == ["bucket.region"]
    assert checks["bucket.region"].do.startswith("create the bucket (DAG amplitude_setup)")
    checks = {check.name: check for check in run.examine_bucket("", "")}
    assert failed(checks) == ["bucket.credentials"]
    assert "amplitude_bucket is not set" in checks["bucket.credentials"].found
