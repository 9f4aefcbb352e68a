"""The steps of the set-up over Airflow's connections, run by an administrator or rendered.

A step runs if the connection of its side's administrator exists (aws_admin, snowflake_admin) and
the run is not a dry run; otherwise its text is logged and returned, and the side does not change.
"""

from __future__ import annotations

import logging
from contextlib import AbstractContextManager
from typing import Any

from airflow.providers.amazon.aws.hooks.cloud_formation import CloudFormationHook
from botocore.exceptions import BotoCoreError, ClientError

from amplitude_export.bucket.hook import AwsHook
from amplitude_export.deployment import Deployment
from amplitude_export.errors import BadSetting, WarehouseRefused, WarehouseUnavailable
from amplitude_export.settings import AWS, AWS_ADMIN, SETUP, SNOWFLAKE_ADMIN
from amplitude_export.setup import objects, ownership, render, stack
from amplitude_export.setup.consent import require_answer
from amplitude_export.setup.inventory import Inventory, changes, columns, inventory
from amplitude_export.setup.steps import StackStep, Step
from amplitude_export.tasks.connections import is_configured
from amplitude_export.warehouse.hook import WarehouseHook
from amplitude_export.warehouse.names import Names
from amplitude_export.warehouse.session import Session

log = logging.getLogger(__name__)


class _StackHook(AwsHook, CloudFormationHook):
    """CloudFormationHook that raises BadSetting for a connection that cannot work."""

    def __init__(self, conn_id: str) -> None:
        super().__init__(aws_conn_id=conn_id)  # type: ignore[no-untyped-call]


def require_own_bucket(bucket: str, deployment: Deployment) -> None:
    """Raise BadSetting if another deployment has made the bucket, as far as aws_admin can tell."""
    if is_configured(AWS_ADMIN):
        hook = AwsHook(aws_conn_id=AWS_ADMIN, client_type="s3")
        ownership.require_own_bucket(hook.get_client_type, bucket, deployment)


def deploy(
    deployment: Deployment, parameters: dict[str, str], dry_run: bool, accepted: bool = False
) -> StackStep:
    """Deploy AWS's stack with the given parameters; all others keep their values.

    Raises BadSetting for a change that has to be `accepted` (consent.py).
    """
    given = {**deployment.parameters, **parameters}
    if dry_run or not is_configured(AWS_ADMIN):
        text = render.command(deployment.stack, given, _region())
        _log_by_hand(text, AWS_ADMIN, "AWS")
        return StackStep(changed=[], run=text, role_arn=None, user_arn=None, external_id=None)
    connect = _StackHook(AWS_ADMIN).get_client_type
    return _step(stack.deploy(connect, deployment.stack, given, accepted))


def reported(deployment: Deployment, step: StackStep) -> StackStep:
    """Return the step with the values for the trust that AWS reports now, whatever its result has.

    A user who can edit XComs must not hand the bucket to another identity with them. A rendered
    step has no values, and without aws_admin each step is rendered.
    """
    if step.role_arn and is_configured(AWS_ADMIN):
        return _step(stack.deployed(_StackHook(AWS_ADMIN).get_client_type, deployment.stack))
    return StackStep(changed=[], role_arn=None, user_arn=None, external_id=None)


def _step(deployed: stack.Deployed) -> StackStep:
    return StackStep(
        changed=deployed.changed,
        role_arn=deployed.outputs.get("SnowflakeRoleArn"),
        user_arn=deployed.parameters.get("SnowflakeUserArn"),
        external_id=deployed.parameters.get("ExternalId"),
    )


def create(
    side: str, names: Names, values: dict[str, Any], before: Inventory, dry_run: bool
) -> tuple[Step, Inventory]:
    """Create the objects of Snowflake's administrator or owner (objects.ADMIN, objects.OBJECTS).

    `before` is the inventory before the step; the one after it is returned with the result.
    """
    if dry_run or not is_configured(SNOWFLAKE_ADMIN):
        text = render.script(side, values)
        _log_by_hand(text, SNOWFLAKE_ADMIN, "Snowflake")
        return Step(changed=[], run=text), before
    with _session(names, None if side == objects.ADMIN else names.deployment.owner) as session:
        created = objects.create(session, side, values)
    after = read_inventory(names)
    changed = [*created, *changes(before, after)]
    log.info("Changed: %s", "\n".join(["", *changed]) if changed else "nothing.")
    return Step(changed=changed), after


def read_inventory(names: Names) -> Inventory:
    """Return Snowflake's inventory; it is empty without an administrator's connection.

    Raises BadSetting if another deployment has made an object that the set-up would change.
    """
    if not is_configured(SNOWFLAKE_ADMIN):
        return {}
    with _session(names, None) as session:
        found = inventory(session, names)
    ownership.require_own_objects(found, names)
    return found


def read_columns() -> Inventory:
    """Return the columns of the tables as the daily login sees them, for text that is rendered.

    Before the first set-up the login fails, and there are no columns.
    """
    try:
        with Session.opened(WarehouseHook(query_tag=SETUP).get_conn) as session:
            return dict(columns(session))
    except (WarehouseRefused, WarehouseUnavailable) as error:
        log.warning(
            "The tables could not be described, so that the text changes none of an earlier "
            "version: %s",
            error.what,
        )
        return {}


def reader_role(deployment: Deployment, account_id: str | None) -> str:
    """Return the ARN of Snowflake's role, whether it exists or not.

    The account is that of aws_default, or `account_id` if AWS does not name that one. Raises
    BadSetting if neither is known, or if they differ.
    """
    if account_id and not is_configured(AWS):
        partition, account = "aws", account_id
    else:
        partition, account = _uploaders_account(account_id)
    return f"arn:{partition}:iam::{account}:role/{deployment.reader_role}"


def _log_by_hand(text: str, conn_id: str, side: str) -> None:
    log.warning(
        "Nothing was changed in %s: this is a dry run, the connection %s is missing, or the other "
        "side has not been created yet. %s's administrator can run this (a command from the "
        "project's root):\n%s",
        side,
        conn_id,
        side,
        text,
    )


def _session(names: Names, role: str | None) -> AbstractContextManager[Session]:
    """Open a session of the administrator in the schema of the loads.

    `role` is a role that the administrator holds; None takes the connection's own.
    """
    hook = WarehouseHook(
        SNOWFLAKE_ADMIN,
        query_tag=SETUP,
        role=role,
        warehouse=names.warehouse,
        database=names.database,
        schema=names.schema,
    )
    return Session.opened(hook.get_conn, names.values, SNOWFLAKE_ADMIN)


def _region() -> str | None:
    """Return the region that the connections name for the stack, if any."""
    conn_id = AWS_ADMIN if is_configured(AWS_ADMIN) else AWS
    return _StackHook(conn_id).region_name


def _uploaders_account(account_id: str | None) -> tuple[str, str]:
    """Return partition and number of the account of aws_default, which needs no stack."""
    hook = AwsHook(aws_conn_id=AWS, client_type="sts")
    try:
        # The role does not exist before the first set-up; its name already has the account.
        arn = hook.conn_config.role_arn or hook.get_client_type().get_caller_identity()["Arn"]
    except (BotoCoreError, ClientError) as error:
        if account_id:
            return "aws", account_id
        raise BadSetting(
            f"The AWS account of the connection aws_default is not known: {error}.",
            "set the parameter aws_account_id.",
        ) from error
    _, partition, _, _, account, _ = arn.split(":", 5)
    require_answer("aws_account_id", account_id, account, "AWS")
    return partition, account
