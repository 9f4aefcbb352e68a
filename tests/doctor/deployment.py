"""A whole deployment on the stand-ins, as `amplitude_setup` leaves it, and helpers to break it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import snowflake.connector
from amplitude_export.doctor import probe
from amplitude_export.doctor.check import Check, State
from amplitude_export.doctor.run import examine, examine_snowflake
from amplitude_export.setup.objects import ADMIN, OBJECTS, create
from amplitude_export.warehouse.names import Names
from amplitude_export.warehouse.session import Session
from amplitude_export.workspace import PREFIX
from snowflake.connector import DictCursor

from local.aws import EXTERNAL_ID, REGION, Account, client
from local.warehouse import Warehouse

BUCKET = "amplitude-doctor"
ADMINISTRATOR = {"user": "admin", "password": "made-up-password", "role": "ACCOUNTADMIN"}
STAGE_URL = f"s3://{BUCKET}/{PREFIX}"


@dataclass
class Deployment:
    """The stand-ins, and the connections by which the doctor finds them."""

    account: Account
    warehouse: Warehouse
    names: Names
    private_key: str
    volume: Path

    def aws(self, service: str) -> Any:
        """Return boto3's client with the administrator's rights."""
        return client(service, self.account.endpoint, self.account.administrator)

    @contextmanager
    def snowflake(self, role: str = "ACCOUNTADMIN") -> Iterator[Any]:
        """Yield a cursor with the role's rights; ACCOUNTADMIN has all."""
        place = {**self.warehouse.connection(), "warehouse": self.names.warehouse}
        place |= {**ADMINISTRATOR, "role": role}
        with closing(snowflake.connector.connect(**place)) as session:
            yield session.cursor()

    def run(self, *statements: str) -> None:
        """Run the statements as administrator."""
        with self.snowflake() as cursor:
            for statement in statements:
                cursor.execute(statement)

    def set_up(self) -> None:
        """Create Snowflake's side with the files of the set-up."""
        values = {
            **self.names.values,
            "role_arn": self.account.role_arn,
            "external_id": EXTERNAL_ID,
            "stage_url": STAGE_URL,
        }
        for side, role in ((ADMIN, "ACCOUNTADMIN"), (OBJECTS, "AMPLITUDE_OWNER")):
            with self.snowflake(role) as cursor:
                create(Session(cursor.connection.cursor(DictCursor), {}), side, values)

    def put_probe(self) -> None:
        """Put the object that the checks of the bucket leave there."""
        self.aws("s3").put_object(Bucket=BUCKET, Key=probe.KEY, Body=probe.BODY)

    def connections(self) -> dict[str, dict[str, Any]]:
        """Return the connections of AWS and Snowflake, by id."""
        server = {
            "account": "local",
            "host": "127.0.0.1",
            "port": self.warehouse.port,
            "protocol": "http",
        }
        loader = {
            "role": self.names.loader,
            "warehouse": self.names.warehouse,
            "database": self.names.database,
            "private_key_content": self.private_key,
        }
        uploader, admin = self.account.uploader, self.account.administrator
        here = {"region_name": REGION, "endpoint_url": self.account.endpoint}
        return {
            "aws_default": _aws(uploader.key_id, uploader.secret, here),
            "aws_admin": _aws(admin.key_id, admin.secret, here),
            "snowflake_default": {
                "conn_type": "snowflake",
                "login": self.names.user,
                "schema": self.names.schema,
                "extra": {**server, **loader},
            },
            "snowflake_admin": {
                "conn_type": "snowflake",
                "login": ADMINISTRATOR["user"],
                "password": ADMINISTRATOR["password"],
                "extra": {**server, "role": ADMINISTRATOR["role"]},
            },
        }

    def examine_snowflake(self) -> dict[str, Check]:
        """Run the checks of Snowflake's side, with the probe in the bucket; require no secret."""
        checks = {check.name: check for check in examine_snowflake(BUCKET, [], "")}
        self.require_silence(checks)
        return checks

    def require_silence(self, checks: dict[str, Check]) -> None:
        """Fail if a check's line contains a key or a password."""
        text = "".join(check.line for check in checks.values())
        account = self.account
        keys = (account.administrator, account.worker, account.snowflake, account.uploader)
        for secret in (self.private_key, ADMINISTRATOR["password"], *(key.secret for key in keys)):
            assert secret not in text

    def examine(self, deployment: str = "") -> dict[str, Check]:
        """Run every check of the doctor; return them by name."""
        found = examine(str(self.volume), BUCKET, deployment)
        checks = {check.name: check for check in found.checks}
        self.require_silence(checks)
        return checks


def _aws(key_id: str, secret: str, extra: dict[str, str]) -> dict[str, Any]:
    return {"conn_type": "aws", "login": key_id, "password": secret, "extra": extra}


def environment(connections: dict[str, dict[str, Any]]) -> dict[str, str]:
    """Return the connections as the environment variables that Airflow reads."""
    return {f"AIRFLOW_CONN_{name.upper()}": json.dumps(c) for name, c in connections.items()}


def failed(checks: dict[str, Check]) -> list[str]:
    """Return the names of the failed checks."""
    return [name for name, check in checks.items() if check.state is State.FAILED]
