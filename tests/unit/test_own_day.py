"""XComs that a user has written by hand: a task does nothing outside its own run's day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from amplitude_export.archive import ArchiveRecord, Exported
from amplitude_export.clean_up.task import clean_up
from amplitude_export.decompress.task import decompress
from amplitude_export.errors import RecordInvalid
from amplitude_export.export.operator import AmplitudeExportOperator
from amplitude_export.ledger import HOURS, Hour, LoadedDay
from amplitude_export.load.task import load
from amplitude_export.manifest import Manifest
from amplitude_export.record import to_record
from amplitude_export.tasks.own_day import require_own_day
from amplitude_export.upload.task import upload
from amplitude_export.window import DAY, Window, midnight, plan_windows
from amplitude_export.workspace import Workspace

OWN, OTHER = date(2026, 9, 24), date(2026, 9, 23)
RUN = SimpleNamespace(logical_date=midnight(OWN), run_after=midnight(OWN) + DAY)
RUN_ID = "scheduled__2026-09-24"


def exported(window: Window) -> Any:
    return to_record(Exported(window, [ArchiveRecord(window, None, 0)], "worker-1"))


def loaded(day: date) -> Any:
    hours = [Hour(hour, "empty", 0, 0, 0) for hour in HOURS]
    return to_record(LoadedDay(day, RUN_ID, 0, 0, 0, [], hours))


# Each task with the result of an earlier one: a window or day of its choice.
TASKS: dict[str, Callable[[Window, Path], Any]] = {
    "export": lambda window, data_dir: AmplitudeExportOperator(
        task_id="export", window=to_record(window), data_dir=f"{data_dir}"
    ).execute({"run_id": RUN_ID, "dag_run": RUN}),
    "decompress": lambda window, data_dir: decompress.function(
        exported(window), f"{data_dir}", RUN_ID, "json", dag_run=RUN
    ),
    "upload": lambda window, data_dir: upload.function(
        to_record(Manifest(window, [])), f"{data_dir}", RUN_ID, "bucket", dag_run=RUN
    ),
    "load": lambda window, data_dir: load.function(
        f"{window.day}", [to_record(Manifest(window, []))], RUN_ID, dag_run=RUN
    ),
    "clean_up": lambda window, data_dir: clean_up.function(
        loaded(window.day), f"{data_dir}", RUN_ID, "0", dag_run=RUN
    ),
}


@pytest.mark.parametrize("task", TASKS)
def test_a_result_about_another_day_is_refused(task: str, data_dir: Path) -> None:
    """Before anything is written, requested or removed."""
    (window,) = plan_windows(OTHER, 24)
    own = Workspace.of(data_dir, window, RUN_ID).open()
    (own.json_folder / "a.json").touch()
    before = sorted(data_dir.rglob("*"))
    with pytest.raises(RecordInvalid, match="2026-09-23") as raised:
        TASKS[task](window, data_dir)
    assert "2026-09-24" in raised.value.what
    assert sorted(data_dir.rglob("*")) == before


def test_the_day_of_a_run_without_a_logical_date_is_its_own() -> None:
    """The last day that was complete when it was triggered."""
    run = SimpleNamespace(logical_date=None, run_after=midnight(OWN) + DAY + DAY / 2)
    assert require_own_day(OWN, run) == OWN
    with pytest.raises(RecordInvalid, match="the run is about 2026-09-24"):
        require_own_day(OTHER, run)


@pytest.mark.parametrize("by_hand", [False, True], ids=["scheduled", "without a logical date"])
def test_a_run_of_the_second_look_is_about_earlier_days(by_hand: bool) -> None:
    """They are counted from the day of the run, whatever its hour; its own day is none of them."""
    at = midnight(OWN) + 3 * DAY + DAY / 3
    run = SimpleNamespace(logical_date=None if by_hand else at, run_after=at)
    assert require_own_day(OWN, run, (3, 30)) == OWN
    for day in (OTHER, OWN + DAY, at.date()):
        with pytest.raises(RecordInvalid, match="the run is about 2026-09-24, 2026-08-28"):
            require_own_day(day, run, (3, 30))
