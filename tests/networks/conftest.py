"""A registry, S3 and a warehouse, with Airflow's connections to them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import boto3
import pytest
import snowflake.connector
from amplitude_export.ip_networks.task import fetched, loaded

from local.packages import Packages
from local.warehouse import Warehouse
from tests.buckets import new_bucket
from tests.pipeline.stand_ins import AWS, Table, connection, set_up


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> Iterator[Packages]:
    """A registry that has the first version of the package."""
    with Packages() as running:
        conn = {"conn_type": "http", "host": running.url}
        monkeypatch.setenv("AIRFLOW_CONN_NPM_DEFAULT", json.dumps(conn))
        yield running


@pytest.fixture(scope="package")
def s3(s3_endpoint: str) -> Any:
    """A client of S3 with every permission."""
    keys = {name.lower(): value for name, value in AWS.items()}
    return boto3.client("s3", endpoint_url=s3_endpoint, region_name="us-east-1", **keys)


@pytest.fixture(scope="package")
def bucket(s3: Any) -> Iterator[str]:
    """The landing bucket, with the connection and Variable for it."""
    extra = {"region_name": "us-east-1", "endpoint_url": s3.meta.endpoint_url}
    keys = {"login": AWS["AWS_ACCESS_KEY_ID"], "password": AWS["AWS_SECRET_ACCESS_KEY"]}
    with pytest.MonkeyPatch.context() as patch:
        name = new_bucket(s3)
        conn = {"conn_type": "aws", **keys, "extra": extra}
        patch.setenv("AIRFLOW_CONN_AWS_DEFAULT", json.dumps(conn))
        patch.setenv("AIRFLOW_VAR_AMPLITUDE_BUCKET", name)
        yield name


@pytest.fixture(scope="package")
def running(s3: Any, bucket: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    """The warehouse with the project's objects, and the connection to it."""
    file = tmp_path_factory.mktemp("warehouse") / "warehouse.duckdb"
    with pytest.MonkeyPatch.context() as patch:
        for name, value in AWS.items():
            patch.setenv(name, value)
        with Warehouse(file=file, s3_endpoint=s3.meta.endpoint_url) as started:
            for name in AWS:
                patch.delenv(name)
            conn = json.dumps(connection(started.port))
            patch.setenv("AIRFLOW_CONN_SNOWFLAKE_DEFAULT", conn)
            set_up(started, bucket)
            yield started


@pytest.fixture
def warehouse(running: Warehouse) -> Iterator[Warehouse]:
    """The warehouse with an empty table and without faults."""
    with closing(snowflake.connector.connect(**running.connection())) as session:
        session.cursor().execute("delete from ip_networks")
    yield running
    running.recover()


@pytest.fixture
def table(warehouse: Warehouse) -> Iterator[Table]:
    """A reader's session."""
    with closing(snowflake.connector.connect(**warehouse.connection())) as session:
        yield Table(session.cursor())


@pytest.fixture
def refresh(
    registry: Packages, warehouse: Warehouse, volume: Path, bucket: str
) -> Callable[[], Any]:
    """Run the steps of the DAG: fetch and load."""
    return lambda: loaded(fetched(volume), volume, bucket, "a-run")
