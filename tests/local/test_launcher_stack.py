"""A start of the stack: no run begins before it can succeed, and a taken port is replaced."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest
from airflow.models import DagModel
from sqlalchemy import create_engine, insert

from local.launcher import airflow, projects, stack
from local.launcher.ports import free_port
from local.launcher.processes import Service, end, listens, spawn, wait_until
from local.launcher.settings import CONFIG, DATA_DIR, Settings
from local.launcher.stack import DAGS, SCHEDULED, Stack

pytestmark = pytest.mark.enable_socket

# As much of an api-server as a start needs, with every DAG parsed long after it.
API_SERVER = """
import http.server, json, os, urllib.parse
PARTS = ("metadatabase", "scheduler", "triggerer", "dag_processor")
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        name = dict(urllib.parse.parse_qsl(url.query)).get("dag_id_pattern")
        answer = {
            "access_token": "token",
            "import_errors": [],
            "dags": [{"dag_id": name, "last_parsed_time": "2999-01-01T00:00:00Z"}],
            **{part: {"status": "healthy"} for part in PARTS},
        }
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(answer).encode())
address = ("127.0.0.1", int(os.environ["AIRFLOW__API__PORT"]))
http.server.ThreadingHTTPServer(address, Handler).serve_forever()
"""
DAILY = ("amplitude_to_snowflake", "amplitude_to_snowflake_app")
PROGRAMS = {"api-server": API_SERVER}
ENDLESS = "import time; time.sleep(600)"
# What Airflow itself sets for a new DAG.
DAG = {
    "bundle_name": "dags-folder",
    "max_active_tasks": 16,
    "max_consecutive_failed_dag_runs": 0,
    "has_task_concurrency_limits": False,
}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The stack's state in a folder of the test, with all DAGs in the database and not paused."""
    monkeypatch.setattr(stack, "FILE", tmp_path / "stack.json")
    monkeypatch.setattr(stack, "start_stand_ins", lambda stack, given: {})
    for name, value in {"HOME": tmp_path, "LOGS": tmp_path, "DATABASE": tmp_path / "a.db"}.items():
        monkeypatch.setattr(airflow, name, value)
    monkeypatch.setattr(airflow, "migrate", lambda env: None)
    monkeypatch.setattr(stack, "UI_PORT", free_port())
    dags = [{**DAG, "dag_id": dag_id, "is_paused": False} for dag_id in (*DAILY, *DAGS)]
    engine = create_engine(f"sqlite:///{airflow.DATABASE}")
    with engine.begin() as connection:
        DagModel.__table__.create(connection)
        connection.execute(insert(DagModel.__table__), dags)
    return tmp_path


@pytest.fixture
def given(home: Path) -> Settings:
    """The stand-in's two projects."""
    given = Settings({DATA_DIR: f"{home}", CONFIG: f"{home / 'amplitude.yaml'}"})
    projects.write_local(given, date(2026, 11, 29))
    return given


@pytest.fixture
def new(home: Path) -> Iterator[Stack]:
    made = Stack.new(kept=True)
    yield made
    made.stop()


def program(name: str, env: Mapping[str, str], folder: Path) -> Service:
    command = [sys.executable, "-c", PROGRAMS.get(name, ENDLESS)]
    return spawn(name, command, folder / f"{name}.log", env, folder)


def other_airflow(port: int, env: Mapping[str, str], folder: Path) -> Service:
    """Start an api-server that is not ours, and wait until it listens."""
    folder.mkdir()
    service = program("api-server", env, folder)
    wait_until(lambda: "yes" if listens(service, port) else None, [service], "other", 30)
    return service


def paused() -> set[str]:
    with closing(sqlite3.connect(airflow.DATABASE)) as database:
        return {dag_id for (dag_id,) in database.execute("select dag_id from dag where is_paused")}


def test_no_scheduled_run_is_created_before_the_launcher_allows_it(
    new: Stack, given: Settings, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A scheduler creates the runs that are due as it starts: the DAGs are paused by then.

    So are the daily DAGs of all projects.
    """
    seen: dict[str, set[str]] = {}

    def start(name: str, env: Mapping[str, str]) -> Service:
        seen[name] = paused()
        return program(name, env, home)

    monkeypatch.setattr(airflow, "start", start)
    stack.start(new, given, schedule=True)
    assert seen == dict.fromkeys(airflow.COMPONENTS, {*DAILY, *SCHEDULED})


def test_a_port_taken_while_airflow_starts_leads_to_another_one(
    new: Stack, given: Settings, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even if another checkout's Airflow answers there; of the first try no process remains."""
    started: list[Service] = []

    def start(name: str, env: Mapping[str, str]) -> Service:
        if not started:
            started.append(other_airflow(int(env["AIRFLOW__API__PORT"]), env, home / "other"))
        started.append(program(name, env, home))
        return started[-1]

    monkeypatch.setattr(airflow, "start", start)
    try:
        client = stack.start(new, given, schedule=True)
        other, *first_try = started[: 1 + len(airflow.COMPONENTS)]
        assert other.alive()
        assert not any(service.alive() for service in first_try)
        assert new.services == started[1 + len(airflow.COMPONENTS) :]
        assert new.url == client.url != f"http://127.0.0.1:{stack.UI_PORT}"
        assert new.address == f"{new.url} (port {stack.UI_PORT} is in use)"
        assert Stack.running() == new
    finally:
        end(started[:1])
