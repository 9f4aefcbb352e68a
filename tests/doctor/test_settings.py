"""The settings of bucket and key, which the doctor reads with an administrator's connection."""

from __future__ import annotations

import json
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


def allow_other_keys(deployment: Deployment) -> Callable[[], Any]:
    """Keep only the policy's statement about TLS, as earlier versions had it."""
    s3 = deployment.aws("s3")
    before = s3.get_bucket_policy(**HERE)["Policy"]
    document = json.loads(before)
    document["Statement"] = document["Statement"][:1]
    s3.put_bucket_policy(**HERE, Policy=json.dumps(document))
    return lambda: s3.put_bucket_policy(**HERE, Policy=before)


def keep(*rule_ids: str) -> Callable[[Deployment], Callable[[], Any]]:
    """Keep only these rules of the lifecycle."""

    def break_it(deployment: Deployment) -> Callable[[], Any]:
        s3 = deployment.aws("s3")
        before = s3.get_bucket_lifecycle_configuration(**HERE)["Rules"]
        rules = [rule for rule in before if rule["ID"] in rule_ids]
        put = s3.put_bucket_lifecycle_configuration
        put(**HERE, LifecycleConfiguration={"Rules": rules})
        return lambda: put(**HERE, LifecycleConfiguration={"Rules": before})

    return break_it


def encrypt(by: str, *, bucket_key: bool = True) -> Callable[[Deployment], Callable[[], Any]]:
    """Encrypt with S3's own key, with another key, or with the same one without a bucket key."""

    def break_it(deployment: Deployment) -> Callable[[], Any]:
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

    return break_it


def stop_rotation(deployment: Deployment) -> Callable[[], Any]:
    kms, key = deployment.aws("kms"), deployment.account.kms_key_arn.rpartition("/")[2]
    kms.disable_key_rotation(KeyId=key)
    return lambda: kms.enable_key_rotation(KeyId=key)


SETTINGS = {
    "public access": (unblock, "public access is not blocked (BlockPublicPolicy)"),
    "acls": (open_acls, "ACLs are on"),
    "plain http": (allow_plain_http, "no policy refuses requests without TLS"),
    "other keys": (allow_other_keys, "no policy refuses uploads that name another key"),
    "no end of parts": (
        keep("expire-landed-events"),
        "unfinished multipart uploads are never removed",
    ),
    "no end of objects": (
        keep("abort-incomplete-uploads"),
        "objects below python-import/ never expire",
    ),
    "no end of hours": (
        keep("abort-incomplete-uploads", "expire-landed-events"),
        "objects below python-import/hourly/ stay for more than 3 days",
    ),
    "rotation": (stop_rotation, "the key is not rotated"),
}


@pytest.mark.parametrize("case", SETTINGS)
def test_a_changed_setting_is_named(deployment: Deployment, case: str) -> None:
    """The checks without an administrator's connection do not find it."""
    break_it, found = SETTINGS[case]
    restore = break_it(deployment)
    try:
        checks = {check.name: check for check in examine_bucket(BUCKET, "")}
    finally:
        restore()
    assert failed(checks) == ["bucket.settings"]
    assert checks["bucket.settings"].found.startswith(f"s3://{BUCKET}: {found}")
    assert checks["bucket.settings"].do.startswith("run the DAG amplitude_setup: the stack of")


ENCRYPTIONS = {
    "S3's own key": (
        encrypt("AES256"),
        ["bucket.encryption", "bucket.settings"],
        "objects are not encrypted with the stack's KMS key",
    ),
    "no bucket key": (
        encrypt("same", bucket_key=False),
        ["bucket.encryption", "bucket.settings"],
        "the bucket key is off",
    ),
    "another key": (
        encrypt("another"),
        ["bucket.kms", "bucket.settings"],
        "objects are encrypted with another key than alias/amplitude-to-snowflake",
    ),
}


@pytest.mark.parametrize("case", ENCRYPTIONS)
def test_another_encryption_is_found_without_an_administrator_as_well(
    deployment: Deployment, case: str
) -> None:
    """S3 reports the encryption of each object; the uploader cannot use another key."""
    break_it, faults, found = ENCRYPTIONS[case]
    restore = break_it(deployment)
    try:
        checks = {check.name: check for check in examine_bucket(BUCKET, "")}
    finally:
        restore()
    assert failed(checks) == faults
    assert found in checks["bucket.settings"].found


def test_without_an_administrator_the_check_is_skipped(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The connection is optional, and the other checks test the effects."""
    monkeypatch.delenv("AIRFLOW_CONN_AWS_ADMIN")
    checks = {check.name: check for check in examine_bucket(BUCKET, "")}
    assert failed(checks) == []
    assert checks["bucket.settings"].state is State.SKIPPED
    assert checks["bucket.settings"].found.startswith("skipped: no connection aws_admin")
