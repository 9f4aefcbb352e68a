"""What the unit tests share: a workspace on a volume of its own, a bucket, and no other network."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import boto3
import pytest
from amplitude_export.bucket.put import CLIENT_CONFIG
from amplitude_export.workspace import Workspace
from botocore.config import Config
from pytest_socket import socket_allow_hosts

from tests.archives import WHOLE_DAY
from tests.buckets import Wire, new_bucket


@pytest.fixture(autouse=True)
def _only_this_host() -> None:
    socket_allow_hosts(["127.0.0.1"], allow_unix_socket=True)


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """The shared volume."""
    (tmp_path / "volume").mkdir()
    return tmp_path / "volume"


@pytest.fixture
def workspace(data_dir: Path) -> Workspace:
    """The opened workspace of one run for the whole day."""
    return Workspace.of(data_dir, WHOLE_DAY, "scheduled__2026-09-24").open()


@pytest.fixture
def client(s3_endpoint: str) -> Any:
    """The product's own client, but for its patience."""
    return boto3.client(
        "s3",
        endpoint_url=s3_endpoint,
        region_name="us-east-1",
        aws_access_key_id="key",
        aws_secret_access_key="made-up",
        config=CLIENT_CONFIG.merge(Config(retries={"total_max_attempts": 1, "mode": "standard"})),
    )


@pytest.fixture
def bucket(client: Any) -> str:
    """An empty bucket of the test's own."""
    return new_bucket(client)


@pytest.fixture
def wire(client: Any) -> Wire:
    """What the client sends from now on."""
    return Wire(client)
