"""Why a task failed, as it is kept for the page and for notices: an XCom of the task."""

from __future__ import annotations

from typing import TypedDict

from amplitude_export.errors import PipelineError

# The XCom's key. Airflow removes a task's XComs when the task starts again.
FAILURE = "failure"


class FailureRecord(TypedDict):
    """The error's class, what it says, and the section of docs/runbook.md about it."""

    error: str
    message: str
    runbook: str


def failure_record(error: BaseException) -> FailureRecord:
    """What of the error may be shown: of foreign ones only the class, as they may hold secrets."""
    name = type(error).__name__
    if isinstance(error, PipelineError):
        return {"error": name, "message": str(error), "runbook": name.lower()}
    return {"error": name, "message": f"{name}; see the log.", "runbook": "other-errors"}
