"""A real Airflow on SQLite: four components as processes, on loopback, with state in .local/."""

from __future__ import annotations

import base64
import os
import secrets
import sqlite3
import subprocess
import sys
from collections.abc import Iterable, Mapping
from contextlib import closing
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from urllib.parse import urlsplit

import requests

from local.launcher.processes import Service, StartError, listens, spawn, wait_until
from local.launcher.rest import Airflow, RestError
from local.launcher.settings import ROOT, STATE

HOME = STATE / "airflow"
DATABASE = HOME / "airflow.db"
LOGS = STATE / "logs"
COMPONENTS = {
    "scheduler": ["local.launcher.scheduler", "--skip-serve-logs"],
    "dag-processor": ["airflow", "dag-processor"],
    "triggerer": ["airflow", "triggerer", "--skip-serve-logs"],
    "api-server": ["airflow", "api-server", "--host", "127.0.0.1"],
}
START_SECONDS = 180


def environment(base: Mapping[str, str], port: int, *, schedule: bool) -> dict[str, str]:
    """Return the environment of every Airflow process.

    Without `schedule` the scheduler creates no runs: only the requested day is loaded.
    """
    url = f"http://127.0.0.1:{port}"
    settings = {
        "CORE__DAGS_FOLDER": str(ROOT / "dags"),
        "CORE__PLUGINS_FOLDER": str(ROOT / "plugins"),
        "CORE__LOAD_EXAMPLES": "False",
        "CORE__EXECUTOR": "LocalExecutor",
        "CORE__PARALLELISM": "6",
        "CORE__FERNET_KEY": _secret("fernet.key"),
        "CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
        "CORE__EXECUTION_API_SERVER_URL": f"{url}/execution/",
        "API__BASE_URL": url,
        "API__PORT": str(port),
        "API__WORKERS": "1",
        "API__SECRET_KEY": _secret("session.key"),
        "API_AUTH__JWT_SECRET": _secret("jwt.key", size=64),
        # A DAG file that has changed is parsed at the next refresh; the interval is for the others.
        "DAG_PROCESSOR__REFRESH_INTERVAL": "10",
        "DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "300",
        "SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.5",
        "SCHEDULER__USE_JOB_SCHEDULE": str(schedule),
        "USAGE_DATA_COLLECTION__ENABLED": "False",
    }
    return {
        **base,
        # The transform runs dbt from here.
        "PATH": f"{ROOT / '.venv-dbt' / 'bin'}:{base.get('PATH', os.defpath)}",
        **{f"AIRFLOW__{name}": value for name, value in settings.items()},
        "AIRFLOW_HOME": str(HOME),
        "SNOWFLAKE_DISABLE_PLATFORM_DETECTION": "true",
        "PYTHONUNBUFFERED": "1",
    }


def _secret(name: str, size: int = 32) -> str:
    """Return a random secret, created once and the same at every start."""
    path = HOME / name
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_bytes(base64.urlsafe_b64encode(secrets.token_bytes(size)))
    return path.read_text()


def migrate(env: Mapping[str, str]) -> None:
    """Create or upgrade the metadata database; a file records it, because the check takes 6 s."""
    done = HOME / f"migrated-{version('apache-airflow')}"
    if done.exists() and DATABASE.exists():
        return
    migrated = run_cli(["db", "migrate"], env)
    if migrated.returncode:
        raise StartError(f"airflow db migrate failed:\n{migrated.stdout[-3000:]}")
    done.touch()


def pause(dag_ids: Iterable[str]) -> None:
    """Pause DAGs in the metadata database, before a scheduler runs.

    The REST API would be too late: a scheduler creates the runs that are due as it starts.
    """
    with closing(sqlite3.connect(DATABASE)) as database, database:
        database.executemany(
            "update dag set is_paused = 1 where dag_id = ?", [(dag_id,) for dag_id in dag_ids]
        )


def run_cli(arguments: list[str], env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run one `airflow` command to its end; stdout holds stderr too."""
    return subprocess.run(
        [sys.executable, "-m", "airflow", *arguments],
        env=dict(env),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        text=True,
        check=False,
    )


def start(name: str, env: Mapping[str, str]) -> Service:
    """Start one of COMPONENTS."""
    command = [sys.executable, "-m", *COMPONENTS[name]]
    return spawn(name, command, LOGS / f"{name}.log", env, ROOT)


def wait_ready(
    url: str, services: Iterable[Service], dag_ids: Iterable[str], since: datetime
) -> Airflow:
    """Return a client once all components are healthy and `dag_ids` were parsed after `since`.

    Raises PortTaken when another program has the api-server's port.
    """
    client, services = Airflow(url), list(services)
    (server,) = (service for service in services if service.name == "api-server")
    port = urlsplit(url).port or 0

    def probe() -> str | None:
        # Until it does, another program may respond at `url`, even another checkout's Airflow.
        if not listens(server, port):
            return None
        try:
            if not _healthy(client):
                return None
            _raise_import_errors(client, since)
            return url if all(_parsed(client, dag_id, since) for dag_id in dag_ids) else None
        except (requests.ConnectionError, requests.Timeout, RestError, requests.HTTPError):
            return None  # The api-server is still starting; wait_until has the time limit.

    wait_until(probe, services, "Airflow", START_SECONDS)
    return client


def _healthy(client: Airflow) -> bool:
    client.log_in()
    health = client.call("GET", "/monitor/health")
    parts = ("metadatabase", "scheduler", "triggerer", "dag_processor")
    return all(health[part]["status"] == "healthy" for part in parts)


def _parsed(client: Airflow, dag_id: str, since: datetime) -> bool:
    dag = client.dag(dag_id)
    if dag is None or dag["last_parsed_time"] is None:
        return False
    return datetime.fromisoformat(dag["last_parsed_time"]) >= since


def _raise_import_errors(client: Airflow, since: datetime) -> None:
    errors = [
        error
        for error in client.import_errors()
        if datetime.fromisoformat(error["timestamp"]) >= since
    ]
    if errors:
        texts = [f"{Path(error['filename']).name}:\n{error['stack_trace']}" for error in errors]
        raise StartError("a DAG file can't be imported: " + "\n".join(texts))
