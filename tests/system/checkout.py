"""A copy of the project, and its commands as make runs them."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import snowflake.connector

from local.launcher.connections import snowflake_server
from local.launcher.rest import Airflow
from tests.pipeline.stand_ins import Table

ROOT = Path(__file__).resolve().parents[2]
DAILY, DAILY_APP = "amplitude_to_snowflake", "amplitude_to_snowflake_app"
TRANSFORM = "amplitude_transform"
FOLDERS = ("dags", "include", "local", "plugins")
# A tenth of the stand-in's usual number, because tests compare all of them.
EVENTS_A_DAY = 2_000
# The fewest that have loaded days on both sides of the gap; the README's pictures show two weeks.
DAYS, GAP, APP_DAYS = (14, 4, 3) if os.environ.get("SCREENSHOTS") else (3, 1, 1)
# In place of 10: the DAG files do not change here, and every parse forks a process for each file.
PARSE_SECONDS = 120
PATIENCE_SECONDS = 240


@dataclass
class Checkout:
    """A copy of the project in which the commands run; `welcome` is the output of `up`."""

    folder: Path
    welcome: str = ""

    @classmethod
    def copied_to(cls, folder: Path) -> Checkout:
        """Copy the project without local state, and with less history."""
        ignore = shutil.ignore_patterns("__pycache__")
        for name in FOLDERS:
            shutil.copytree(ROOT / name, folder / name, ignore=ignore)
        (folder / ".venv-dbt").symlink_to(ROOT / ".venv-dbt")
        _set(folder / "local/export_api/export.py", "EVENTS_PER_DAY", EVENTS_A_DAY)
        _set(folder / "local/__main__.py", "UP_DAYS", DAYS)
        _set(folder / "local/launcher/projects.py", "APP_DAYS", APP_DAYS)
        _set(folder / "local/__main__.py", "GAP", f"timedelta(days={GAP})")
        airflow, interval = folder / "local/launcher/airflow.py", "MIN_FILE_PROCESS_INTERVAL"
        _replace(airflow, rf'{interval}": "\d+"', f'{interval}": "{PARSE_SECONDS}"')
        return cls(folder)

    def local(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command as make does; stdout has both streams."""
        command = [sys.executable, "-m", "local", *arguments]
        ours = {n: v for n, v in os.environ.items() if not n.startswith(("AIRFLOW_", "AWS_"))}
        return subprocess.run(
            command,
            cwd=self.folder,
            env=ours,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=1200,
        )

    @property
    def stack(self) -> dict[str, Any]:
        """The launcher's record of the running stack."""
        found: dict[str, Any] = json.loads((self.folder / ".local/stack.json").read_text())
        return found

    @property
    def airflow(self) -> Airflow:
        """A client with every permission."""
        client = Airflow(self.stack["url"])
        client.log_in()
        return client

    @contextmanager
    def table(self) -> Iterator[Table]:
        """Open a reader's session, and yield the table."""
        server = snowflake_server(self.stack["warehouse"])
        login = {"user": "reader", "password": "any", "database": "AMPLITUDE", "schema": "RAW"}
        with snowflake.connector.connect(**login, **server) as session:
            yield Table(session.cursor())

    def uuids(self, day: date, project: str = "default") -> dict[int, list[str]]:
        """Return the uuids of the project's day by hour, repeats included."""
        with self.table() as table:
            return table.uuids(day, project)

    def wait_for(self, run_id: str) -> str:
        """Wait until the run has ended, and return its final state."""
        client, deadline = self.airflow, time.monotonic() + PATIENCE_SECONDS
        while (state := client.run_state(DAILY, run_id)) not in ("success", "failed"):
            assert time.monotonic() < deadline, f"{run_id} is still {state}"
            time.sleep(1)
        return state


def _set(file: Path, name: str, value: object) -> None:
    """Set a constant of the module to another value."""
    _replace(file, f"^{name} = .*$", f"{name} = {value}")


def _replace(file: Path, pattern: str, by: str) -> None:
    """Replace the file's only match of the pattern."""
    text, found = re.subn(pattern, by, file.read_text(), flags=re.MULTILINE)
    assert found == 1, f"{file} has no {pattern}"
    file.write_text(text)
