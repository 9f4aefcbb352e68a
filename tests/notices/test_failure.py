"""The record of a failed task, for the page and for notices."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from amplitude_export.errors import VolumeFull
from amplitude_export.failure import failure_record
from amplitude_export.record import to_record
from amplitude_export.tasks.defaults import log_failure_links


class Instance:
    """A task instance, as far as its callback uses it."""

    task_id, run_id = "load", "manual__1"
    log_url = "http://airflow.example/load"

    def __init__(self) -> None:
        self.xcoms: dict[str, Any] = {}

    def xcom_push(self, key: str, value: Any) -> None:
        self.xcoms[key] = value


class Cut(Instance):
    """A task instance whose supervisor is gone."""

    def xcom_push(self, key: str, value: Any) -> None:
        raise ConnectionError("the supervisor is gone")


def test_the_pipelines_own_errors_are_recorded_with_their_message() -> None:
    """They contain no secrets."""
    assert to_record(failure_record(VolumeFull("It is full.", "make room."))) == {
        "error": "VolumeFull",
        "message": "It is full. What to do: make room.",
        "runbook": "volumefull",
    }


def test_only_the_class_of_other_errors_is_recorded() -> None:
    """Their message can contain a key."""
    assert to_record(failure_record(KeyError("secret"))) == {
        "error": "KeyError",
        "message": "KeyError; see the log.",
        "runbook": "other-errors",
    }


def test_the_record_is_an_xcom_of_the_task() -> None:
    """A retry and a failure have the same callback."""
    instance, error = Instance(), VolumeFull("It is full.")
    log_failure_links({"ti": instance, "exception": error})
    assert instance.xcoms == {"failure": to_record(failure_record(error))}


def test_a_task_ended_from_outside_has_no_record(caplog: pytest.LogCaptureFixture) -> None:
    """It has no error, and the dag-processor could not push an XCom."""
    instance = Instance()
    log_failure_links({"ti": instance})
    assert instance.xcoms == {}
    assert "load of manual__1: ended from outside. Task: " in caplog.text


def test_a_record_that_cannot_be_pushed_is_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    """The callback succeeds, and its line has the links."""
    log_failure_links({"ti": Cut(), "exception": VolumeFull("It is full.")})
    where, lost = (r for r in caplog.records if r.levelno == logging.ERROR)
    assert where.getMessage().endswith("/amplitude/runbook#volumefull")
    assert "could not be stored" in lost.getMessage()
