"""The Airflow connections of the stand-ins, as environment variables."""

from __future__ import annotations

import json
from base64 import b64encode
from pathlib import Path
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from local.aws import ACCOUNT_ID, REGION, Account
from local.export_api import PROJECTS
from local.launcher.settings import AMPLITUDE, AWS, AWS_ADMIN, NPM, SNOWFLAKE, SNOWFLAKE_ADMIN

UPLOADER_ROLE = f"arn:aws:iam::{ACCOUNT_ID}:role/amplitude_python_uploader"
KEY_BITS = 2048


def amplitude(url: str) -> dict[str, str]:
    """Return `amplitude_<name>` of each project of the stand-in at `url`."""
    return {
        AMPLITUDE + project.name.upper(): _connection(
            "http", host=url, login=project.api_key, password=project.secret_key
        )
        for project in PROJECTS
    }


def npm(url: str) -> dict[str, str]:
    """Return `npm_default`."""
    return {NPM: _connection("http", host=url)}


def aws(account: Account, s3_url: str) -> dict[str, str]:
    """Return `aws_admin` and `aws_default`, which uploads to `s3_url` as the uploader's role."""
    sts = {"endpoint_url": account.endpoint}
    services = {"s3": {"endpoint_url": s3_url}, "sts": sts}
    uploader = {"role_arn": UPLOADER_ROLE, "service_config": services}
    return {
        AWS: _connection(
            "aws",
            login=account.worker.key_id,
            password=account.worker.secret,
            extra={"region_name": REGION, **uploader},
        ),
        AWS_ADMIN: _connection(
            "aws",
            login=account.administrator.key_id,
            password=account.administrator.secret,
            extra={"region_name": REGION, "endpoint_url": account.endpoint},
        ),
    }


def snowflake(url: str, private_key: bytes) -> dict[str, str]:
    """Return `snowflake_default`, which logs in by key pair, and `snowflake_admin`."""
    server = snowflake_server(url)
    loader = {
        "role": "AMPLITUDE_LOADER",
        "warehouse": "AMPLITUDE",
        "database": "AMPLITUDE",
        "private_key_content": b64encode(private_key).decode(),
    }
    return {
        SNOWFLAKE: _connection(
            "snowflake", login="AMPLITUDE_AIRFLOW", schema="RAW", extra={**server, **loader}
        ),
        SNOWFLAKE_ADMIN: _connection(
            "snowflake",
            login="admin",
            password="admin",  # noqa: S106  the stand-in accepts any password
            extra={**server, "role": "ACCOUNTADMIN"},
        ),
    }


def snowflake_server(url: str) -> dict[str, object]:
    """Return the connector's arguments for the stand-in; its time limits are in seconds."""
    parts = urlsplit(url)
    return {
        "account": "local",
        "host": parts.hostname,
        "port": parts.port,
        "protocol": "http",
        "network_timeout": 30,
        "login_timeout": 15,
    }


def private_key(path: Path) -> bytes:
    """Return the service user's private key in PEM form, created on first use."""
    if not path.exists():
        key = rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return path.read_bytes()


def _connection(conn_type: str, **fields: object) -> str:
    return json.dumps({"conn_type": conn_type, **fields})
