"""The part of Airflow's REST API that the launcher uses; each CLI command would take 6 s."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime
from typing import Any

import requests

SECONDS = 30
# A backfill of weeks on a busy machine: all its runs are created within the request.
BACKFILL_SECONDS = 300
# SQLite refuses a write while the scheduler is writing; requests that can be repeated are.
BUSY = ("Database error", "Database is locked")
REPEATED, TRIES, PAUSE_SECONDS = ("GET", "PATCH", "DELETE"), 10, 0.5


class RestError(Exception):
    """Airflow refused a request; the message holds the response."""


class DatabaseBusy(RestError):
    """SQLite refused a write; a part of it can have been stored."""


class Airflow:
    """A client of the api-server at `url`; the local Airflow makes every user an administrator."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.token = ""
        self._session = requests.Session()

    def log_in(self) -> None:
        """Get a token; raise requests.ConnectionError while the server is not up."""
        response = self._session.get(f"{self.url}/auth/token", timeout=SECONDS)
        response.raise_for_status()
        self.token = response.json()["access_token"]
        self._session.headers["Authorization"] = f"Bearer {self.token}"

    def call(self, method: str, path: str, **options: Any) -> Any:
        """Return the JSON response to a request below /api/v2; raise RestError if it is refused."""
        options.setdefault("timeout", SECONDS)
        for _ in range(TRIES if method in REPEATED else 1):
            response = self._session.request(method, f"{self.url}/api/v2{path}", **options)
            busy = response.status_code >= 500 and any(text in response.text for text in BUSY)
            if not busy:
                break
            time.sleep(PAUSE_SECONDS)
        if not response.ok:
            error = DatabaseBusy if busy else RestError
            raise error(f"{method} {path}: {response.status_code} {response.text[:500]}")
        return response.json() if response.content else None

    def dag(self, dag_id: str) -> dict[str, Any] | None:
        """Return the DAG as it was last parsed, or None before its first parse."""
        dags = self.call("GET", "/dags", params={"dag_id_pattern": dag_id})["dags"]
        return next((dag for dag in dags if dag["dag_id"] == dag_id), None)

    def due(self, dag_id: str) -> datetime | None:
        """Return the time of the DAG's next scheduled run if it has passed, otherwise None."""
        dag = self.dag(dag_id)
        if dag is None or dag["next_dagrun_run_after"] is None:
            return None
        due = datetime.fromisoformat(dag["next_dagrun_run_after"])
        return due if due <= datetime.now(UTC) else None

    def pause(self, dag_id: str, *, paused: bool) -> None:
        """Pause or unpause the DAG."""
        self.call("PATCH", f"/dags/{dag_id}", json={"is_paused": paused})

    def runs(self, dag_id: str, **filters: Any) -> list[dict[str, Any]]:
        """Return the DAG's runs, at most 100, newest logical date first."""
        params = {"limit": 100, "order_by": "-logical_date", **filters}
        runs: list[dict[str, Any]] = self.call("GET", f"/dags/{dag_id}/dagRuns", params=params)[
            "dag_runs"
        ]
        return runs

    def run(self, dag_id: str, run_id: str) -> dict[str, Any] | None:
        """Return the run of that id, or None."""
        return next((run for run in self.runs(dag_id, run_id_pattern=run_id)), None)

    def run_of_day(self, dag_id: str, day: date) -> dict[str, Any] | None:
        """Return the run whose logical date is the start of `day` in UTC."""
        start = f"{day}T00:00:00Z"
        runs = self.runs(dag_id, logical_date_gte=start, logical_date_lte=start)
        return runs[0] if runs else None

    def trigger(self, dag_id: str, day: date | None = None, **body: Any) -> str:
        """Create a run, of `day` if one is given, and return its id."""
        body["logical_date"] = f"{day}T00:00:00Z" if day else None
        run_id: str = self.call("POST", f"/dags/{dag_id}/dagRuns", json=body)["dag_run_id"]
        return run_id

    def clear(self, dag_id: str, run_id: str) -> None:
        """Clear a run, so that all its tasks run again with the DAG's newest code."""
        body = {"dry_run": False, "run_on_latest_version": True}
        self.call("POST", f"/dags/{dag_id}/dagRuns/{run_id}/clear", json=body)

    def fail(self, dag_id: str, run_id: str) -> None:
        """Mark a run as failed, so that none of its tasks starts any more."""
        self.call("PATCH", f"/dags/{dag_id}/dagRuns/{run_id}", json={"state": "failed"})

    def backfills(self, dag_id: str) -> list[dict[str, Any]]:
        """Return the DAG's newest backfills."""
        params = {"dag_id": dag_id, "order_by": "-id"}
        backfills: list[dict[str, Any]] = self.call("GET", "/backfills", params=params)["backfills"]
        return backfills

    def backfill(
        self, dag_id: str, first: date, last: date, at_once: int, reprocessed: str
    ) -> None:
        """Create a backfill of these days, both inclusive; `reprocessed` as in Airflow's API."""
        body = {
            "dag_id": dag_id,
            "from_date": f"{first}T00:00:00Z",
            "to_date": f"{last}T00:00:00Z",
            "max_active_runs": at_once,
            "reprocess_behavior": reprocessed,
        }
        self.call("POST", "/backfills", json=body, timeout=BACKFILL_SECONDS)

    def delete(self, dag_id: str, run_id: str) -> None:
        """Delete a run that is not running."""
        self.call("DELETE", f"/dags/{dag_id}/dagRuns/{run_id}")

    def run_state(self, dag_id: str, run_id: str) -> str:
        """Return `queued`, `running`, `success` or `failed`."""
        state: str = self.call("GET", f"/dags/{dag_id}/dagRuns/{run_id}")["state"]
        return state

    def tasks(self, dag_id: str, run_id: str) -> list[dict[str, Any]]:
        """Return the run's task instances; a mapped one has a `map_index` of 0 or more."""
        path = f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances"
        tasks: list[dict[str, Any]] = self.call("GET", path, params={"limit": 1000})[
            "task_instances"
        ]
        return tasks

    def result(self, task: dict[str, Any]) -> Any:
        """Return the XCom that the task instance returned."""
        path = f"{_of(task)}/xcomEntries/return_value"
        params = {"map_index": task["map_index"], "deserialize": "false", "stringify": "false"}
        return self.call("GET", path, params=params)["value"]

    def log(self, task: dict[str, Any]) -> list[dict[str, Any]]:
        """Return the entries of the task instance's last try."""
        path = f"{_of(task)}/logs/{max(task['try_number'], 1)}"
        params = {"map_index": task["map_index"], "full_content": "true"}
        headers = {"Accept": "application/json"}
        content = self.call("GET", path, params=params, headers=headers)["content"]
        return [entry if isinstance(entry, dict) else {"event": entry} for entry in content]

    def import_errors(self) -> list[dict[str, Any]]:
        """Return the DAG files that can't be imported, with their stack traces."""
        errors: list[dict[str, Any]] = self.call("GET", "/importErrors")["import_errors"]
        return errors


def _of(task: dict[str, Any]) -> str:
    return f"/dags/{task['dag_id']}/dagRuns/{task['dag_run_id']}/taskInstances/{task['task_id']}"
