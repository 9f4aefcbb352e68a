"""The reason of a failed task, for the page and for notices, and where to read on."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

import msgspec

from amplitude_export.errors import PipelineError
from amplitude_export.record import shortened

# The XCom's key. Airflow removes a task's XComs when the task starts again.
FAILURE = "failure"
# Characters of a message. The longest of the pipeline's own are below 2,000.
_MAX_MESSAGE = 10_000


class FailureRecord(msgspec.Struct, frozen=True):
    """The error's class, its message, and its section of docs/runbook.md.

    The message is cut: users who can edit XComs can write any.
    """

    error: str
    message: str
    runbook: Annotated[str, msgspec.Meta(pattern=r"\A[a-z0-9_-]{1,100}\Z")]

    def __post_init__(self) -> None:
        """Cut the message."""
        msgspec.structs.force_setattr(self, "message", shortened(self.message, _MAX_MESSAGE))


def failure_record(error: BaseException) -> FailureRecord:
    """Return what can be shown of the error.

    The messages of the pipeline's own errors are free of secrets; of any other error only the class
    is shown, because its message can hold one.
    """
    name = type(error).__name__
    if isinstance(error, PipelineError):
        return FailureRecord(name, str(error), name.lower())
    return FailureRecord(name, f"{name}; see the log.", "other-errors")


def page_url(base_url: str, project: str) -> str:
    """Return the address of the project's page in Airflow's UI; `base_url` as in `runbook_url`.

    The UI shows in its frame what follows `/plugin/amplitude`: the page's own path and its query.

    >>> page_url("https://airflow.example/prefix", "app")
    'https://airflow.example/prefix/plugin/amplitude/prefix/amplitude/?project=app'
    """
    base = base_url.rstrip("/")
    return f"{base}/plugin/amplitude{urlsplit(base).path}/amplitude/?project={project}"


def runbook_url(base_url: str, section: str) -> str:
    """Return the address at which the page serves the section; `base_url` is `[api] base_url`."""
    return f"{base_url.rstrip('/')}/amplitude/runbook#{section}"
