"""What can be wrong with the bucket, its key and the uploader: each is found alone, and named."""

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
KEY = "the bucket's KMS key has to be enabled"
NARROW = "narrow the uploader's policy to s3:PutObject and s3:AbortMultipartUpload"


@pytest.fixture
def look(deployment: Deployment) -> Callable[[], dict[str, Check]]:
    """What the doctor finds of the bucket; no secret key is in it."""

    def look_now() -> dict[str, Check]:
        checks = {check.name: check for check in run.examine_bucket(BUCKET)}
        said = json.dumps([to_record(check) for check in checks.values()])
        for key in (deployment.account.uploader, deployment.account.administrator):
            assert key.secret not in said
        return checks

    return look_now


@contextmanager
def policy(deployment: Deployment, *allowed: dict[str, Any]) -> Iterator[None]:
    """The uploader may do this, and nothing else."""
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
def test_a_right_too_few_or_too_many_is_named(
    deployment: Deployment, look: Callable[[], dict[str, Check]], case: str
) -> None:
    """And nothing else is red."""
    allowed, name, do = RIGHTS[case]
    with policy(deployment, *allowed):
        checks = look()
    assert failed(checks) == [name]
    assert checks[name].do.startswith(do), checks[name].do


def test_the_missing_right_on_the_key_is_in_the_words(
    deployment: Deployment, look: Callable[[], dict[str, Check]]
) -> None:
    """The put waits for the key; nothing that needs the object is looked at."""
    with policy(deployment, PUT):
        checks = look()
    assert "is not authorized to perform: kms:GenerateDataKey" in checks["bucket.kms"].found
    for name in ("bucket.put", "bucket.encryption", "bucket.put_elsewhere", "bucket.public"):
        assert checks[name].found == "not looked at: it needs bucket.kms"


def test_an_object_that_was_left_elsewhere_is_named(
    deployment: Deployment, look: Callable[[], dict[str, Check]]
) -> None:
    """The doctor can't remove it."""
    with policy(deployment, {**PUT, "Resource": EVERYWHERE}, ENCRYPT):
        found = look()["bucket.put_elsewhere"].found
        deployment.aws("s3").head_object(Bucket=BUCKET, Key=ELSEWHERE)
    assert found.endswith(f"the object s3://{BUCKET}/{ELSEWHERE} was left")


def test_what_a_too_mighty_uploader_may_do_is_listed(
    deployment: Deployment, look: Callable[[], dict[str, Check]]
) -> None:
    """All of it at once; trying the delete has removed nothing."""
    with policy(deployment, {"Action": "*", "Resource": "*"}):
        checks = look()
    assert failed(checks) == ["bucket.put_elsewhere", "bucket.read"]
    assert checks["bucket.read"].found == "the uploader may also read and list and delete objects"
    s3 = deployment.aws("s3")
    assert s3.get_object(Bucket=BUCKET, Key=probe.KEY)["Body"].read() == probe.BODY


def test_a_disabled_key_is_named(
    deployment: Deployment, look: Callable[[], dict[str, Check]]
) -> None:
    """By the check of the key; an administrator's look sees the same."""
    kms = deployment.aws("kms")
    kms.disable_key(KeyId=deployment.account.kms_key_arn)
    try:
        checks = look()
    finally:
        kms.enable_key(KeyId=deployment.account.kms_key_arn)
    assert failed(checks) == ["bucket.kms", "bucket.settings"]
    assert "is disabled" in checks["bucket.kms"].found
    assert checks["bucket.kms"].do.startswith(KEY)
    assert "the key is Disabled" in checks["bucket.settings"].found


def test_a_public_bucket_is_found(
    deployment: Deployment,
    look: Callable[[], dict[str, Check]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The stand-in closes its buckets to everybody, so the administrator stands for nobody."""
    clients = run._clients
    monkeypatch.setattr(run, "_clients", lambda: replace(clients(), anonymous=deployment.aws("s3")))
    checks = look()
    assert failed(checks) == ["bucket.public"]
    assert checks["bucket.public"].found.startswith("everybody may read and list objects")
    assert checks["bucket.public"].do.startswith("block public access of the bucket")


def use(monkeypatch: pytest.MonkeyPatch, deployment: Deployment, **changes: Any) -> None:
    """Changes aws_default."""
    connection = deployment.connections()["aws_default"]
    connection["extra"] |= changes.pop("extra", {})
    for name, value in environment({"aws_default": {**connection, **changes}}).items():
        monkeypatch.setenv(name, value)


def test_a_wrong_access_key_is_named(
    deployment: Deployment, look: Callable[[], dict[str, Check]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everything else waits."""
    use(monkeypatch, deployment, login="AKIANOBODYSKEY")
    checks = look()
    assert failed(checks) == ["bucket.credentials"]
    assert checks["bucket.credentials"].do.startswith("check login and password")
    assert {check.state for check in checks.values()} == {State.FAILED, State.SKIPPED}


def test_a_role_that_may_not_be_assumed_is_named(
    deployment: Deployment, look: Callable[[], dict[str, Check]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the connection that names it."""
    service = {"sts": {"endpoint_url": deployment.account.endpoint}}
    role = {"role_arn": deployment.account.role_arn, "service_config": service}
    use(monkeypatch, deployment, extra=role)
    checks = look()
    assert failed(checks) == ["bucket.credentials"]
    assert checks["bucket.credentials"].do.startswith("check role_arn in the extra")


def test_an_endpoint_that_nobody_listens_at_fails_within_seconds(
    deployment: Deployment, look: Callable[[], dict[str, Check]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A refused port."""
    use(monkeypatch, deployment, extra={"endpoint_url": f"http://127.0.0.1:{free_port()}"})
    checks = look()
    assert failed(checks) == ["bucket.credentials"]
    assert checks["bucket.credentials"].do.startswith("check that this machine reaches AWS")


def test_another_region_is_named_with_the_right_one(
    deployment: Deployment, look: Callable[[], dict[str, Check]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """boto3 would find its way, once for each client."""
    admin = deployment.account.administrator
    elsewhere = {"region_name": "eu-west-1"}
    use(monkeypatch, deployment, login=admin.key_id, password=admin.secret, extra=elsewhere)
    checks = look()
    assert failed(checks) == ["bucket.region"]
    assert checks["bucket.region"].do == (
        "set region_name in the extra of aws_default to the bucket's region, us-east-1."
    )


def test_a_bucket_that_is_not_there_is_named(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And a Variable that is not set."""
    admin = deployment.account.administrator
    use(monkeypatch, deployment, login=admin.key_id, password=admin.secret)
    checks = {check.name: check for check in run.examine_bucket("amplitude-nowhere")}
    assert failed(checks) == ["bucket.region"]
    assert checks["bucket.region"].do.startswith("create the bucket (DAG amplitude_setup)")
    checks = {check.name: check for check in run.examine_bucket("")}
    assert failed(checks) == ["bucket.credentials"]
    assert "amplitude_bucket is not set" in checks["bucket.credentials"].found
