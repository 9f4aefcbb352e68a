"""An AWS account and a Snowflake account, as their administrators see them."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from typing import Any

import snowflake.connector

from local import connections
from local.aws import Account, client
from local.warehouse import Warehouse

BUCKET = "amplitude-events-of-a-test"
NOTHING_GIVEN: dict[str, Any] = {
    "dry_run": False,
    "worker_arn": None,
    "retention_days": None,
    "external_id": None,
    "aws_account_id": None,
    "snowflake_user_arn": None,
}


@dataclass
class Accounts:
    """Both accounts, each as its administrator sees it."""

    aws: Account
    warehouse: Warehouse

    def client(self, service: str) -> Any:
        """A client of AWS with every right."""
        return client(service, self.aws.endpoint, self.aws.administrator)

    def stacks(self) -> list[str]:
        """The names of the stacks that are there."""
        return [
            stack["StackName"]
            for stack in self.client("cloudformation").describe_stacks()["Stacks"]
        ]

    def run(self, script: str) -> list[tuple[Any, ...]]:
        """Runs SQL as Snowflake's administrator; the rows of the last statement."""
        server = connections.snowflake_server(self.warehouse.url)
        login = {"user": "admin", "password": "admin", "role": "ACCOUNTADMIN"}
        with closing(
            snowflake.connector.connect(**login, warehouse="AMPLITUDE", **server)
        ) as session:
            cursors = list(session.execute_string(script))
            return list(cursors[-1].fetchall())
