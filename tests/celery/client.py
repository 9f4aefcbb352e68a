"""A client of Airflow's REST API with a password login."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

import requests

from local.launcher.processes import Service, wait_until
from local.launcher.rest import SECONDS, Airflow, RestError

DAILY = "amplitude_to_snowflake"
WINDOW = "stage_window."
PARTS = ("metadatabase", "scheduler", "triggerer", "dag_processor")
START_SECONDS = 240
PATIENCE_SECONDS = 300

T = TypeVar("T")


@dataclass(frozen=True)
class Try:
    """One try of a task instance; `hostname` is the worker's."""

    run_id: str
    task_id: str
    map_index: int
    number: int
    state: str
    hostname: str

    @classmethod
    def of(cls, record: dict[str, Any]) -> Try:
        """Read a try from Airflow's response."""
        names = ("dag_run_id", "task_id", "map_index", "try_number", "state", "hostname")
        return cls(*(record[name] for name in names))

    @property
    def task(self) -> tuple[str, str, int]:
        """The key of the task instance, which its tries share."""
        return self.run_id, self.task_id, self.map_index

    @property
    def window(self) -> tuple[str, int]:
        """The key of the window, which its tasks share."""
        return self.run_id, self.map_index

    @property
    def of_a_window(self) -> bool:
        """True for a task of the mapped group."""
        return self.task_id.startswith(WINDOW)

    def is_done(self, verb: str, hostname: str = "") -> bool:
        """Return True if this task of a window succeeded, on that worker if one is named."""
        wanted = (f"{WINDOW}{verb}", "success", hostname or self.hostname)
        return (self.task_id, self.state, self.hostname) == wanted


class Client(Airflow):
    """A user who logs in with a password, like every user of the compose files."""

    def __init__(self, url: str, username: str, password: str) -> None:
        super().__init__(url)
        self._login = {"username": username, "password": password}

    def log_in(self) -> None:
        """Get a token and use it for all further requests."""
        response = self._session.post(f"{self.url}/auth/token", json=self._login, timeout=SECONDS)
        response.raise_for_status()
        self._session.headers["Authorization"] = f"Bearer {response.json()['access_token']}"

    def wait_ready(self, services: list[Service]) -> None:
        """Wait until all components are healthy and the DAG is parsed."""
        wait_until(self._probe, services, "Airflow", START_SECONDS)

    def _probe(self) -> str | None:
        try:
            if "Authorization" not in self._session.headers:
                self.log_in()
            health = self.call("GET", "/monitor/health")
            ready = all(health[part]["status"] == "healthy" for part in PARTS)
            return self.url if ready and self.dag(DAILY) else None
        except (requests.RequestException, RestError):
            return None  # Still starting; wait_until watches the clock.

    def backfill(self, first: date, last: date) -> None:
        """Create a backfill like Airflow's command and UI; both days are included."""
        span = {"from_date": f"{first}T00:00:00Z", "to_date": f"{last}T00:00:00Z"}
        self.call("POST", "/backfills", json={"dag_id": DAILY, **span, "max_active_runs": 3})
        self.pause(DAILY, paused=False)

    def last_tries(self) -> list[Try]:
        """Return the last try of every task."""
        return [Try.of(task) for task in self._tasks()]

    def tries(self) -> list[Try]:
        """Return every try of every task of every run."""
        return [t for task in self._tasks() for t in self._tries_of(task)]

    def log_of(self, one: Try) -> str:
        """Return the log of the try."""
        task = {"dag_id": DAILY, "dag_run_id": one.run_id, "try_number": one.number}
        entries = self.log({**task, "task_id": one.task_id, "map_index": one.map_index})
        return "\n".join(str(entry["event"]) for entry in entries)

    def _tasks(self) -> list[dict[str, Any]]:
        path = f"/dags/{DAILY}/dagRuns/~/taskInstances"
        tasks: list[dict[str, Any]] = self.call("GET", path, params={"limit": 1000})[
            "task_instances"
        ]
        return tasks

    def _tries_of(self, task: dict[str, Any]) -> list[Try]:
        if task["try_number"] < 2:
            return [Try.of(task)]
        path = f"/dags/{DAILY}/dagRuns/{task['dag_run_id']}/taskInstances/{task['task_id']}"
        mapped = f"/{task['map_index']}" if task["map_index"] >= 0 else ""
        return [Try.of(t) for t in self.call("GET", f"{path}{mapped}/tries")["task_instances"]]

    def wait_for_runs(self) -> dict[date, str]:
        """Wait until all runs have ended, and return the state of each day's run."""
        runs = wait(lambda: self._ended(), "the end of all runs")
        return {date.fromisoformat(run["logical_date"][:10]): run["state"] for run in runs}

    def _ended(self) -> list[dict[str, Any]]:
        runs = self.runs(DAILY)
        return runs if all(run["state"] in ("success", "failed") for run in runs) else []


def wait(probe: Callable[[], T], what: str) -> T:
    """Call the probe until it returns a true value, and return that."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (found := probe()):
        assert time.monotonic() < deadline, f"{what}: not within {PATIENCE_SECONDS} s"
        time.sleep(0.3)
    return found
