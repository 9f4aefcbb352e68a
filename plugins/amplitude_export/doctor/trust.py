"""Check that the AWS role trusts Snowflake's user under the integration's external id."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import ClientError

from amplitude_export.bucket.codes import code_of
from amplitude_export.deployment import Deployment
from amplitude_export.doctor.aws import aws_errors
from amplitude_export.doctor.bucket_settings import Admin
from amplitude_export.doctor.integration import Integration, advice_on
from amplitude_export.doctor.runner import CheckRunner, Fault, Skipped
from amplitude_export.doctor.trust_policy import fault
from amplitude_export.errors import PipelineError
from amplitude_export.settings import AWS_ADMIN, SNOWFLAKE_ADMIN
from amplitude_export.warehouse.session import Connect, Session

log = logging.getLogger(__name__)


class Trust:
    """Both sides of the trust, as far as administrators' connections exist to read them.

    `named` returns the deployment, or raises BadSetting.
    """

    def __init__(
        self,
        aws: Callable[[], Admin] | None,
        snowflake: Connect | None,
        url: str,
        named: Callable[[], Deployment],
    ) -> None:
        self._aws = aws
        self._snowflake = snowflake
        self._url = url
        self._named = named

    def advice(self, loader: Connect, message: str) -> str:
        """Return the fix for a stage that Snowflake cannot read; `message` is its error.

        Empty if the message does not tell, and neither administrator nor loader can describe the
        integration.
        """
        try:
            integration = self._integration(self._snowflake or loader)
        except PipelineError as error:
            log.info("The integration could not be described: %s", error.what)
            return advice_on(message, self._name, self._url)
        closed = " ".join(do for _, do in integration.faults)
        return closed or advice_on(message, self._name, self._url) or integration.trust

    def check(self, runner: CheckRunner) -> None:
        """Run `trust`."""
        runner.run("trust", self._trust)

    def _trust(self) -> str:
        if self._snowflake is None:
            missing = SNOWFLAKE_ADMIN if self._aws else f"{AWS_ADMIN} and {SNOWFLAKE_ADMIN}"
            raise _skipped(missing)
        integration = self._integration(self._snowflake)
        if closed := list(integration.faults):
            found, do = ("; ".join(what for what, _ in closed), " ".join(do for _, do in closed))
            raise Fault(f"The integration {integration.name} {found}", do)
        if self._aws is None:
            raise _skipped(AWS_ADMIN)
        return _require_trust(self._aws, integration)

    def _integration(self, connect: Connect) -> Integration:
        with Session.opened(connect) as session:
            rows = session.run("warehouse/describe_integration", integration=self._name)
        properties = {row["property"]: str(row["property_value"]) for row in rows}
        return Integration(self._name, properties, self._url)

    @property
    def _name(self) -> str:
        """The integration's name, as the advice writes it."""
        return self._named().integration.lower()


def _skipped(missing: str) -> Skipped:
    return Skipped(f"no connection {missing}; snowflake.list tests the effect")


def _require_trust(connect: Callable[[], Admin], integration: Integration) -> str:
    """Raise Fault if the AWS role does not trust the integration, or trusts others too."""
    role, user, external_id = (
        integration.properties[f"STORAGE_AWS_{name}"]
        for name in ("ROLE_ARN", "IAM_USER_ARN", "EXTERNAL_ID")
    )
    with aws_errors(AWS_ADMIN):
        policy = _policy(connect().iam, role)
    if wrong := fault(policy, user, external_id):
        raise Fault(f"The role {role} {wrong}", integration.trust)
    return f"{role} trusts only {user}, under the external id"


def _policy(iam: Any, arn: str) -> Mapping[str, Any]:
    """Return the role's trust policy; empty if the account has no such role."""
    try:
        role = iam.get_role(RoleName=arn.rpartition("/")[2])["Role"]
    except ClientError as error:
        if code_of(error) != "NoSuchEntity":
            raise
        return {}
    policy: Mapping[str, Any] = role["AssumeRolePolicyDocument"] if role["Arn"] == arn else {}
    return policy
