"""Empty stand-ins of AWS, Snowflake, Amplitude and a package registry, with their connections.

It imports only names that version 0.5.0 has as well, because the recorder also runs there.
"""

from __future__ import annotations

import json
import os
from base64 import b64encode
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import snowflake.connector
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from local.aws import ACCOUNT_ID, REGION, Account, client
from local.aws.process import started
from local.export_api import API_KEY, SECRET_KEY, ExportApi
from local.packages import Packages
from local.s3_proxy import S3Proxy
from local.warehouse import Warehouse
from tests.dbt_command import install_dbt

ROOT = Path(__file__).resolve().parents[2]
BUCKET = "amplitude-events"
# Few enough for a person to read the fixtures.
EVENTS_A_DAY = 12


@dataclass
class Deployment:
    """The stand-ins. Uploads go through `s3_proxy`."""

    aws: Account
    s3_proxy: S3Proxy
    warehouse: Warehouse
    api: ExportApi
    volume: Path
    connections: dict[str, dict[str, Any]]

    def connect(self, patch: pytest.MonkeyPatch) -> None:
        """Set the connections and Variables of all DAGs, and put a stub of dbt on PATH."""
        for name, connection in self.connections.items():
            patch.setenv(f"AIRFLOW_CONN_{name.upper()}", json.dumps(connection))
        patch.setenv("AIRFLOW_VAR_AMPLITUDE_DATA_DIR", str(self.volume))
        patch.setenv("AIRFLOW_VAR_AMPLITUDE_BUCKET", BUCKET)
        install_dbt(self.volume.parent, patch)

    @property
    def s3(self) -> Any:
        """An S3 client with every permission."""
        return client("s3", self.aws.endpoint, self.aws.administrator)

    @contextmanager
    def session(self) -> Iterator[Any]:
        """Open an administrator's session, and yield its cursor."""
        login = {"user": "admin", "password": "admin", "role": "ACCOUNTADMIN"}
        server = {**_server(self.warehouse.port), "warehouse": "AMPLITUDE"}
        with closing(snowflake.connector.connect(**login, **server)) as connection:
            yield connection.cursor(snowflake.connector.DictCursor)

    def rows(self, query: str) -> list[dict[str, Any]]:
        """Return the query's rows."""
        with self.session() as cursor:
            cursor.execute(query)
            return list(cursor.fetchall())


@contextmanager
def deployed(folder: Path) -> Iterator[Deployment]:
    """Start the empty stand-ins."""
    volume = folder / "volume"
    volume.mkdir()
    with (
        started(folder / "aws.json") as aws,
        S3Proxy(aws.endpoint) as s3_proxy,
        _warehouse(folder / "warehouse.duckdb", aws) as warehouse,
        ExportApi(events_per_day=EVENTS_A_DAY) as api,
        Packages() as packages,
    ):
        connections = {
            "amplitude_default": _http(api.url, login=API_KEY, password=SECRET_KEY),
            "npm_default": _http(packages.url),
            "aws_default": _uploader(aws, s3_proxy.url),
            "aws_admin": _key(aws.administrator, endpoint_url=aws.endpoint),
            "snowflake_default": _loader(warehouse.port),
            "snowflake_admin": _administrator(warehouse.port),
        }
        yield Deployment(aws, s3_proxy, warehouse, api, volume, connections)


@contextmanager
def _warehouse(file: Path, aws: Account) -> Iterator[Warehouse]:
    """Start Snowflake's stand-in, which reads S3 as its own IAM user."""
    with pytest.MonkeyPatch.context() as as_snowflake:
        as_snowflake.setenv("AWS_ACCESS_KEY_ID", aws.snowflake.key_id)
        as_snowflake.setenv("AWS_SECRET_ACCESS_KEY", aws.snowflake.secret)
        as_snowflake.setenv("AWS_DEFAULT_REGION", REGION)
        with Warehouse(file, aws.endpoint) as warehouse:
            as_snowflake.undo()
            yield warehouse


def _http(host: str, **fields: str) -> dict[str, str]:
    return {"conn_type": "http", "host": host, **fields}


def _key(key: Any, **extra: Any) -> dict[str, Any]:
    extra = {"region_name": REGION, **extra}
    return {"conn_type": "aws", "login": key.key_id, "password": key.secret, "extra": extra}


def _uploader(aws: Account, s3: str) -> dict[str, Any]:
    role = f"arn:aws:iam::{ACCOUNT_ID}:role/amplitude_python_uploader"
    services = {"s3": {"endpoint_url": s3}, "sts": {"endpoint_url": aws.endpoint}}
    return _key(aws.worker, role_arn=role, service_config=services)


def _server(port: int) -> dict[str, Any]:
    place = {"account": "local", "host": "127.0.0.1", "port": port, "protocol": "http"}
    return {**place, "network_timeout": 30, "login_timeout": 15}


def _loader(port: int) -> dict[str, Any]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    named = {"role": "AMPLITUDE_LOADER", "warehouse": "AMPLITUDE", "database": "AMPLITUDE"}
    named["private_key_content"] = b64encode(pem).decode()
    return {
        "conn_type": "snowflake",
        "login": "AMPLITUDE_AIRFLOW",
        "schema": "RAW",
        "extra": {**_server(port), **named},
    }


def _administrator(port: int) -> dict[str, Any]:
    extra = {**_server(port), "role": "ACCOUNTADMIN"}
    return {"conn_type": "snowflake", "login": "admin", "password": "admin", "extra": extra}


def dbt_on_path(patch: pytest.MonkeyPatch) -> None:
    """Put dbt's own environment first on PATH, in place of the stub."""
    patch.setenv("PATH", f"{ROOT / '.venv-dbt' / 'bin'}{os.pathsep}{os.environ['PATH']}")
