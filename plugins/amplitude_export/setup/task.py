"""The tasks of the set-up: each runs its step, or renders it for an administrator (sides.py).

Every task returns what it `changed`, line by line; a rendered step also returns the text that is to
be `run` by hand. The heavy imports are inside, so that the DAG file parses without them.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any

from airflow.sdk import task
from airflow.sdk.exceptions import AirflowSkipException

from amplitude_export.deployment import Deployment
from amplitude_export.record import from_record, to_record
from amplitude_export.settings import SETUP
from amplitude_export.workspace import PREFIX

if TYPE_CHECKING:
    from amplitude_export.setup.steps import StackStep

# The placeholder in rendered text for a value that is not known yet.
_USER_ARN = "<STORAGE_AWS_IAM_USER_ARN of: desc integration {integration}>"


@task
def deploy_stack(bucket: str, deployment: str = "", params: Any = None) -> Any:
    """Deploy AWS's key, bucket, uploader and Snowflake's role; keep the trust as it is."""
    from amplitude_export.setup import sides

    own = Deployment.of(deployment)
    sides.require_own_bucket(bucket, own)
    given = {"BucketName": bucket, "Prefix": PREFIX}
    chosen = {"RetentionDays": params["retention_days"], "WorkerArn": params["worker_arn"]}
    given |= {name: str(value) for name, value in chosen.items() if value is not None}
    return to_record(sides.deploy(own, given, params["dry_run"]))


@task
def create_account_objects(
    landing: Any, bucket: str, deployment: str = "", params: Any = None
) -> Any:
    """Create Snowflake's integration, roles, user, warehouse, database and schemas, as admin."""
    from amplitude_export.setup import sides
    from amplitude_export.setup.objects import ADMIN
    from amplitude_export.setup.ownership import comments
    from amplitude_export.setup.steps import AccountStep, StackStep
    from amplitude_export.warehouse.hook import WarehouseHook

    stack = from_record(StackStep, landing)
    names = WarehouseHook().names(Deployment.of(deployment))
    before = sides.read_inventory(names)
    role_arn = _role_arn(stack, before, names.deployment, params["aws_account_id"])
    external_id = params["external_id"] or _external_id(stack, before, role_arn, bucket)
    values = {
        **names.values,
        **comments(before, names.deployment),
        "role_arn": role_arn,
        "external_id": external_id,
        "stage_url": _stage_url(bucket),
    }
    if names.fingerprint == before.get("user RSA_PUBLIC_KEY_2_FP"):
        # The key is being rotated in: the user already has it as its second key.
        values["public_key"] = None
    done, after = sides.create(ADMIN, names, values, before, params["dry_run"])
    user_arn = after.get("integration STORAGE_AWS_IAM_USER_ARN")
    return to_record(
        AccountStep(
            changed=done.changed,
            run=done.run,
            user_arn=params["snowflake_user_arn"] or user_arn or stack.user_arn,
            external_id=external_id,
        )
    )


@task
def trust_snowflake(joined: Any, deployment: str = "", params: Any = None) -> Any:
    """Let Snowflake's user assume AWS's role under the integration's external id."""
    from amplitude_export.setup import sides
    from amplitude_export.setup.steps import AccountStep

    account, own = from_record(AccountStep, joined), Deployment.of(deployment)
    unknown = _USER_ARN.format(integration=own.integration.lower())
    given = {
        "SnowflakeUserArn": account.user_arn or unknown,
        "ExternalId": account.external_id,
    }
    return to_record(sides.deploy(own, given, params["dry_run"] or not account.user_arn))


@task
def create_objects(bucket: str, deployment: str = "", params: Any = None) -> Any:
    """Create or migrate Snowflake's file formats, stage, tables and grants, as their owner."""
    from amplitude_export.setup import sides
    from amplitude_export.setup.migration import migration
    from amplitude_export.setup.objects import OBJECTS
    from amplitude_export.warehouse.hook import WarehouseHook

    names = WarehouseHook().names(Deployment.of(deployment))
    before = sides.read_inventory(names)
    migrated = migration(before or sides.read_columns())
    values = {**names.values, **migrated, "stage_url": _stage_url(bucket)}
    done, _ = sides.create(OBJECTS, names, values, before, params["dry_run"])
    return to_record(done)


@task
def wait_for_stage(steps: Any, params: Any = None) -> int:
    """Wait until the daily login can list the stage, and return the number of objects in it."""
    from amplitude_export.setup import stage
    from amplitude_export.setup.steps import Step
    from amplitude_export.warehouse.hook import WarehouseHook

    if params["dry_run"]:
        raise AirflowSkipException("A dry run changes nothing, so there is nothing to wait for.")
    # A rendered step has not been run yet, or was run long ago: waiting does not help.
    rendered = any(step.run is not None for step in from_record(list[Step], steps))
    patience = 0 if rendered else stage.PATIENCE_SECONDS
    return stage.wait_for_stage(WarehouseHook(query_tag=SETUP).get_conn, patience)


def _role_arn(
    stack: StackStep, before: dict[str, str], deployment: Deployment, account_id: str | None
) -> str:
    """Return the ARN of the stack's role; if it is unknown, the parameter's or Snowflake's."""
    from amplitude_export.setup import sides

    in_use = None if account_id else before.get("integration STORAGE_AWS_ROLE_ARN")
    return stack.role_arn or in_use or sides.reader_role(deployment, account_id)


def _external_id(stack: StackStep, before: dict[str, str], role_arn: str, bucket: str) -> str:
    """Return the external id in use, which the trust is pinned to, or a new one.

    A new one is derived from role and bucket, so that two administrators who set up their sides in
    two runs get the same. It is not a secret: it keeps the other integrations of the Snowflake
    account from this role.
    """
    in_use = before.get("integration STORAGE_AWS_EXTERNAL_ID") or stack.external_id
    return in_use or f"amplitude-{sha256(f'{role_arn} {bucket}'.encode()).hexdigest()[:32]}"


def _stage_url(bucket: str) -> str:
    return f"s3://{bucket}/{PREFIX}"
