"""The progress of a run: a line for each change of a task, and the reason of a failure."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from amplitude_export import errors

from local.launcher.rest import Airflow

POLL_SECONDS = 1.0
RUN_SECONDS = 3600.0
FINISHED = ("success", "failed")
SHOWN = {"running", "deferred", "up_for_retry", "success", "failed", "upstream_failed", "skipped"}
REASONED = {"up_for_retry", "failed"}


class RunFailed(Exception):
    """A run failed or did not finish; the message names the task or the reason."""


@dataclass
class Follower:
    """The reporter of one run's changes, with the seconds since it was created."""

    client: Airflow
    dag_id: str
    run_id: str
    echo: Callable[[str], None]
    _seen: dict[tuple[str, int], tuple[str, int]] = field(default_factory=dict)
    _began: float = field(default_factory=time.monotonic)

    def wait(self) -> list[dict[str, Any]]:
        """Return the task instances of the run that succeeded; raise RunFailed otherwise."""
        while time.monotonic() - self._began < RUN_SECONDS:
            state = self.client.run_state(self.dag_id, self.run_id)
            tasks = sorted(self.client.tasks(self.dag_id, self.run_id), key=_order)
            for task in tasks:
                self._report(task)
            if state in FINISHED:
                return self._finish(state, tasks)
            time.sleep(POLL_SECONDS)
        raise RunFailed(f"{self.dag_id} has not finished within {RUN_SECONDS / 60:.0f} minutes")

    def _report(self, task: dict[str, Any]) -> None:
        key = (task["task_id"], task["map_index"])
        now = (task["state"], task["try_number"])
        if task["state"] not in SHOWN or self._seen.get(key) == now:
            return
        self._seen[key] = now
        elapsed = time.monotonic() - self._began
        self.echo(f"{elapsed:6.1f} s  {name_of(task):34}  {_state(task)}")
        if task["state"] in REASONED:
            self.echo(f"          {reason(self.client, task)}")

    def _finish(self, state: str, tasks: list[dict[str, Any]]) -> list[dict[str, Any]]:
        if state == "success":
            return tasks
        failed = [name_of(task) for task in tasks if task["state"] == "failed"]
        raise RunFailed(f"{self.dag_id} failed at {', '.join(failed) or 'none of its tasks'}")


def _state(task: dict[str, Any]) -> str:
    if task["state"] == "up_for_retry":
        return f"try {task['try_number']} of {task['max_tries'] + 1} failed, Airflow retries"
    if task["state"] in FINISHED and task["duration"]:
        return f"{task['state']} in {task['duration']:.1f} s"
    return str(task["state"])


def _order(task: dict[str, Any]) -> tuple[str, int]:
    return (task["start_date"] or "9999", task["map_index"])


def name_of(task: dict[str, Any]) -> str:
    """Return the task's id, with the window when it is one of several."""
    label = task.get("rendered_map_index")
    if task["map_index"] < 0:
        return str(task["task_id"])
    return f"{task['task_id']} [{label or task['map_index']}]"


def reason(client: Airflow, task: dict[str, Any]) -> str:
    """Return the last error that the task's last try logged."""
    for entry in reversed(client.log(task)):
        for detail in entry.get("error_detail") or []:
            text = f"{detail['exc_type']}: {detail['exc_value']}"
            return with_section(text, detail["exc_type"])
        if entry.get("level") in ("error", "critical"):
            return str(entry["event"])
    return "no error in its log"


def with_section(message: str, error: str) -> str:
    """Return the message with the runbook's section of the error of that class, if it has one."""
    kind = getattr(errors, error, None)
    return f"{message} (docs/runbook.md#{error.lower()})" if kind else message


def seconds_by_task(tasks: list[dict[str, Any]]) -> dict[str, float]:
    """Return the seconds of each task, in the order of their starts; of mapped ones the longest."""
    seconds: dict[str, float] = {}
    for task in tasks:
        longest = max(seconds.get(task["task_id"], 0.0), task["duration"] or 0.0)
        seconds[task["task_id"]] = longest
    return seconds
