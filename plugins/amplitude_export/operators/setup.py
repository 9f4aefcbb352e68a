"""The tasks of the set-up: each does its step, or renders it for those who may.

A side is done where its administrator's connection is there (aws_admin, snowflake_admin) and
`dry_run` is off; otherwise it is rendered, and nothing of it changes. Every task returns what it
has `changed`, line by line, or the text that is to be `run` by hand.
"""

from __future__ import annotations

import logging
import secrets
from typing import TYPE_CHECKING, Any

from airflow.sdk import task
from airflow.sdk.exceptions import AirflowSkipException

from amplitude_export.errors import BadSetting
from amplitude_export.workspace import PREFIX

if TYPE_CHECKING:
    from snowflake.connector import SnowflakeConnection

    from amplitude_export.setup.names import Names

log = logging.getLogger(__name__)

AWS_ADMIN = "aws_admin"
SNOWFLAKE_ADMIN = "snowflake_admin"
# What stands in rendered text for a value that nobody knows yet.
_USER_ARN = "<STORAGE_AWS_IAM_USER_ARN of: desc integration amplitude_s3>"


@task
def deploy_stack(bucket: str, params: Any = None) -> Any:
    """AWS: key, bucket, uploader and Snowflake's role, by CloudFormation; the trust stays."""
    from amplitude_export.setup.stack import READER_ROLE

    given = {"BucketName": bucket, "Prefix": PREFIX}
    chosen = {"RetentionDays": params["retention_days"], "WorkerArn": params["worker_arn"]}
    given |= {name: str(value) for name, value in chosen.items() if value is not None}
    done = _deploy(given, params["dry_run"])
    role_arn = done.pop("outputs", {}).get("SnowflakeRoleArn")
    return {"role_arn": role_arn or _role_arn(params["aws_account_id"], READER_ROLE), **done}


@task
def create_account_objects(landing: Any, bucket: str, params: Any = None) -> Any:
    """Snowflake, as administrator: roles, user, warehouse, database, schema, integration."""
    from amplitude_export.setup.objects import ADMIN

    names = _names()
    before = _inventory(names)
    values = {
        **names.values,
        "role_arn": landing["role_arn"],
        "external_id": params["external_id"] or _external_id(before),
        "stage_url": _stage_url(bucket),
    }
    if names.fingerprint == before.get("user RSA_PUBLIC_KEY_2_FP"):
        # A key that is being rotated in: the user has it already.
        values["public_key"] = None
    done = _create(ADMIN, names, values, params["dry_run"])
    user_arn = _inventory(names).get("integration STORAGE_AWS_IAM_USER_ARN")
    return {
        "user_arn": user_arn or params["snowflake_user_arn"],
        "external_id": values["external_id"],
        **done,
    }


@task
def trust_snowflake(joined: Any, params: Any = None) -> Any:
    """AWS: lets Snowflake's user assume the role, under the integration's external id."""
    known = bool(joined["user_arn"])
    given = {
        "SnowflakeUserArn": joined["user_arn"] or _USER_ARN,
        "ExternalId": joined["external_id"],
    }
    done = _deploy(given, params["dry_run"] or not known)
    done.pop("outputs", None)
    return done


@task
def create_objects(bucket: str, params: Any = None) -> Any:
    """Snowflake, as owner: file format, stage, tables, and what loader and reader may do."""
    from amplitude_export.setup.objects import OBJECTS

    names = _names()
    values = {**names.values, "stage_url": _stage_url(bucket)}
    return _create(OBJECTS, names, values, params["dry_run"])


@task
def wait_for_stage(params: Any = None) -> int:
    """Waits until the daily login lists the stage, and returns how many objects it shows."""
    from amplitude_export.hooks.warehouse import WarehouseHook
    from amplitude_export.setup import joined

    if params["dry_run"]:
        raise AirflowSkipException("A dry run changes nothing, so there is nothing to wait for.")
    return joined.wait_for_stage(WarehouseHook(query_tag="amplitude_setup").get_conn)


def _deploy(given: dict[str, str], dry_run: bool) -> dict[str, Any]:
    from airflow.providers.amazon.aws.hooks.cloud_formation import CloudFormationHook

    from amplitude_export.hooks.connections import is_configured
    from amplitude_export.setup.rendered import command
    from amplitude_export.setup.stack import deploy

    if dry_run or not is_configured(AWS_ADMIN):
        return _by_hand(command(given), AWS_ADMIN, "AWS")
    deployed = deploy(CloudFormationHook(aws_conn_id=AWS_ADMIN).get_conn(), given)
    return {"outputs": deployed.outputs, "changed": deployed.changed}


def _create(side: str, names: Names, values: dict[str, Any], dry_run: bool) -> dict[str, Any]:
    from amplitude_export.hooks.connections import is_configured
    from amplitude_export.setup.inventory import changes
    from amplitude_export.setup.names import OWNER
    from amplitude_export.setup.objects import ADMIN, create
    from amplitude_export.setup.rendered import script

    if dry_run or not is_configured(SNOWFLAKE_ADMIN):
        return _by_hand(script(side, values), SNOWFLAKE_ADMIN, "Snowflake")
    before = _inventory(names)
    with _session(names, None if side == ADMIN else OWNER) as connection:
        created = create(connection, side, values)
    changed = [*created, *changes(before, _inventory(names))]
    log.info("Changed: %s", "\n".join(["", *changed]) if changed else "nothing.")
    return {"changed": changed}


def _by_hand(text: str, conn_id: str, side: str) -> dict[str, Any]:
    log.warning(
        "Nothing was changed at %s: this is a dry run, or there is no connection %s. For %s's "
        "administrator to run, from the project's root:\n%s",
        side,
        conn_id,
        side,
        text,
    )
    return {"changed": [], "run": text}


def _names() -> Names:
    from amplitude_export.hooks.warehouse import WarehouseHook

    return WarehouseHook().names()


def _session(names: Names, role: str | None) -> SnowflakeConnection:
    """As administrator, or in a role that the administrator holds; in the schema of the loads."""
    from amplitude_export.hooks.warehouse import WarehouseHook

    _, _, schema = str(names.values["schema"]).rpartition(".")
    return WarehouseHook(
        SNOWFLAKE_ADMIN,
        query_tag="amplitude_setup",
        role=role,
        warehouse=names.warehouse,
        database=names.database,
        schema=schema,
    ).get_conn()


def _inventory(names: Names) -> dict[str, str]:
    """What is there, as far as anybody may look; reads only."""
    from amplitude_export.hooks.connections import is_configured
    from amplitude_export.setup.inventory import inventory

    if not is_configured(SNOWFLAKE_ADMIN):
        return {}
    with _session(names, None) as connection:
        return inventory(connection, names)


def _external_id(before: dict[str, str]) -> str:
    """The one in use, because trust is pinned to it; otherwise a new one that nobody can guess."""
    return before.get("integration STORAGE_AWS_EXTERNAL_ID") or f"amplitude-{secrets.token_hex(16)}"


def _stage_url(bucket: str) -> str:
    return f"s3://{bucket}/{PREFIX}"


def _role_arn(account_id: str | None, role: str) -> str:
    """The ARN that the role has or will have; its account is the uploader's, if nobody says it."""
    partition, account = ("aws", account_id) if account_id else _uploaders_account()
    return f"arn:{partition}:iam::{account}:role/{role}"


def _uploaders_account() -> tuple[str, str]:
    """Partition and number of the account that aws_default leads to, though all else be missing."""
    from airflow.providers.amazon.aws.hooks.base_aws import AwsGenericHook
    from botocore.exceptions import BotoCoreError, ClientError

    hook: AwsGenericHook[Any] = AwsGenericHook(aws_conn_id="aws_default", client_type="sts")
    try:
        # A role that is still to be made cannot be asked, but its name is known.
        arn = hook.conn_config.role_arn or hook.get_conn().get_caller_identity()["Arn"]
    except (BotoCoreError, ClientError) as error:
        raise BadSetting(
            f"The connection aws_default does not say which AWS account the role is in: {error}.",
            "give the parameter aws_account_id.",
        ) from error
    _, partition, _, _, account, _ = arn.split(":", 5)
    return partition, account
