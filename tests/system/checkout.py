"""A copy of the project, and its commands as make calls them."""

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
DAILY = "amplitude_to_snowflake"
TRANSFORM = "amplitude_transform"
FOLDERS = ("dags", "include", "local", "plugins")
# A tenth of what the stand-in of Amplitude has otherwise: a test looks at all of them.
EVENTS_A_DAY = 2_000
# A week in place of two, which would be more of the same; but the README's pictures show two.
DAYS = 14 if os.environ.get("SCREENSHOTS") else 7
PATIENCE_SECONDS = 240


@dataclass
class Checkout:
    """A copy of the project in which the commands are run; `welcome` is what `up` said."""

    folder: Path
    welcome: str = ""

    @classmethod
    def copied_to(cls, folder: Path) -> Checkout:
        """The project as it is now, without what running it has left, and with less history."""
        ignore = shutil.ignore_patterns("__pycache__")
        for name in FOLDERS:
            shutil.copytree(ROOT / name, folder / name, ignore=ignore)
        (folder / ".venv-dbt").symlink_to(ROOT / ".venv-dbt")
        _set(folder / "local/export_api/export.py", "EVENTS_PER_DAY", EVENTS_A_DAY)
        _set(folder / "local/__main__.py", "UP_DAYS", DAYS)
        return cls(folder)

    def local(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """What make calls; its output is both streams."""
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
        """What runs, as the launcher remembers it."""
        found: dict[str, Any] = json.loads((self.folder / ".local/stack.json").read_text())
        return found

    @property
    def airflow(self) -> Airflow:
        """A client with every right."""
        client = Airflow(self.stack["url"])
        client.log_in()
        return client

    @contextmanager
    def table(self) -> Iterator[Table]:
        """A reader's session."""
        server = snowflake_server(self.stack["warehouse"])
        login = {"user": "reader", "password": "any", "database": "AMPLITUDE", "schema": "RAW"}
        with snowflake.connector.connect(**login, **server) as session:
            yield Table(session.cursor())

    def uuids(self, day: date) -> dict[int, list[str]]:
        """The day's rows by hour, repeats included."""
        with self.table() as table:
            return table.uuids(day)

    def wait_for(self, run_id: str) -> str:
        """The run's final state."""
        client, deadline = self.airflow, time.monotonic() + PATIENCE_SECONDS
        while (state := client.run_state(DAILY, run_id)) not in ("success", "failed"):
            assert time.monotonic() < deadline, f"{run_id} is still {state}"
            time.sleep(1)
        return state


def _set(file: Path, name: str, value: int) -> None:
    """Gives the constant of the module another value."""
    text, found = re.subn(
        f"^{name} = .*$", f"{name} = {value}", file.read_text(), flags=re.MULTILINE
    )
    assert found == 1, f"{file} has no {name}"
    file.write_text(text)
