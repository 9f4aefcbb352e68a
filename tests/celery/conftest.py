"""The Celery deployment, started once for its tests if Postgres and Redis are installed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing

import boto3
import pytest
import snowflake.connector

from local.export_api import ExportApi
from local.warehouse import Warehouse
from tests.celery import servers
from tests.celery.deployment import BUCKET, Around, Deployment, deployed
from tests.pipeline.stand_ins import AWS, Table, set_up

EVENTS_A_DAY = 600


@pytest.fixture(scope="session")
def installed() -> None:
    """Skip if Postgres or Redis is not installed; in CI that is an error."""
    if packages := " and ".join(servers.missing()):
        reason = f"Debian's {packages} not installed (.ci/run does it)"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)


@pytest.fixture(scope="module")
def around(
    installed: None, s3_endpoint: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Around]:
    """Start the stand-ins, with a bucket and the warehouse's objects."""
    file = tmp_path_factory.mktemp("warehouse") / "warehouse.duckdb"
    with pytest.MonkeyPatch.context() as patch:
        for name, value in AWS.items():
            patch.setenv(name, value)
        s3 = boto3.client("s3", endpoint_url=s3_endpoint, region_name="us-east-1")
        s3.create_bucket(Bucket=BUCKET)
        with Warehouse(file=file, s3_endpoint=s3_endpoint) as warehouse:
            set_up(warehouse, BUCKET)
            with ExportApi(events_per_day=EVENTS_A_DAY) as api:
                yield Around(api, warehouse, s3_endpoint)


@pytest.fixture
def table(around: Around) -> Iterator[Table]:
    """Open a reader's session."""
    with closing(snowflake.connector.connect(**around.warehouse.connection())) as session:
        yield Table(session.cursor())


@pytest.fixture(scope="module")
def deployment(around: Around, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """Start the services."""
    with deployed(around, tmp_path_factory.mktemp("airflow")) as running:
        yield running
