"""The identities of the stand-in's account, and the file that passes their keys on."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import boto3

REGION = "us-east-1"
ACCOUNT_ID = "123456789012"
SNOWFLAKE_USER_ARN = f"arn:aws:iam::{ACCOUNT_ID}:user/externalstages/snowflake"
# The external id in the reader role's trust where the stand-in deploys the stack itself.
EXTERNAL_ID = "amplitude-local"


@dataclass(frozen=True)
class AccessKey:
    """An identity's access key and its secret."""

    key_id: str
    secret: str


@dataclass(frozen=True)
class Account:
    """The contents of the account; without a deployed stack all fields from `bucket` on are empty.

    `administrator` is allowed everything, `worker` only to assume the uploader's role, `snowflake`
    only to assume roles, as Snowflake's IAM user.
    """

    endpoint: str
    administrator: AccessKey
    worker: AccessKey
    snowflake: AccessKey
    bucket: str = ""
    kms_key_arn: str = ""
    uploader: AccessKey = AccessKey("", "")
    role_arn: str = ""

    def save(self, path: Path) -> None:
        """Write the account to `path`, readable by its owner only."""
        path.touch(mode=0o600)
        path.chmod(0o600)
        path.write_text(json.dumps(asdict(self)))

    @classmethod
    def load(cls, path: Path) -> Account:
        """Read the file that `save` wrote."""
        fields: dict[str, Any] = json.loads(path.read_text())
        for name in ("administrator", "worker", "snowflake", "uploader"):
            fields[name] = AccessKey(**fields[name])
        return cls(**fields)


def client(service: str, endpoint: str, key: AccessKey, token: str | None = None) -> Any:
    """Return a boto3 client of the stand-in; `token` belongs to the key of an assumed role."""
    # In the stubs each service's name is a type of its own.
    new_client: Any = boto3.client
    return new_client(
        service,
        endpoint_url=endpoint,
        region_name=REGION,
        aws_access_key_id=key.key_id,
        aws_secret_access_key=key.secret,
        aws_session_token=token,
    )
