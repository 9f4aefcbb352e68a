"""Why a task failed, kept for the page and for notices."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from amplitude_export.errors import VolumeFull
from amplitude_export.failure import failure_record
from amplitude_export.record import to_record
from amplitude_export.tasks.defaults import log_failure_links


class Instance:
    """A task instance, as its callback sees it."""

    task_id, run_id = "load", "manual__1"
    log_url = "http://airflow.example/load"

    def __init__(self) -> None:
        self.xcoms: dict[str, Any] = {}

    def xcom_push(self, key: str, value: Any) -> None:
        self.xcoms[key] = value


class Cut(Instance):
    """One whose supervisor does not take XComs."""

    def xcom_push(self, key: str, value: Any) -> None:
        raise ConnectionError("the supervisor is gone")


def test_our_errors_say_what_happened_and_what_to_do() -> None:
    """They are free of secrets."""
    assert to_record(failure_record(VolumeFull("It is full.", "make room."))) == {
        "error": "VolumeFull",
        "message": "It is full. What to do: make room. (docs/runbook.md#volumefull)",
        "runbook": "volumefull",
    }


def test_of_other_errors_only_the_class_is_shown() -> None:
    """Their text may hold a key."""
    assert to_record(failure_record(KeyError("secret"))) == {
        "error": "KeyError",
        "message": "KeyError; see the log.",
        "runbook": "other-errors",
    }


def test_the_reason_is_kept_with_the_task() -> None:
    """On a retry and on a failure: the callback is the same."""
    instance, error = Instance(), VolumeFull("It is full.")
    log_failure_links({"ti": instance, "exception": error})
    assert instance.xcoms == {"failure": to_record(failure_record(error))}


def test_a_task_ended_from_outside_leaves_no_reason(caplog: pytest.LogCaptureFixture) -> None:
    """There is none, and the dag-processor could not keep it."""
    instance = Instance()
    log_failure_links({"ti": instance})
    assert instance.xcoms == {}
    assert "load of manual__1: ended from outside. Task: " in caplog.text


def test_a_reason_that_cannot_be_kept_is_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    """The callback ends well, after it has said where to look."""
    log_failure_links({"ti": Cut(), "exception": VolumeFull("It is full.")})
    where, lost = (r for r in caplog.records if r.levelno == logging.ERROR)
    assert where.getMessage().endswith("/amplitude/runbook#volumefull")
    assert "could not be stored" in lost.getMessage()
