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
# Of Snowflake's inventory.
_EXTERNAL_ID = "integration STORAGE_AWS_EXTERNAL_ID"


@task
def deploy_stack(bucket: str, deployment: str = "", params: Any = None) -> Any:
    """Deploy AWS's key, bucket, uploader and Snowflake's role; keep the trust as it is."""
    from amplitude_export.setup import sides

    own = Deployment.of(deployment)
    sides.require_own_bucket(bucket, own)
    given = {"BucketName": bucket, "Prefix": PREFIX}
    chosen = {"RetentionDays": params["retention_days"], "WorkerArn": params["worker_arn"]}
    given |= {name: str(value) for name, value in chosen.items() if value is not None}
    return to_record(sides.deploy(own, given, params["dry_run"], params["accept_weaker"]))


@task
def create_account_objects(
    landing: Any, bucket: str, deployment: str = "", params: Any = None
) -> Any:
    """Create Snowflake's integration, roles, user, warehouse, database and schemas, as admin."""
    from amplitude_export.setup import sides
    from amplitude_export.setup.objects import ADMIN
    from amplitude_export.setup.ownership import comments, owned
    from amplitude_export.setup.steps import AccountStep, StackStep
    from amplitude_export.warehouse.hook import WarehouseHook

    names = WarehouseHook().names(Deployment.of(deployment))
    stack = sides.reported(names.deployment, from_record(StackStep, landing))
    before = sides.read_inventory(names)
    role_arn = _role_arn(stack, before, names.deployment, params)
    external_id = _external_id(stack, before, params) or _new_external_id(role_arn, bucket)
    values = {
        **names.values,
        **comments(before, names.deployment),
        **owned(before, names),
        "role_arn": role_arn,
        "external_id": external_id,
        "stage_url": _stage_url(bucket),
    }
    if names.fingerprint == before.get("user RSA_PUBLIC_KEY_2_FP"):
        # The key is being rotated in: the user already has it as its second key.
        values["public_key"] = None
    done, after = sides.create(ADMIN, names, values, before, params["dry_run"])
    user_arn = _user_arn(stack, after, params)
    return to_record(
        AccountStep(changed=done.changed, run=done.run, user_arn=user_arn, external_id=external_id)
    )


@task
def trust_snowflake(joined: Any, deployment: str = "", params: Any = None) -> Any:
    """Let Snowflake's user assume AWS's role under the integration's external id.

    The user is the one that Snowflake reports now, or else the parameter's, or the stack's own.
    """
    from amplitude_export.setup import sides
    from amplitude_export.setup.steps import AccountStep
    from amplitude_export.warehouse.hook import WarehouseHook

    account, own = from_record(AccountStep, joined), Deployment.of(deployment)
    now = sides.read_inventory(WarehouseHook().names(own))
    user_arn, external_id = account.user_arn, account.external_id
    if reported := now.get("integration STORAGE_AWS_IAM_USER_ARN"):
        user_arn = reported
        # A dry run has the one that its parameters would make.
        external_id = external_id if params["dry_run"] else now[_EXTERNAL_ID]
    given = {"ExternalId": external_id}
    if trusted := reported or params["snowflake_user_arn"]:
        given["SnowflakeUserArn"] = trusted
    elif not user_arn:
        given["SnowflakeUserArn"] = _USER_ARN.format(integration=own.integration.lower())
    rendered = params["dry_run"] or not user_arn
    accepted = bool(reported) or params["accept_weaker"]
    return to_record(sides.deploy(own, given, rendered, accepted))


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


@task
def fill_files() -> list[str]:
    """Fill AMPLITUDE_FILES for days that an earlier version loaded, as the daily login."""
    from amplitude_export.setup import files
    from amplitude_export.warehouse.hook import WarehouseHook

    return files.fill_files(WarehouseHook(query_tag=SETUP).get_conn)


def _role_arn(
    stack: StackStep, before: dict[str, str], deployment: Deployment, params: dict[str, Any]
) -> str:
    """Return the ARN of the stack's role; if it is unknown, Snowflake's or the parameter's."""
    from amplitude_export.setup import sides
    from amplitude_export.setup.consent import require_accepted, require_answer

    given = params["aws_account_id"]
    if stack.role_arn:
        require_answer("aws_account_id", given, _account(stack.role_arn), "AWS")
        return stack.role_arn
    in_use = before.get("integration STORAGE_AWS_ROLE_ARN")
    if in_use and given in (None, _account(in_use)):
        return in_use
    made = sides.reader_role(deployment, given)
    require_accepted(
        "aws_account_id",
        given,
        in_use and _account(in_use),
        params["accept_weaker"],
        "lets Snowflake load from another AWS account",
    )
    return made


def _account(arn: str) -> str:
    return arn.split(":")[4]


def _external_id(stack: StackStep, before: dict[str, str], params: dict[str, Any]) -> str | None:
    """Return the parameter's external id, or the one in use, which the trust is pinned to."""
    from amplitude_export.setup.consent import require_accepted

    given = params["external_id"]
    in_use = before.get(_EXTERNAL_ID) or stack.external_id
    effect = "replaces the one that the reader role trusts"
    require_accepted("external_id", given, in_use, params["accept_weaker"], effect)
    return given or in_use


def _new_external_id(role_arn: str, bucket: str) -> str:
    """Return the external id of role and bucket.

    Two administrators who set up their sides in two runs get the same. It is not a secret: it keeps
    the other integrations of the Snowflake account from this role.
    """
    return f"amplitude-{sha256(f'{role_arn} {bucket}'.encode()).hexdigest()[:32]}"


def _user_arn(stack: StackStep, after: dict[str, str], params: dict[str, Any]) -> str | None:
    """Return Snowflake's user; if Snowflake does not report it, the parameter's or the trusted."""
    from amplitude_export.setup.consent import require_accepted, require_answer

    given, name = params["snowflake_user_arn"], "snowflake_user_arn"
    if answer := after.get("integration STORAGE_AWS_IAM_USER_ARN"):
        require_answer(name, given, answer, "Snowflake")
        return answer
    effect = "lets another user read the bucket"
    require_accepted(name, given, stack.user_arn, params["accept_weaker"], effect)
    return given or stack.user_arn


def _stage_url(bucket: str) -> str:
    return f"s3://{bucket}/{PREFIX}"
