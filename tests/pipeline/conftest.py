"""The stand-ins of the whole pipeline: one S3, one warehouse and one Airflow for all tests."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import boto3
import pytest
import snowflake.connector
from amplitude_export.manifest import LandedFile
from amplitude_export.warehouse.hook import WarehouseHook

from local.warehouse import Warehouse
from tests.pipeline.landed import land
from tests.pipeline.stand_ins import AWS, BUCKET, Table, connection, set_up


@pytest.fixture(scope="session")
def environment() -> Iterator[pytest.MonkeyPatch]:
    """Environment variables of the session, which are restored at its end."""
    with pytest.MonkeyPatch.context() as patch:
        yield patch


@pytest.fixture(scope="session")
def s3(environment: pytest.MonkeyPatch, s3_endpoint: str) -> Any:
    """A client of S3 with every permission, and the landing bucket."""
    client = boto3.client(
        "s3",
        endpoint_url=s3_endpoint,
        region_name="us-east-1",
        aws_access_key_id=AWS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=AWS["AWS_SECRET_ACCESS_KEY"],
    )
    client.create_bucket(Bucket=BUCKET)
    environment.setenv("AIRFLOW_VAR_AMPLITUDE_BUCKET", BUCKET)
    environment.setenv(
        "AIRFLOW_CONN_AWS_DEFAULT",
        json.dumps(
            {
                "conn_type": "aws",
                "login": AWS["AWS_ACCESS_KEY_ID"],
                "password": AWS["AWS_SECRET_ACCESS_KEY"],
                "extra": {"region_name": "us-east-1", "endpoint_url": s3_endpoint},
            }
        ),
    )
    return client


@pytest.fixture(scope="session")
def warehouse(
    s3: Any, environment: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Warehouse]:
    """The warehouse, empty."""
    file = tmp_path_factory.mktemp("warehouse") / "warehouse.duckdb"
    for name, value in AWS.items():
        environment.setenv(name, value)
    with Warehouse(file=file, s3_endpoint=s3.meta.endpoint_url) as running:
        for name in AWS:
            environment.delenv(name)
        environment.setenv("AIRFLOW_CONN_SNOWFLAKE_DEFAULT", json.dumps(connection(running.port)))
        yield running


@pytest.fixture(scope="session")
def tables(warehouse: Warehouse) -> Warehouse:
    """The warehouse with the objects of the set-up."""
    set_up(warehouse, BUCKET)
    return warehouse


@pytest.fixture
def table(tables: Warehouse) -> Iterator[Table]:
    """A reader's session."""
    with snowflake.connector.connect(**tables.connection()) as session:
        yield Table(session.cursor())


@pytest.fixture
def landed(s3: Any) -> Callable[..., LandedFile]:
    """A function that puts a file of one hour into the bucket and returns its record."""
    return partial(land, s3)


@pytest.fixture
def connect(tables: Warehouse) -> Callable[[], Any]:
    """A function that opens a session of the loads."""
    return WarehouseHook().get_conn
