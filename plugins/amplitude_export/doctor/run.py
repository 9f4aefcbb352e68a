"""Run the doctor over Airflow's connections: the pipeline's own hooks, but with short waits.

For the tasks in `task.py`, and for `make doctor`, which has no tasks. No function raises for a
fault that it finds; a missing connection is a line like any other.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

from airflow.sdk import BaseHook
from botocore import UNSIGNED
from botocore.config import Config
from snowflake.connector import SnowflakeConnection

from amplitude_export.bucket.hook import AwsHook, BucketHook
from amplitude_export.bucket.put import CLIENT_CONFIG
from amplitude_export.deployment import DEFAULT, Deployment
from amplitude_export.doctor.amplitude import Amplitude, readable_projects
from amplitude_export.doctor.bucket import Clients, Uploader
from amplitude_export.doctor.bucket_settings import Admin, check_settings
from amplitude_export.doctor.check import Check
from amplitude_export.doctor.code import check_code
from amplitude_export.doctor.dbt import check_dbt
from amplitude_export.doctor.integration import landing
from amplitude_export.doctor.limits import check_limits
from amplitude_export.doctor.objects import Objects
from amplitude_export.doctor.report import Report
from amplitude_export.doctor.rights import check_rights
from amplitude_export.doctor.roles import check_secondary_roles
from amplitude_export.doctor.runner import CheckRunner
from amplitude_export.doctor.shared import MarkerResult, check_shared
from amplitude_export.doctor.transform import check_transform
from amplitude_export.doctor.trust import Trust
from amplitude_export.doctor.volume import check_volume
from amplitude_export.doctor.warehouse import RoleSession
from amplitude_export.errors import BadSetting
from amplitude_export.export.hook import AmplitudeHook
from amplitude_export.projects import Project
from amplitude_export.settings import AWS, AWS_ADMIN, DOCTOR, SNOWFLAKE, SNOWFLAKE_ADMIN
from amplitude_export.tasks.connections import is_configured
from amplitude_export.warehouse.hook import SESSION_PARAMETERS, WarehouseHook

T = TypeVar("T")

# Seconds. An upload can wait for minutes and tries five times, but a person waits for the doctor.
_BRIEF = Config(
    connect_timeout=5,
    read_timeout=15,
    retries={"mode": "standard", "total_max_attempts": 2},
)
# Seconds, at most. A suspended warehouse takes some to resume.
_BRIEF_SESSION = {"login_timeout": 20, "network_timeout": 60, "socket_timeout": 20}
# Words in the names of a connection's extra whose values are secret.
_SECRETS = ("secret", "token", "passphrase", "password", "private_key_content")
# Characters. A shorter value, such as a stand-in's password, also occurs in ordinary sentences.
_SECRET_LENGTH = 8


class BriefWarehouseHook(WarehouseHook):
    """WarehouseHook whose timeouts are at most _BRIEF_SESSION, whatever the connection sets."""

    def _get_conn_params(self) -> dict[str, Any]:
        given = super()._get_conn_params()
        brief = {name: min(given.get(name, most), most) for name, most in _BRIEF_SESSION.items()}
        return {**given, **brief}


def examine(data_dir: str, bucket: str, deployment: str) -> Report:
    """Run all checks from this machine; `deployment` is the Variable's value, also a wrong one."""
    volume, put = examine_volume(data_dir), examine_bucket(bucket, deployment)
    copied = examine_snowflake(bucket, put, deployment)
    return Report(
        [
            *examine_amplitude(),
            *volume,
            *examine_shared(volume, None),
            *put,
            *copied,
            *examine_transform(copied, deployment),
        ],
        deployment=deployment or DEFAULT,
    )


def examine_amplitude() -> list[Check]:
    """Run the checks `amplitude.*`, of each project."""
    projects = readable_projects()
    runner = _runner(*(project.conn_id for project in projects))
    Amplitude(projects, _probe, _api_key).check(runner)
    return runner.checks


def examine_volume(data_dir: str) -> list[Check]:
    """Run the checks `volume.*`, except `volume.shared`."""
    runner = CheckRunner()
    check_volume(runner, data_dir)
    return runner.checks


def examine_shared(before: Sequence[Check], results: Sequence[MarkerResult] | None) -> list[Check]:
    """Run `volume.shared`, after the other checks of the volume; None: no task looked."""
    runner = CheckRunner(before)
    check_shared(runner, results)
    return runner.checks


def examine_bucket(bucket: str, deployment: str) -> list[Check]:
    """Run the checks `bucket.*`; puts the probe."""
    runner = _runner(AWS, AWS_ADMIN)
    uploader = Uploader(_clients, bucket)
    uploader.check(runner)
    check_limits(runner, uploader)
    check_settings(runner, _optional(AWS_ADMIN, _admin), bucket, partial(Deployment.of, deployment))
    return runner.checks


def examine_snowflake(bucket: str, before: Sequence[Check], deployment: str) -> list[Check]:
    """Run `code.include` and the checks `snowflake.*` and `trust`, after those of the bucket."""
    runner = _runner(SNOWFLAKE, SNOWFLAKE_ADMIN, AWS_ADMIN, before=before)
    named = partial(Deployment.of, deployment)
    trust = Trust(
        _optional(AWS_ADMIN, _admin),
        _optional(SNOWFLAKE_ADMIN, _admin_session),
        landing(bucket),
        named,
    )
    loader = RoleSession(_session, _named, SESSION_PARAMETERS)
    check_code(runner)
    with loader.session_scope():
        loader.check(runner)
        check_secondary_roles(runner, loader, _default_session)
        Objects(loader, bucket, trust, named).check(runner)
        check_rights(runner, loader, trust)
    trust.check(runner)
    return runner.checks


def examine_transform(before: Sequence[Check], deployment: str) -> list[Check]:
    """Run the checks `transform.*`, after those of Snowflake."""
    runner = _runner(SNOWFLAKE, before=before)
    named = partial(Deployment.of, deployment)
    transformer = RoleSession(
        lambda: _session(role=named().transformer), _named, SESSION_PARAMETERS
    )
    with transformer.session_scope():
        check_transform(runner, transformer, named)
    check_dbt(runner)
    return runner.checks


def _runner(*conn_ids: str, before: Sequence[Check] = ()) -> CheckRunner:
    found = [_secrets(conn_id) for conn_id in conn_ids if _is_readable(conn_id)]
    return CheckRunner(before, [secret for secrets in found for secret in secrets])


def _secrets(conn_id: str) -> list[str]:
    connection = BaseHook.get_connection(conn_id)
    hidden = [
        value
        for name, value in connection.extra_dejson.items()
        if any(word in name for word in _SECRETS)
    ]
    values = [connection.password or "", *map(str, hidden)]
    return [value for value in values if len(value) >= _SECRET_LENGTH]


def _is_readable(conn_id: str) -> bool:
    try:
        return is_configured(conn_id)
    except BadSetting:
        return False


def _optional(conn_id: str, connect: Callable[[], T]) -> Callable[[], T] | None:
    """Return `connect` if there is a connection; if it is broken, `connect` raises."""
    try:
        return connect if is_configured(conn_id) else None
    except BadSetting:
        return connect


def _require(conn_id: str) -> None:
    if not is_configured(conn_id):
        raise BadSetting(
            f"There is no connection {conn_id}.",
            "add it in Airflow, or as AIRFLOW_CONN_… in the environment of scheduler and workers; "
            ".env.example shows how.",
        )


def _probe(project: Project) -> tuple[str, datetime | None]:
    _require(project.conn_id)
    return AmplitudeHook(project.conn_id).probe()


def _api_key(project: Project) -> str | None:
    found = _is_readable(project.conn_id) and BaseHook.get_connection(project.conn_id).login
    return found or None


def _clients() -> Clients:
    """Connect as the uploads do: without aws_default, boto3 searches credentials by itself."""
    config = _brief(AWS, CLIENT_CONFIG)
    hook = BucketHook(config=config)
    return Clients(
        sts=_client(AWS, "sts"),
        s3=hook.get_client_type(),
        anonymous=hook.get_client_type(config=config.merge(Config(signature_version=UNSIGNED))),
    )


def _admin() -> Admin:
    return Admin(*(_client(AWS_ADMIN, service) for service in ("s3", "kms", "iam")))


def _client(conn_id: str, service: str) -> Any:
    config = _brief(conn_id, Config())
    return AwsHook(aws_conn_id=conn_id, client_type=service, config=config).get_client_type()


def _brief(conn_id: str, usual: Config) -> Config:
    """Return the usual configuration with the connection's own, with timeouts of seconds.

    The hook itself has to have it: the client that assumes the connection's role uses no other.
    """
    own = AwsHook(aws_conn_id=conn_id).conn_config.botocore_config
    return (usual.merge(own) if own else usual).merge(_BRIEF)


def _session(**given: str) -> SnowflakeConnection:
    """Connect as the connection names, with the `given` parameters in place of its own."""
    _require(SNOWFLAKE)
    return BriefWarehouseHook(SNOWFLAKE, query_tag=DOCTOR, **given).get_conn()


def _default_session() -> SnowflakeConnection:
    return BriefWarehouseHook(SNOWFLAKE, query_tag=DOCTOR).log_in()


def _admin_session() -> SnowflakeConnection:
    return BriefWarehouseHook(SNOWFLAKE_ADMIN, query_tag=DOCTOR).get_conn()


def _named(what: str) -> str:
    return str(BriefWarehouseHook(SNOWFLAKE)._get_conn_params().get(what) or "")
