"""The tasks of the set-up: each does its step, or renders it for those who may (sides.py).

Every task returns what it has `changed`, line by line, and where it was rendered also the text that
is to be `run` by hand. The heavy imports stand inside, so that the file of the DAG is parsed
without them.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from airflow.sdk import task
from airflow.sdk.exceptions import AirflowSkipException

from amplitude_export.workspace import PREFIX

# What stands in rendered text for a value that nobody knows yet.
_USER_ARN = "<STORAGE_AWS_IAM_USER_ARN of: desc integration amplitude_s3>"


@task
def deploy_stack(bucket: str, params: Any = None) -> Any:
    """AWS: key, bucket, uploader and Snowflake's role, by CloudFormation; the trust stays."""
    from amplitude_export.setup import sides

    given = {"BucketName": bucket, "Prefix": PREFIX}
    chosen = {"RetentionDays": params["retention_days"], "WorkerArn": params["worker_arn"]}
    given |= {name: str(value) for name, value in chosen.items() if value is not None}
    return sides.deploy(given, params["dry_run"])


@task
def create_account_objects(landing: Any, bucket: str, params: Any = None) -> Any:
    """Snowflake, as administrator: roles, user, warehouse, database, schemas, integration."""
    from amplitude_export.setup import sides
    from amplitude_export.setup.objects import ADMIN
    from amplitude_export.warehouse.hook import WarehouseHook

    names = WarehouseHook().names()
    before = sides.look(names)
    role_arn = _role_arn(landing, before, params["aws_account_id"])
    external_id = params["external_id"] or _external_id(landing, before, role_arn, bucket)
    values = {
        **names.values,
        "role_arn": role_arn,
        "external_id": external_id,
        "stage_url": _stage_url(bucket),
    }
    if names.fingerprint == before.get("user RSA_PUBLIC_KEY_2_FP"):
        # A key that is being rotated in: the user has it already.
        values["public_key"] = None
    done, after = sides.create(ADMIN, names, values, before, params["dry_run"])
    user_arn = after.get("integration STORAGE_AWS_IAM_USER_ARN")
    return {
        "user_arn": params["snowflake_user_arn"] or user_arn or landing["user_arn"],
        "external_id": external_id,
        **done,
    }


@task
def trust_snowflake(joined: Any, params: Any = None) -> Any:
    """AWS: lets Snowflake's user assume the role, under the integration's external id."""
    from amplitude_export.setup import sides

    known = bool(joined["user_arn"])
    given = {
        "SnowflakeUserArn": joined["user_arn"] or _USER_ARN,
        "ExternalId": joined["external_id"],
    }
    return sides.deploy(given, params["dry_run"] or not known)


@task
def create_objects(bucket: str, params: Any = None) -> Any:
    """Snowflake, as owner: file format, stage, tables, and what the other roles may do."""
    from amplitude_export.setup import sides
    from amplitude_export.setup.objects import OBJECTS
    from amplitude_export.warehouse.hook import WarehouseHook

    names = WarehouseHook().names()
    values = {**names.values, "stage_url": _stage_url(bucket)}
    done, _ = sides.create(OBJECTS, names, values, sides.look(names), params["dry_run"])
    return done


@task
def wait_for_stage(steps: Any, params: Any = None) -> int:
    """Waits until the daily login lists the stage, and returns how many objects it shows."""
    from amplitude_export.setup import stage
    from amplitude_export.warehouse.hook import WarehouseHook

    if params["dry_run"]:
        raise AirflowSkipException("A dry run changes nothing, so there is nothing to wait for.")
    # What was rendered, nobody has run yet, or ran long ago.
    patience = 0 if any("run" in step for step in steps) else stage.PATIENCE_SECONDS
    return stage.wait_for_stage(WarehouseHook(query_tag="amplitude_setup").get_conn, patience)


def _role_arn(landing: Any, before: dict[str, str], account_id: str | None) -> str:
    """The stack's role; where the stack cannot be asked, as the parameter or Snowflake has it."""
    from amplitude_export.setup import sides

    in_use = None if account_id else before.get("integration STORAGE_AWS_ROLE_ARN")
    return landing["role_arn"] or in_use or sides.reader_role(account_id)


def _external_id(landing: Any, before: dict[str, str], role_arn: str, bucket: str) -> str:
    """The one in use: trust is pinned to it.

    At first one that both sides come to by themselves, though they be set up by two people in two
    runs. It is no secret; it keeps other integrations of the Snowflake account from this role.
    """
    in_use = before.get("integration STORAGE_AWS_EXTERNAL_ID") or landing["external_id"]
    return in_use or f"amplitude-{sha256(f'{role_arn} {bucket}'.encode()).hexdigest()[:32]}"


def _stage_url(bucket: str) -> str:
    return f"s3://{bucket}/{PREFIX}"
