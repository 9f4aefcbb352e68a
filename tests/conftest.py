"""Fixtures of all tests: an Airflow home of their own, and the same examples every time."""

from __future__ import annotations

import atexit
import fcntl
import gc
import json
import logging
import os
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from hypothesis import settings
from moto.server import ThreadedMotoServer
from playwright.sync_api import Browser, sync_playwright
from xdist.scheduler import LoadFileScheduling

from local.export_api import API_KEY, SECRET_KEY, ExportApi

ROOT = Path(__file__).resolve().parents[1]

EVENTS_A_DAY = 600
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
MOUNT, UNMOUNT = shutil.which("mount"), shutil.which("umount")
# The longest first. Folders that are not named follow, and the files of tests/unit are last.
LONGEST = (
    "transform",
    "system",
    "doctor",
    "crashes",
    "faults",
    "pipeline",
    "local",
    "setup",
    "notices",
    "celery",
    "page",
    "upgrade",
    "aws",
    "networks",
    "bench",
)

if __name__ != "conftest":
    # pytest loads this file by itself: another copy would set another AIRFLOW_HOME.
    raise ImportError("tests import nothing from tests/conftest.py")
# Airflow reads these at its first import, which happens while the tests are collected.
AIRFLOW_HOME = tempfile.mkdtemp(prefix="airflow-home-")
atexit.register(shutil.rmtree, AIRFLOW_HOME, ignore_errors=True)
os.environ.update(
    AIRFLOW_HOME=AIRFLOW_HOME,
    AIRFLOW__CORE__DAGS_FOLDER=str(ROOT / "dags"),
    AIRFLOW__CORE__PLUGINS_FOLDER=str(ROOT / "plugins"),
    AIRFLOW__CORE__LOAD_EXAMPLES="False",
    # Otherwise the connector requests instance metadata from the cloud's address.
    SNOWFLAKE_DISABLE_PLATFORM_DETECTION="true",
)

settings.register_profile("same_every_time", derandomize=True, deadline=None, max_examples=150)
settings.load_profile("same_every_time")


@pytest.fixture(scope="session", autouse=True)
def _models_read_once() -> Iterator[None]:
    """Read botocore's models once: by default every client's session reads them again, 0.2 s."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(botocore.session, "create_loader", cache(botocore.session.create_loader))
        yield


@pytest.fixture(scope="session")
def nameless_callers() -> Iterator[None]:
    """Skip the AWS hook's search for its caller's class in each frame of the stack: 0.1 s.

    A test's stack is deep, and the result is only a word for the User-Agent.
    """
    from airflow.providers.amazon.aws.hooks.base_aws import AwsGenericHook

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(AwsGenericHook, "_get_caller", lambda hook: "Test")
        yield


@pytest.fixture(scope="session")
def s3_endpoint(nameless_callers: None) -> Iterator[str]:
    """The endpoint of moto's S3, one for all tests: its state belongs to the process."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(scope="session")
def airflow_database(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> None:
    """Airflow's metadata database, in the tests' own AIRFLOW_HOME.

    One process migrates it, and the others copy it.
    """
    folder = tmp_path_factory.getbasetemp()
    # The parent is the run's own only where several processes share it.
    shared = folder if worker_id == "master" else folder.parent
    ours, migrated = Path(AIRFLOW_HOME) / "airflow.db", shared / "airflow.db"
    with (shared / "airflow.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if migrated.exists():
            copy_database(migrated, ours)
        else:
            from airflow.utils.db import initdb

            initdb()
            copy_database(ours, migrated)


def copy_database(source: Path, target: Path) -> None:
    """Copy a SQLite database with SQLite's own backup, which sees what is in its log as well."""
    with closing(sqlite3.connect(source)) as reading, closing(sqlite3.connect(target)) as writing:
        reading.backup(writing)


@pytest.fixture(scope="session")
def dags(airflow_database: None) -> Iterator[dict[str, Any]]:
    """The DAGs as Airflow parses them, by id.

    `dag.test()` parses and stores all of them again before each run, 0.5 s: here, the first does.
    """
    from airflow.dag_processing import dagbag

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dagbag, "BundleDagBag", cache(dagbag.BundleDagBag))
        patch.setattr(dagbag, "sync_bag_to_db", cache(dagbag.sync_bag_to_db))
        yield dict(dagbag.DagBag().dags)


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[ExportApi]:
    """The Export API, with a separate request log for each test."""
    with ExportApi(events_per_day=EVENTS_A_DAY) as running:
        conn = {"conn_type": "http", "login": API_KEY, "password": SECRET_KEY, "host": running.url}
        monkeypatch.setenv("AIRFLOW_CONN_AMPLITUDE_DEFAULT", json.dumps(conn))
        yield running


@pytest.fixture
def volume(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The shared volume, empty."""
    folder = tmp_path / "volume"
    folder.mkdir()
    monkeypatch.setenv("AIRFLOW_VAR_AMPLITUDE_DATA_DIR", str(folder))
    return folder


@pytest.fixture
def tmpfs(tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """Mount a volume with these options, if the machine allows it."""
    folder = tmp_path / "tmpfs"
    folder.mkdir()

    def mount(options: str) -> Path:
        command = [MOUNT or "mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
        if not MOUNT or subprocess.run(command, capture_output=True).returncode:
            pytest.skip("mounting a tmpfs needs root")
        return folder

    yield mount
    if folder.is_mount():
        subprocess.run([UNMOUNT or "umount", str(folder)], check=True)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A headless browser without the sandbox, which root cannot use.

    Its scope is one file: while it is open, an event loop runs, and no other one can.
    """
    if CHROMIUM is None:
        pytest.skip("needs Chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


class FoldersTogether(LoadFileScheduling):
    """Run a folder's tests in one process, so that their shared services start once.

    Unit tests share nothing: their files fill the remaining time at the end.
    """

    def _split_scope(self, nodeid: str) -> str:
        name = folder(nodeid)
        return super()._split_scope(nodeid) if name == "unit" else name


def folder(nodeid: str) -> str:
    """Return the folder below tests/ that the test is in."""
    return nodeid.split("/")[1]


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> FoldersTogether:
    """Return the scheduler that assigns tests to processes."""
    return FoldersTogether(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run tests that take minutes first, so that no process works alone at the end."""
    order = {name: place for place, name in enumerate((*LONGEST, "others", "unit"))}
    items.sort(key=lambda item: order.get(folder(item.nodeid), order["others"]))


def pytest_collection_finish() -> None:
    """Leave what was imported out of each full collection of garbage: a tenth of the tests' CPU."""
    gc.collect()
    gc.freeze()


def pytest_unconfigure() -> None:
    """Silence logging errors: at exit the connector logs lost servers into closed streams."""
    logging.raiseExceptions = False
