"""A warehouse and a bucket of their own for days that are killed on their way."""

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
    """It is at its imports while the warehouse starts."""
    start_server()


@pytest.fixture(scope="session")
def s3(s3_endpoint: str) -> Any:
    """S3's client, with every right."""
    return boto3.client(
        "s3",
        endpoint_url=s3_endpoint,
        region_name="us-east-1",
        aws_access_key_id=AWS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=AWS["AWS_SECRET_ACCESS_KEY"],
    )


@pytest.fixture(scope="session")
def bucket(s3: Any) -> str:
    """The landing bucket."""
    return new_bucket(s3)


@pytest.fixture(scope="session")
def warehouse(
    s3_endpoint: str, bucket: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Warehouse]:
    """The warehouse with the project's objects, made by the files of the set-up."""
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
    """A reader's session."""
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
    """A volume and a project of the module's own; bucket and tables hold other modules' days."""
    with deployed(tmp_path_factory.mktemp("deployment"), s3, bucket, warehouse, table) as found:
        yield found
