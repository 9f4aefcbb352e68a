"""The stand-ins of the fault matrix, and a day that was loaded earlier with other events."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from datetime import date
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import boto3
import pytest
import snowflake.connector
from amplitude_export.export import tries
from botocore.loaders import JSONFileLoader

from local.export_api import ExportApi
from local.warehouse import Warehouse
from tests.archives import DAY
from tests.days import Day
from tests.faults.matrix import BUCKET, NOW, Seen, Stage
from tests.pipeline.stand_ins import AWS, Table, amplitude, connection, set_up

RUNS = count(1)


@pytest.fixture(scope="session")
def s3(s3_endpoint: str) -> Any:
    """Return a client of the landing bucket, with all rights."""
    keys = {name.lower(): value for name, value in AWS.items()}
    client = boto3.client("s3", endpoint_url=s3_endpoint, region_name="us-east-1", **keys)
    client.create_bucket(Bucket=BUCKET)
    return client


@pytest.fixture(scope="session")
def running(s3: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    """Start the warehouse, with the project's own objects."""
    file = tmp_path_factory.mktemp("warehouse") / "warehouse.duckdb"
    with ExitStack() as stack:
        with pytest.MonkeyPatch.context() as patch:
            for name, value in AWS.items():
                patch.setenv(name, value)
            started = stack.enter_context(Warehouse(file, s3.meta.endpoint_url))
        set_up(started, BUCKET)
        yield started


@pytest.fixture(scope="session")
def reader(running: Warehouse) -> Iterator[Table]:
    """Open a reader's session for all tests."""
    with closing(snowflake.connector.connect(**running.connection())) as session:
        yield Table(session.cursor())


@pytest.fixture(scope="session")
def serving() -> Iterator[ExportApi]:
    """Start the Export API for all tests."""
    with ExportApi(now=NOW) as api:
        yield api


@pytest.fixture
def api(serving: ExportApi, monkeypatch: pytest.MonkeyPatch) -> Iterator[ExportApi]:
    """Return the Export API without faults, with Airflow's connection to it."""
    monkeypatch.setenv("AIRFLOW_CONN_AMPLITUDE_DEFAULT", json.dumps(amplitude(serving.url)))
    yield serving
    serving.recover()
    serving.now = NOW


@pytest.fixture
def warehouse(running: Warehouse, monkeypatch: pytest.MonkeyPatch) -> Iterator[Warehouse]:
    """Return the warehouse without faults, with Airflow's connection to it."""
    monkeypatch.setenv("AIRFLOW_CONN_SNOWFLAKE_DEFAULT", json.dumps(connection(running.port)))
    yield running
    running.recover()


@pytest.fixture(scope="session")
def models_read_once() -> Iterator[None]:
    """Read botocore's models once, instead of once for each task's client: 0.2 s a task."""
    with pytest.MonkeyPatch.context() as patch:
        read_once = staticmethod(cache(JSONFileLoader().load_file))
        patch.setattr(JSONFileLoader, "load_file", read_once)
        yield


@pytest.fixture
def bucket(
    s3: Any, models_read_once: None, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], None]:
    """Return a function that points Airflow's AWS connection to S3 at an address.

    Its config allows two tries per request and two seconds without a response.
    """

    def behind(url: str) -> None:
        extra = {
            "region_name": "us-east-1",
            "endpoint_url": url,
            "config_kwargs": {
                "retries": {"mode": "standard", "total_max_attempts": 2},
                "read_timeout": 2,
            },
        }
        login, password = AWS.values()
        aws = {"conn_type": "aws", "login": login, "password": password, "extra": extra}
        monkeypatch.setenv("AIRFLOW_CONN_AWS_DEFAULT", json.dumps(aws))

    behind(s3.meta.endpoint_url)
    return behind


@pytest.fixture
def volume(tmp_path: Path) -> Path:
    """Return the shared volume, empty."""
    folder = tmp_path / "volume"
    folder.mkdir()
    return folder


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Collect the seconds that export would wait between its attempts, without waiting."""
    waited: list[float] = []
    monkeypatch.setattr(tries, "sleep", waited.append)
    return waited


@pytest.fixture
def seen(caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> Seen:
    """Return what the tasks and the HTTP library log and print, at every level."""
    for logger in ("airflow", "amplitude_export", "urllib3"):
        caplog.set_level(logging.DEBUG, logger)
    return lambda: "".join([caplog.text, *capfd.readouterr()])


@pytest.fixture
def stage(
    api: ExportApi,
    warehouse: Warehouse,
    bucket: Any,
    reader: Table,
    volume: Path,
    tmp_path: Path,
    seen: Seen,
    pauses: list[float],
) -> Stage:
    """Return DAY as an earlier run has loaded it, and a new run of it."""
    (tmp_path / "xcoms").mkdir()
    day = Day(
        xcoms=tmp_path / "xcoms",
        volume=volume,
        day=date.fromisoformat(DAY),
        run_id=f"manual__{next(RUNS)}",
        bucket=BUCKET,
        window_hours=24,
        # The stand-in does not have the event that was loaded earlier.
        accept_fewer=True,
    )
    return Stage(day, api, warehouse, reader, seen, pauses)
