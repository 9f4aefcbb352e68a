"""The report, if all tasks before it finished, and if one did not."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from amplitude_export.doctor.check import Check, State
from amplitude_export.doctor.shared import MarkerResult
from amplitude_export.doctor.task import PROBE_TASKS, report
from amplitude_export.errors import ChecksFailed, RecordInvalid
from amplitude_export.record import to_record

GOOD = [to_record(Check("a.first", State.OK, "fine"))]
VOLUME = {"checks": [to_record(Check("volume.writable", State.OK, "fine"))], "mark": "a-mark"}
SEEN = [to_record(MarkerResult("worker-1"))] * PROBE_TASKS


@dataclass
class Instance:
    """A task instance, as far as the report needs one."""

    pushed: dict[str, Any] = field(default_factory=dict)

    def xcom_push(self, key: str, value: Any) -> None:
        self.pushed[key] = value


def states(instance: Instance) -> dict[str, str]:
    return {each["name"]: each["state"] for each in instance.pushed["return_value"]["checks"]}


def test_a_good_report_is_the_result() -> None:
    """Its checks are in the order in which the data flows."""
    instance = Instance()
    report.function(GOOD, VOLUME, SEEN, GOOD, GOOD, GOOD, ti=instance)
    assert instance.pushed["return_value"]["ok"] is True
    names = [each["name"] for each in instance.pushed["return_value"]["checks"]]
    shared = ["volume.writable", "volume.shared", "code.projects"]
    assert names == ["a.first", *shared, "a.first", "a.first", "a.first"]


DIED = {
    "ask_amplitude": (None, VOLUME, SEEN, GOOD, GOOD, GOOD),
    "mark_volume": (GOOD, None, [], GOOD, GOOD, GOOD),
    "see_mark": (GOOD, VOLUME, SEEN[1:], GOOD, GOOD, GOOD),
    "put_probe": (GOOD, VOLUME, SEEN, None, GOOD, GOOD),
    "copy_probe": (GOOD, VOLUME, SEEN, GOOD, None, GOOD),
    "try_transform": (GOOD, VOLUME, SEEN, GOOD, GOOD, None),
}


@pytest.mark.parametrize("task", DIED)
def test_a_task_that_died_is_a_failed_check_beside_the_others(task: str) -> None:
    """It has the task's name; the record is pushed although the report fails."""
    instance = Instance()
    with pytest.raises(ChecksFailed, match=f"checks failed: {task}\\."):
        report.function(*DIED[task], ti=instance)
    assert states(instance)[task] == "failed"
    assert states(instance)["a.first"] == "ok"


def test_without_a_marker_no_task_is_missing() -> None:
    """The volume is the fault, and the tasks had nothing to look for."""
    volume = {"checks": [to_record(Check("volume.writable", State.FAILED, "full", "fix"))]}
    instance = Instance()
    with pytest.raises(ChecksFailed, match="checks failed: volume.writable\\."):
        report.function(GOOD, {**volume, "mark": None}, [], GOOD, GOOD, GOOD, ti=instance)
    assert states(instance)["volume.shared"] == "skipped"


@pytest.mark.parametrize("marked", [5, "text", [], {"mark": None}, {"checks": 5}], ids=repr)
def test_a_result_by_hand_is_named(marked: Any) -> None:
    """It does not end in an error of Python's."""
    with pytest.raises(RecordInvalid, match="MarkedVolume cannot be read"):
        report.function(GOOD, marked, SEEN, GOOD, GOOD, GOOD, ti=Instance())
