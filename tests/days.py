"""A run of the daily DAG without Airflow itself: the tasks' real code, one task at a time.

Results travel between the tasks as files, so that they outlive a killed process. Connections come
from the environment, as Airflow reads them. `tests.crashes.processes.run` runs the tasks of a Day
in a process that can be killed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from amplitude_export.clean_up.task import clean_up
from amplitude_export.decompress.task import decompress
from amplitude_export.export import operator, tries
from amplitude_export.load.task import load
from amplitude_export.plan.task import plan_windows
from amplitude_export.tasks.assets import AMPLITUDE_RAW
from amplitude_export.upload.task import upload
from amplitude_export.window import DAY, midnight

TASKS = ("export", "decompress", "upload", "load", "clean_up")


class NoResult(Exception):
    """A mistake of the test: a task is run whose upstream task has no result."""


@dataclass(frozen=True)
class Day:
    """One run for one day. `xcoms` is a folder of this run alone; `volume` must exist.

    The other fields are the run's Variables and its params. `keys` is the project whose keys the
    connection has, if it is another one.
    """

    xcoms: Path
    volume: Path
    day: date
    run_id: str
    bucket: str
    window_hours: int = 12
    landing_format: str = "json"
    archive_days: int = 7
    quarantine: bool = False
    accept_fewer: bool = False
    accept_project_id: str | None = None
    project: str = "default"
    keys: str = ""

    def do(self, task: str) -> None:
        """Run the task, for each window of the day if it is mapped, and store its results.

        As in Airflow, a task that starts loses its earlier results: one that was killed has
        none. Those of windows that are no longer planned remain. Raises what the task raises, and
        NoResult.
        """
        act = _ACTS[task]
        self.forget(task)
        if task in ("load", "clean_up"):
            self._keep(task, act(self))
            return
        for number in range(len(self.windows)):
            self._keep(f"{task}_{number}", act(self, number))

    def forget(self, task: str) -> None:
        """Remove the results of the task, for each window of today's plan if it is mapped."""
        mapped = [f"{task}_{number}" for number in range(len(self.windows))]
        for name in [task] if task in ("load", "clean_up") else mapped:
            (self.xcoms / f"{name}.json").unlink(missing_ok=True)

    def whole(self) -> None:
        """Run all tasks, beginning with the first."""
        for task in TASKS:
            self.do(task)

    @property
    def windows(self) -> list[Any]:
        """Return the day's windows, as `plan_windows` cuts them."""
        windows: list[Any] = plan_windows.function(f"{self.day}", f"{self.window_hours}")
        return windows

    def result(self, name: str) -> Any:
        """Return a task's result; `name` is its id, with `_<number of the window>` if mapped."""
        path = self.xcoms / f"{name}.json"
        if not path.exists():
            raise NoResult(f"{name} of {self.run_id} has left no result")
        return json.loads(path.read_text())

    def _keep(self, name: str, result: Any) -> None:
        beside = self.xcoms / f"{name}.new"
        beside.write_text(json.dumps(result))
        beside.rename(self.xcoms / f"{name}.json")

    @property
    def _common(self) -> dict[str, Any]:
        return {
            "data_dir": str(self.volume),
            "run_id": self.run_id,
            "project": self.project,
            "dag_run": self.dag_run,
        }

    @property
    def dag_run(self) -> SimpleNamespace:
        """Return Airflow's run of the day, as far as tasks read it."""
        begin = midnight(self.day)
        return SimpleNamespace(logical_date=begin, run_after=begin + DAY)

    def _export(self, number: int) -> Any:
        export = operator.AmplitudeExportOperator(
            task_id="export",
            window=self.windows[number],
            data_dir=str(self.volume),
            amplitude_conn_id=f"amplitude_{self.keys or self.project}",
            project=self.project,
        )
        return export.execute({"run_id": self.run_id, "dag_run": self.dag_run})

    def _decompress(self, number: int) -> Any:
        return decompress.function(
            exported=self.result(f"export_{number}"),
            landing_format=self.landing_format,
            params={"quarantine": self.quarantine},
            **self._common,
        )

    def _upload(self, number: int) -> Any:
        manifest = self.result(f"decompress_{number}")
        return upload.function(manifest=manifest, bucket=self.bucket, **self._common)

    def _load(self) -> Any:
        planned = len(self.windows)
        manifests = [self.result(f"upload_{number}") for number in range(planned)]
        # Airflow also hands over the results of an earlier plan that had more windows.
        beyond = [f"upload_{number}" for number in range(planned, 24)]
        manifests += [
            self.result(name) for name in beyond if (self.xcoms / f"{name}.json").exists()
        ]
        event = SimpleNamespace(extra=None)
        loaded = load.function(
            f"{self.day}",
            manifests,
            bucket=self.bucket,
            windows=self.windows,
            params={
                "quarantine": self.quarantine,
                "accept_fewer": self.accept_fewer,
                "accept_project_id": self.accept_project_id,
            },
            outlet_events={AMPLITUDE_RAW: event},
            **self._common,
        )
        assert event.extra == loaded
        return loaded

    def _clean_up(self) -> Any:
        return clean_up.function(
            self.result("load"), archive_days=f"{self.archive_days}", **self._common
        )


_ACTS: dict[str, Callable[..., Any]] = {task: getattr(Day, f"_{task}") for task in TASKS}


@contextmanager
def no_pauses() -> Iterator[None]:
    """Remove the pauses between the export's inner retries; only their order stays."""
    with (
        patch.object(tries, "FIRST_WAIT", timedelta(milliseconds=1)),
        patch.object(tries, "LONGEST_WAIT", timedelta(seconds=2)),
    ):
        yield
