"""What all tests share: an Airflow home of their own, and the same examples every time."""

from __future__ import annotations

import atexit
import logging
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from moto.server import ThreadedMotoServer

ROOT = Path(__file__).resolve().parents[1]

# Airflow reads these when it is imported first, which is while the tests are collected.
AIRFLOW_HOME = tempfile.mkdtemp(prefix="airflow-home-")
atexit.register(shutil.rmtree, AIRFLOW_HOME, ignore_errors=True)
os.environ.update(
    AIRFLOW_HOME=AIRFLOW_HOME,
    AIRFLOW__CORE__DAGS_FOLDER=str(ROOT / "dags"),
    AIRFLOW__CORE__PLUGINS_FOLDER=str(ROOT / "plugins"),
    AIRFLOW__CORE__LOAD_EXAMPLES="False",
    # The connector would ask the cloud's address for instance metadata.
    SNOWFLAKE_DISABLE_PLATFORM_DETECTION="true",
)

settings.register_profile("same_every_time", derandomize=True, deadline=None, max_examples=150)
settings.load_profile("same_every_time")


@pytest.fixture(scope="session")
def s3_endpoint() -> Iterator[str]:
    """moto's S3, one for all tests: its state belongs to the process, not to a server."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


def pytest_unconfigure() -> None:
    """At exit the connector says goodbye to servers that are gone, into streams that are closed."""
    logging.raiseExceptions = False
