"""An hourly run without Airflow itself, as `tests.days` has the daily one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from airflow.sdk.exceptions import AirflowSkipException
from amplitude_export.decompress.task import decompress
from amplitude_export.export import operator
from amplitude_export.hourly.task import clean_up, plan_windows
from amplitude_export.load.task import load_hours
from amplitude_export.tasks.assets import AMPLITUDE_PROVISIONAL
from amplitude_export.upload.task import upload
from amplitude_export.window import midnight

from tests.days import Day

HOURLY_TASKS = ("plan_windows", "export", "decompress", "upload", "load", "clean_up")
MAPPED = HOURLY_TASKS[1:4]


@dataclass(frozen=True)
class Hours(Day):
    """One hourly run about the hours of `day`, and of days before it by their `ages`."""

    ages: tuple[int, ...] = (0,)

    def do(self, task: str) -> None:
        """Run the task as `Day.do` does; one that skips has no result, like those behind it."""
        act = _ACTS[task]
        self.forget(task)
        if task in MAPPED:
            for number in range(len(self.windows)):
                self._keep(f"{task}_{number}", act(self, number))
        elif task in ("plan_windows", "clean_up") or self.windows:
            try:
                self._keep(task, act(self))
            except AirflowSkipException:
                return

    def forget(self, task: str) -> None:
        """Remove the results of the task."""
        for path in self.xcoms.glob(f"{task}*.json"):
            path.unlink()

    @property
    def windows(self) -> list[Any]:
        """Return the windows that the run has planned; none if it was skipped."""
        planned = (self.xcoms / "plan_windows.json").exists()
        return list(self.result("plan_windows")) if planned else []

    @property
    def has_loaded(self) -> bool:
        """Return False if the load was skipped, or has not run."""
        return (self.xcoms / "load.json").exists()

    @property
    def dag_run(self) -> SimpleNamespace:
        """Return Airflow's run, of some time of the day."""
        at = midnight(self.day) + timedelta(hours=5, minutes=10)
        return SimpleNamespace(logical_date=at, run_after=at)

    @property
    def _of_run(self) -> dict[str, Any]:
        return {
            "run_id": self.run_id,
            "ages": self.ages,
            "project": self.project,
            "dag_run": self.dag_run,
        }

    @property
    def _provisional(self) -> dict[str, Any]:
        return {**self._of_run, "data_dir": str(self.volume), "provisional": True}

    def _plan(self) -> Any:
        return plan_windows.function(**self._of_run)

    def _export(self, number: int) -> Any:
        export = operator.AmplitudeExportOperator(
            task_id="export",
            window=self.windows[number],
            data_dir=str(self.volume),
            amplitude_conn_id=f"amplitude_{self.keys or self.project}",
            project=self.project,
            ages=self.ages,
            provisional=True,
        )
        return export.execute({"run_id": self.run_id, "dag_run": self.dag_run})

    def _decompress(self, number: int) -> Any:
        return decompress.function(
            exported=self.result(f"export_{number}"),
            landing_format=self.landing_format,
            **self._provisional,
        )

    def _upload(self, number: int) -> Any:
        manifest = self.result(f"decompress_{number}")
        return upload.function(manifest=manifest, bucket=self.bucket, **self._provisional)

    def _load(self) -> Any:
        manifests = [self.result(f"upload_{number}") for number in range(len(self.windows))]
        event = SimpleNamespace(extra=None)
        loaded = load_hours.function(
            manifests, outlet_events={AMPLITUDE_PROVISIONAL: event}, **self._of_run
        )
        assert event.extra == loaded
        return loaded

    def _clean_up(self) -> Any:
        return clean_up.function(data_dir=str(self.volume), **self._of_run)


_ACTS: dict[str, Callable[..., Any]] = {
    "plan_windows": Hours._plan,
    **{task: getattr(Hours, f"_{task}") for task in HOURLY_TASKS[1:]},
}


def hourly_run(folder: Path, volume: Path, bucket: str, **settings: Any) -> Hours:
    """Return a new run whose results are in the folder."""
    folder.mkdir(parents=True)
    return Hours(folder, volume, bucket=bucket, **settings)
