"""A warehouse and a bucket of their own for days whose tasks are killed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
import snowflake.connector

from local.warehouse import Warehouse
from tests.buckets import new_bucket
from tests.crashes.deployment import Deployment, deployed
from tests.crashes.processes import start_server
from tests.pipeline.stand_ins import AWS, Table, set_up


@pytest.fixture(scope="session", autouse=True)
def _server_that_forks() -> None:
    """Start it early: its imports run while the warehouse starts."""
    start_server()


@pytest.fixture(scope="session")
def s3(s3_endpoint: str) -> Any:
    """Return an S3 client with all rights."""
    return boto3.client(
        "s3",
        endpoint_url=s3_endpoint,
        region_name="us-east-1",
        aws_access_key_id=AWS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=AWS["AWS_SECRET_ACCESS_KEY"],
    )


@pytest.fixture(scope="session")
def bucket(s3: Any) -> str:
    """Return the landing bucket."""
    return new_bucket(s3)


@pytest.fixture(scope="session")
def warehouse(
    s3_endpoint: str, bucket: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Warehouse]:
    """Start the warehouse, with objects that the files of the set-up create."""
    file = tmp_path_factory.mktemp("warehouse") / "warehouse.duckdb"
    with pytest.MonkeyPatch.context() as environment:
        for name, value in AWS.items():
            environment.setenv(name, value)
        with Warehouse(file=file, s3_endpoint=s3_endpoint) as running:
            environment.undo()
            set_up(running, bucket)
            yield running


@pytest.fixture(scope="session")
def table(warehouse: Warehouse) -> Iterator[Table]:
    """Open a reader's session."""
    with snowflake.connector.connect(**warehouse.connection()) as session:
        yield Table(session.cursor())


@pytest.fixture(scope="module")
def deployment(
    s3: Any,
    bucket: str,
    warehouse: Warehouse,
    table: Table,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Deployment]:
    """Return a volume and a project for the module; bucket and tables are shared."""
    with deployed(tmp_path_factory.mktemp("deployment"), s3, bucket, warehouse, table) as found:
        yield found
