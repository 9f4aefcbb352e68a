"""The whole pipeline against the stand-ins: one S3, one warehouse, one Airflow database for all."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
import snowflake.connector

from local.export_api import ExportApi
from local.warehouse import Warehouse
from tests.pipeline.stand_ins import AWS, BUCKET, EVENTS_A_DAY, SETUP, Table, amplitude, connection


@pytest.fixture(scope="session")
def environment() -> Iterator[pytest.MonkeyPatch]:
    """Environment variables for the session, taken back at its end."""
    with pytest.MonkeyPatch.context() as patch:
        yield patch


@pytest.fixture(scope="session")
def s3(environment: pytest.MonkeyPatch, s3_endpoint: str) -> Any:
    """The landing bucket's client, with every right."""
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
    """The warehouse with the project's objects, made by the set-up's own DAG."""
    file = tmp_path_factory.mktemp("warehouse") / "warehouse.duckdb"
    for name, value in AWS.items():
        environment.setenv(name, value)
    with Warehouse(file=file, s3_endpoint=s3.meta.endpoint_url) as running:
        for name in AWS:
            environment.delenv(name)
        environment.setenv("AIRFLOW_CONN_SNOWFLAKE_DEFAULT", json.dumps(connection(running.port)))
        yield running


@pytest.fixture
def api(environment: pytest.MonkeyPatch) -> Iterator[ExportApi]:
    """The Export API, with a log of its requests of its own for each test."""
    with ExportApi(events_per_day=EVENTS_A_DAY) as running:
        environment.setenv("AIRFLOW_CONN_AMPLITUDE_DEFAULT", json.dumps(amplitude(running.url)))
        yield running


@pytest.fixture(scope="session")
def airflow_database() -> None:
    """Airflow's metadata, in the tests' own AIRFLOW_HOME."""
    airflow = [sys.executable, "-m", "airflow", "db", "migrate"]
    subprocess.run(airflow, check=True, capture_output=True, env=os.environ)


@pytest.fixture(scope="session")
def dags(airflow_database: None) -> dict[str, Any]:
    """The DAGs as Airflow parses them, by id."""
    from airflow.dag_processing.dagbag import DagBag

    return dict(DagBag().dags)


@pytest.fixture(scope="session")
def tables(dags: dict[str, Any], warehouse: Warehouse) -> Warehouse:
    """The warehouse once `amplitude_setup` has run."""
    run = dags["amplitude_setup"].test(run_conf=SETUP)
    assert run.state == "success"
    return warehouse


@pytest.fixture
def volume(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The shared volume, empty."""
    folder = tmp_path / "volume"
    folder.mkdir()
    monkeypatch.setenv("AIRFLOW_VAR_AMPLITUDE_DATA_DIR", str(folder))
    return folder


@pytest.fixture
def table(tables: Warehouse) -> Iterator[Table]:
    """A reader's session."""
    with snowflake.connector.connect(**tables.connection()) as session:
        yield Table(session.cursor())
