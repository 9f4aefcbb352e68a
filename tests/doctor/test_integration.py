"""A closed integration, and a bucket whose uploader has no key yet."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from amplitude_export.doctor.check import Check, State
from amplitude_export.doctor.run import examine_snowflake

from local.aws import EXTERNAL_ID
from tests.doctor.deployment import BUCKET, STAGE_URL, Deployment, failed

ALTER = "alter storage integration amplitude_s3 set"
OPEN = (
    f"{ALTER} enabled = true storage_aws_external_id = '{EXTERNAL_ID}' "
    f"storage_allowed_locations = ('{STAGE_URL}') storage_blocked_locations = ()"
)
ADMINS = ("AIRFLOW_CONN_SNOWFLAKE_ADMIN", "AIRFLOW_CONN_AWS_ADMIN")
CLOSED = {
    "disabled": ("enabled = false", "is disabled", f"{ALTER} enabled = true: run the DAG"),
    "too narrow": (
        f"storage_allowed_locations = ('{STAGE_URL}2026/', 's3://other/')",
        f"allows {STAGE_URL}2026/,s3://other/ and not {STAGE_URL}",
        f"{ALTER} storage_allowed_locations = ('{STAGE_URL}'): run the DAG amplitude_setup",
    ),
    "blocked": (
        f"storage_blocked_locations = ('s3://{BUCKET}/')",
        f"blocks s3://{BUCKET}/",
        "alter storage integration amplitude_s3 unset storage_blocked_locations",
    ),
}


@contextmanager
def altered(deployment: Deployment, properties: str) -> Iterator[None]:
    """Alter the integration for the time of a test."""
    deployment.run(f"{ALTER} {properties}")
    try:
        yield
    finally:
        deployment.run(OPEN)


@pytest.mark.parametrize("case", CLOSED)
def test_the_fix_of_a_closed_integration_is_in_snowflake(deployment: Deployment, case: str) -> None:
    """Both checks advise it; AWS's trust is good and is not mentioned."""
    properties, found, do = CLOSED[case]
    with altered(deployment, properties):
        checks = deployment.examine_snowflake()
    assert failed(checks) == ["snowflake.list", "trust"]
    assert checks["trust"].found == f"The integration amplitude_s3 {found}"
    for name in ("snowflake.list", "trust"):
        assert checks[name].do.startswith(do)
        assert "has to trust" not in checks[name].do


@pytest.mark.parametrize("case", CLOSED)
def test_without_administrators_the_fix_is_the_same(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch, case: str
) -> None:
    """The loader can describe the integration, because it has USAGE."""
    for name in ADMINS:
        monkeypatch.delenv(name)
    properties, _, do = CLOSED[case]
    with altered(deployment, properties):
        checks = deployment.examine_snowflake()
    assert failed(checks) == ["snowflake.list"]
    assert checks["snowflake.list"].do.startswith(do)
    assert "has to trust" not in checks["snowflake.list"].do


def test_snowflakes_administrator_is_enough_to_describe_the_integration(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a connection to AWS, the check still finds that it is closed."""
    monkeypatch.delenv("AIRFLOW_CONN_AWS_ADMIN")
    with altered(deployment, "enabled = false"):
        checks = deployment.examine_snowflake()
    assert checks["trust"].found == "The integration amplitude_s3 is disabled"


def test_the_advice_on_the_trust_names_the_uploads_prefix(deployment: Deployment) -> None:
    """And not the locations that the integration allows."""
    gone = deployment.account.role_arn + "-gone"
    role = f"{ALTER} storage_aws_role_arn = '{{}}' storage_allowed_locations = ('{{}}')"
    deployment.run(role.format(gone, f"s3://{BUCKET}/"))
    try:
        checks = deployment.examine_snowflake()
    finally:
        deployment.run(role.format(deployment.account.role_arn, STAGE_URL))
    assert f"decrypt objects below {STAGE_URL}: run" in checks["trust"].do


def examine_without_probe(cause: str) -> dict[str, Check]:
    """Run the checks of Snowflake's side after checks of the bucket that never put the probe."""
    waiting = f"skipped: it needs {cause}"
    before = [
        Check(cause, State.FAILED, "no key", "add it"),
        Check("bucket.put", State.SKIPPED, waiting),
    ]
    return {check.name: check for check in examine_snowflake(BUCKET, before, "")}


def test_the_trust_is_proven_without_a_probe(deployment: Deployment) -> None:
    """The uploader gets its key after the set-up; only the copy needs an object."""
    checks = examine_without_probe("bucket.credentials")
    assert failed(checks) == []
    assert checks["snowflake.list"].state is State.OK
    assert checks["snowflake.list"].found == "Snowflake lists the stage; the probe was not put"
    assert checks["snowflake.copy"].found == "skipped: it needs bucket.put"


def test_a_broken_trust_is_found_without_a_probe(deployment: Deployment) -> None:
    """The same checks fail as with one."""
    with altered(deployment, "storage_aws_external_id = 'amplitude-other'"):
        checks = examine_without_probe("bucket.credentials")
    assert failed(checks) == ["snowflake.list", "trust"]


def test_a_missing_bucket_is_not_listed(deployment: Deployment) -> None:
    """No fault is reported twice."""
    checks = examine_without_probe("bucket.region")
    assert checks["snowflake.list"].found == "skipped: it needs bucket.region"
