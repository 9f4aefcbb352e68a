"""Whether the AWS role trusts Snowflake's user under the integration's external id."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from typing import Any

from botocore.exceptions import ClientError
from snowflake.connector import DictCursor, SnowflakeConnection

from amplitude_export.doctor.aws import aws_errors, code_of
from amplitude_export.doctor.examination import Examination, Fault, NotLooked
from amplitude_export.doctor.settings import Admin
from amplitude_export.errors import PipelineError
from amplitude_export.session import Session

log = logging.getLogger(__name__)

Connect = Callable[[], SnowflakeConnection]
Integration = Mapping[str, str]
"""The properties of DESC INTEGRATION by name."""

_DO = (
    "the role {STORAGE_AWS_ROLE_ARN} has to trust {STORAGE_AWS_IAM_USER_ARN} under the external id "
    "{STORAGE_AWS_EXTERNAL_ID}, and to be allowed to list, read and decrypt what lies below "
    "{STORAGE_ALLOWED_LOCATIONS}: run the DAG amplitude_setup, which writes both into the stack."
)


class Trust:
    """Both sides of the trust, as far as there are administrators' connections to read them."""

    def __init__(self, aws: Callable[[], Admin] | None, snowflake: Connect | None) -> None:
        self._aws = aws
        self._snowflake = snowflake

    def advice(self, loader: Connect) -> str:
        """Who has to trust whom; empty where neither administrator nor loader may read it."""
        try:
            return _DO.format(**_integration(self._snowflake or loader))
        except PipelineError as error:
            log.info("The integration could not be described: %s", error.what)
            return ""

    def check(self, exam: Examination) -> None:
        """`trust`."""
        exam.look("trust", self._trust)

    def _trust(self) -> str:
        if self._aws is None or self._snowflake is None:
            missing = "aws_admin" if self._aws is None else "snowflake_admin"
            raise NotLooked(f"no connection {missing}; snowflake.list proves the same from outside")
        integration = _integration(self._snowflake)
        role = integration["STORAGE_AWS_ROLE_ARN"]
        with aws_errors("aws_admin"):
            policy = _policy(self._aws().iam, role)
        if wrong := _fault(integration, policy):
            raise Fault(f"The role {role} {wrong}", _DO.format(**integration))
        return f"{role} trusts {integration['STORAGE_AWS_IAM_USER_ARN']} under the external id"


def _integration(connect: Connect) -> Integration:
    with closing(connect()) as connection, closing(connection.cursor(DictCursor)) as cursor:
        rows = Session(cursor, {}).run("checks/describe_integration")
    return {row["property"]: str(row["property_value"]) for row in rows}


def _policy(iam: Any, arn: str) -> Mapping[str, Any]:
    """The trust policy of the role; empty where there is no such role in the account."""
    try:
        role = iam.get_role(RoleName=arn.rpartition("/")[2])["Role"]
    except ClientError as error:
        if code_of(error) != "NoSuchEntity":
            raise
        return {}
    policy: Mapping[str, Any] = role["AssumeRolePolicyDocument"] if role["Arn"] == arn else {}
    return policy


def _fault(integration: Integration, policy: Mapping[str, Any]) -> str:
    """What keeps Snowflake from assuming the role, or opens it to others; empty for nothing."""
    if not policy:
        return "that the integration assumes is not in the account of aws_admin"
    user, external_id = (
        integration["STORAGE_AWS_IAM_USER_ARN"],
        integration["STORAGE_AWS_EXTERNAL_ID"],
    )
    trusted = list(_trusted(policy))
    ids = {asked for arn, asked in trusted if arn == user}
    if not ids:
        others = ", ".join(sorted({arn for arn, _ in trusted})) or "nobody"
        return f"trusts {others}, and not Snowflake's user {user}"
    if "" in ids:
        return f"trusts {user} without asking for an external id: other customers could use it"
    if external_id not in ids:
        return f"asks for the external id {min(ids)}, and the integration sends {external_id}"
    return ""


def _trusted(policy: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Each principal that may assume the role, with the external id that it is asked for."""
    for statement in policy.get("Statement", []):
        if statement["Effect"] != "Allow":
            continue
        asked = statement.get("Condition", {}).get("StringEquals", {}).get("sts:ExternalId", "")
        for arn in _listed(statement.get("Principal", {}).get("AWS", [])):
            for external_id in _listed(asked):
                yield arn, external_id


def _listed(value: str | list[str]) -> list[str]:
    """In a policy one value may stand without its list."""
    return [value] if isinstance(value, str) else value
