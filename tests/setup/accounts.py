"""An AWS account and a Snowflake account, with access as their administrators."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import snowflake.connector
from amplitude_export.setup.task import (
    create_account_objects,
    create_objects,
    deploy_stack,
    trust_snowflake,
)

from local.aws import REGION, Account, client
from local.aws.process import started
from local.launcher import connections
from local.warehouse import Warehouse
from tests.dbt_command import install_dbt

BUCKET = "amplitude-events-of-a-test"
NOTHING_GIVEN: dict[str, Any] = {
    "dry_run": False,
    "accept_weaker": False,
    "worker_arn": None,
    "retention_days": None,
    "external_id": None,
    "aws_account_id": None,
    "snowflake_user_arn": None,
}
WORKER = {"worker_arn": "arn:aws:iam::123456789012:user/worker"}


@dataclass
class Accounts:
    """Both accounts; `key` is the path of the service user's private key."""

    aws: Account
    warehouse: Warehouse
    key: Path

    def connect(self, patch: pytest.MonkeyPatch) -> None:
        """Set the connections of daily runs and administrators, the bucket's Variable, and dbt."""
        install_dbt(self.key.parent, patch)
        key = connections.private_key(self.key)
        made = connections.aws(self.aws, self.aws.endpoint)
        made |= connections.snowflake(self.warehouse.url, key)
        for name, value in made.items():
            patch.setenv(name, value)
        patch.setenv("AIRFLOW_VAR_AMPLITUDE_BUCKET", BUCKET)

    def client(self, service: str) -> Any:
        """Return a client of AWS with every permission."""
        return client(service, self.aws.endpoint, self.aws.administrator)

    def stacks(self) -> list[str]:
        """Return the names of the existing stacks."""
        return [
            stack["StackName"]
            for stack in self.client("cloudformation").describe_stacks()["Stacks"]
        ]

    def run(self, script: str) -> list[tuple[Any, ...]]:
        """Run SQL as Snowflake's administrator, and return the rows of the last statement."""
        server = connections.snowflake_server(self.warehouse.url)
        login = {"user": "admin", "password": "admin", "role": "ACCOUNTADMIN"}
        with closing(
            snowflake.connector.connect(**login, warehouse="AMPLITUDE", **server)
        ) as session:
            cursors = list(session.execute_string(script))
            return list(cursors[-1].fetchall())


def set_up(params: dict[str, Any], bucket: str = BUCKET, deployment: str = "") -> list[Any]:
    """Run the set-up for the connected accounts, and return the result of each step."""
    given = {"params": params, "deployment": deployment}
    landing = deploy_stack.function(bucket=bucket, **given)
    done = create_account_objects.function(landing=landing, bucket=bucket, **given)
    trust = trust_snowflake.function(joined=done, **given)
    return [landing, done, trust, create_objects.function(bucket=bucket, **given)]


@contextmanager
def both_accounts(folder: Path) -> Iterator[Accounts]:
    """Start both accounts, empty."""
    with started(folder / "aws.json") as aws, pytest.MonkeyPatch.context() as as_snowflake:
        as_snowflake.setenv("AWS_ACCESS_KEY_ID", aws.snowflake.key_id)
        as_snowflake.setenv("AWS_SECRET_ACCESS_KEY", aws.snowflake.secret)
        as_snowflake.setenv("AWS_DEFAULT_REGION", REGION)
        with Warehouse(folder / "snowflake.duckdb", aws.endpoint) as warehouse:
            as_snowflake.undo()
            yield Accounts(aws, warehouse, folder / "snowflake.key")
