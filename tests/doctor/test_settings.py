"""How bucket and key are set, as far as an administrator's connection lets the doctor see."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from amplitude_export.doctor.check import State
from amplitude_export.doctor.run import examine_bucket

from tests.doctor.deployment import BUCKET, Deployment, failed

HERE = {"Bucket": BUCKET}


def unblock(deployment: Deployment) -> Callable[[], Any]:
    s3 = deployment.aws("s3")
    before = s3.get_public_access_block(**HERE)["PublicAccessBlockConfiguration"]
    changed = {**before, "BlockPublicPolicy": False}
    s3.put_public_access_block(**HERE, PublicAccessBlockConfiguration=changed)
    return lambda: s3.put_public_access_block(**HERE, PublicAccessBlockConfiguration=before)


def open_acls(deployment: Deployment) -> Callable[[], Any]:
    s3 = deployment.aws("s3")
    before = s3.get_bucket_ownership_controls(**HERE)["OwnershipControls"]
    s3.delete_bucket_ownership_controls(**HERE)
    return lambda: s3.put_bucket_ownership_controls(**HERE, OwnershipControls=before)


def allow_plain_http(deployment: Deployment) -> Callable[[], Any]:
    s3 = deployment.aws("s3")
    before = s3.get_bucket_policy(**HERE)["Policy"]
    s3.delete_bucket_policy(**HERE)
    return lambda: s3.put_bucket_policy(**HERE, Policy=before)


def keep(rule_id: str) -> Callable[[Deployment], Callable[[], Any]]:
    """Only this rule of the lifecycle."""

    def spoil(deployment: Deployment) -> Callable[[], Any]:
        s3 = deployment.aws("s3")
        before = s3.get_bucket_lifecycle_configuration(**HERE)["Rules"]
        kept = [rule for rule in before if rule["ID"] == rule_id]
        put = s3.put_bucket_lifecycle_configuration
        put(**HERE, LifecycleConfiguration={"Rules": kept})
        return lambda: put(**HERE, LifecycleConfiguration={"Rules": before})

    return spoil


def encrypt(by: str, *, bucket_key: bool = True) -> Callable[[Deployment], Callable[[], Any]]:
    """By S3's own key, by another key, or by the same one without a bucket key."""

    def spoil(deployment: Deployment) -> Callable[[], Any]:
        s3 = deployment.aws("s3")
        before = s3.get_bucket_encryption(**HERE)["ServerSideEncryptionConfiguration"]
        (rule,) = before["Rules"]
        default = {"SSEAlgorithm": by if by == "AES256" else "aws:kms"}
        if by == "another":
            metadata = deployment.aws("kms").create_key()["KeyMetadata"]
            default["KMSMasterKeyID"] = metadata["Arn"]
        elif by == "same":
            default = rule["ApplyServerSideEncryptionByDefault"]
        changed = {"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": bucket_key}
        put = s3.put_bucket_encryption
        put(**HERE, ServerSideEncryptionConfiguration={"Rules": [changed]})
        return lambda: put(**HERE, ServerSideEncryptionConfiguration=before)

    return spoil


def stop_rotation(deployment: Deployment) -> Callable[[], Any]:
    kms, key = deployment.aws("kms"), deployment.account.kms_key_arn.rpartition("/")[2]
    kms.disable_key_rotation(KeyId=key)
    return lambda: kms.enable_key_rotation(KeyId=key)


SETTINGS = {
    "public access": (unblock, "public access is not blocked (BlockPublicPolicy)"),
    "acls": (open_acls, "ACLs are on"),
    "plain http": (allow_plain_http, "no policy refuses requests without TLS"),
    "no end of parts": (
        keep("expire-landed-events"),
        "unfinished uploads in parts are never removed",
    ),
    "no end of objects": (
        keep("abort-incomplete-uploads"),
        "objects below python-import/ never expire",
    ),
    "rotation": (stop_rotation, "the key is not rotated"),
}


@pytest.mark.parametrize("case", SETTINGS)
def test_a_setting_that_was_changed_is_named(deployment: Deployment, case: str) -> None:
    """Nothing of it is seen from outside."""
    spoil, found = SETTINGS[case]
    mend = spoil(deployment)
    try:
        checks = {check.name: check for check in examine_bucket(BUCKET)}
    finally:
        mend()
    assert failed(checks) == ["bucket.settings"]
    assert checks["bucket.settings"].found.startswith(f"s3://{BUCKET}: {found}")
    assert checks["bucket.settings"].do.startswith("run the DAG amplitude_setup: the stack of")


ENCRYPTIONS = {
    "S3's own key": (
        encrypt("AES256"),
        ["bucket.encryption", "bucket.settings"],
        "objects are not encrypted by a KMS key",
    ),
    "no bucket key": (
        encrypt("same", bucket_key=False),
        ["bucket.encryption", "bucket.settings"],
        "the bucket key is off",
    ),
    "another key": (
        encrypt("another"),
        ["bucket.kms", "bucket.settings"],
        "objects are encrypted by another key than alias/amplitude-to-snowflake",
    ),
}


@pytest.mark.parametrize("case", ENCRYPTIONS)
def test_another_encryption_is_seen_from_outside_as_well(deployment: Deployment, case: str) -> None:
    """S3 says of each object how it is encrypted; another key is not the uploader's to use."""
    spoil, faults, found = ENCRYPTIONS[case]
    mend = spoil(deployment)
    try:
        checks = {check.name: check for check in examine_bucket(BUCKET)}
    finally:
        mend()
    assert failed(checks) == faults
    assert found in checks["bucket.settings"].found


def test_without_an_administrator_nothing_is_wrong(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The connection is optional; what it would show is proven from outside."""
    monkeypatch.delenv("AIRFLOW_CONN_AWS_ADMIN")
    checks = {check.name: check for check in examine_bucket(BUCKET)}
    assert failed(checks) == []
    assert checks["bucket.settings"].state is State.SKIPPED
    assert checks["bucket.settings"].found.startswith("not looked at: no connection aws_admin")
