"""A deployment as `amplitude_setup` leaves it, checked by the DAG and from this machine."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

from amplitude_export.doctor import probe
from amplitude_export.doctor.check import Check, State
from amplitude_export.record import from_record

from tests.doctor.deployment import BUCKET, Deployment

NAMES = [
    "amplitude.credentials",
    "amplitude.clock",
    "volume.present",
    "volume.writable",
    "volume.room",
    "volume.shared",
    "code.projects",
    "bucket.credentials",
    "bucket.region",
    "bucket.put",
    "bucket.kms",
    "bucket.encryption",
    "bucket.put_elsewhere",
    "bucket.read",
    "bucket.public",
    "bucket.settings",
    "code.include",
    "snowflake.login",
    "snowflake.clock",
    "snowflake.session",
    "snowflake.warehouse",
    "snowflake.schema",
    "snowflake.roles",
    "snowflake.tables",
    "snowflake.file_format",
    "snowflake.stage",
    "snowflake.list",
    "snowflake.privileges",
    "snowflake.copy",
    "trust",
    "transform.role",
    "transform.warehouse",
    "transform.schema",
    "transform.sources",
    "transform.layers",
    "transform.dbt",
]


def not_ok(checks: dict[str, Check]) -> set[str]:
    return {name for name, check in checks.items() if check.state is not State.OK}


def test_a_healthy_deployment_passes_every_check(deployment: Deployment) -> None:
    """Only the check that needs several workers is skipped."""
    checks = deployment.examine()
    assert list(checks) == NAMES
    assert not_ok(checks) == {"volume.shared"}


def test_only_the_probe_is_left_in_the_bucket(deployment: Deployment) -> None:
    """One object, and no unfinished multipart upload."""
    s3 = deployment.aws("s3")
    for left in s3.list_multipart_uploads(Bucket=BUCKET).get("Uploads", []):
        s3.abort_multipart_upload(Bucket=BUCKET, Key=left["Key"], UploadId=left["UploadId"])
    deployment.examine()
    listed = s3.list_objects_v2(Bucket=BUCKET)["Contents"]
    assert [each["Key"] for each in listed] == [probe.KEY]
    assert s3.list_multipart_uploads(Bucket=BUCKET).get("Uploads", []) == []


def test_the_dag_is_green_and_its_result_is_the_report(
    deployment: Deployment, dags: dict[str, Any]
) -> None:
    """With the same checks in the same order; here one host looked at the volume."""
    run = dags["amplitude_doctor"].test()
    assert run.state == "success"
    record = result(run)
    assert record["ok"] is True
    assert record["deployment"] == "default"
    checks = {each["name"]: from_record(Check, each) for each in record["checks"]}
    assert list(checks) == NAMES
    assert not_ok(checks) == set()
    assert checks["volume.shared"].found == (
        f"only {socket.gethostname()} looked, and found the marker"
    )


def result(run: Any) -> Any:
    (report,) = [each for each in run.get_task_instances() if each.task_id == "doctor.report"]
    return report.xcom_pull(task_ids="doctor.report")


def test_the_dag_is_red_if_a_check_fails(
    deployment: Deployment, dags: dict[str, Any], volume: Path
) -> None:
    """Only its report fails, without a retry; it names the failed check, and all others ran."""
    volume.rmdir()
    run = dags["amplitude_doctor"].test()
    assert run.state == "failed"
    states = {each.task_id: each.state for each in run.get_task_instances()}
    assert [task for task, state in states.items() if state != "success"] == ["doctor.report"]
    record = result(run)
    assert record["ok"] is False
    failures = [each["name"] for each in record["checks"] if each["state"] == "failed"]
    assert failures == ["volume.present"]
