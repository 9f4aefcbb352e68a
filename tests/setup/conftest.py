"""An AWS account and a Snowflake account with nothing in them, and the connections to both."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from amplitude_export.operators import retries

from local import connections
from local.aws import REGION, Account
from local.processes import end, ready_url, spawn
from local.warehouse import Warehouse
from tests.setup.accounts import BUCKET, Accounts

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def _no_pause_before_a_retry(monkeypatch: pytest.MonkeyPatch) -> None:
    """`dag.test()` sleeps through it."""
    monkeypatch.setattr(retries, "FIRST_DELAY", timedelta(0))


@pytest.fixture
def aws(tmp_path: Path) -> Iterator[Account]:
    """An account with nothing in it but its identities."""
    identities = tmp_path / "aws.json"
    command = [sys.executable, "-m", "local.aws", "--port", "0", "--identities", str(identities)]
    service = spawn("aws", command, tmp_path / "aws.log", os.environ, ROOT)
    try:
        ready_url(service)
        yield Account.load(identities)
    finally:
        end([service])


@pytest.fixture
def accounts(aws: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Accounts]:
    """Both empty, with connections for the daily runs and for both administrators."""
    with monkeypatch.context() as as_snowflake:
        as_snowflake.setenv("AWS_ACCESS_KEY_ID", aws.snowflake.key_id)
        as_snowflake.setenv("AWS_SECRET_ACCESS_KEY", aws.snowflake.secret)
        as_snowflake.setenv("AWS_DEFAULT_REGION", REGION)
        warehouse = Warehouse(tmp_path / "snowflake.duckdb", aws.endpoint).__enter__()
    try:
        key = connections.private_key(tmp_path / "snowflake.key")
        made = connections.aws(aws, aws.endpoint) | connections.snowflake(warehouse.url, key)
        for name, value in made.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("AIRFLOW_VAR_AMPLITUDE_BUCKET", BUCKET)
        yield Accounts(aws, warehouse)
    finally:
        warehouse.__exit__(None, None, None)
