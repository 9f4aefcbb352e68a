"""The operator that asks Amplitude for a window, and for its halves where that is too much."""

from __future__ import annotations

import socket
from datetime import timedelta
from pathlib import Path
from typing import Any

import tenacity
from airflow.sdk import BaseOperator

from amplitude_export.archive import ArchiveRecord, Exported
from amplitude_export.errors import (
    ArchiveDamaged,
    EmptyArchive,
    NotAnArchive,
    PipelineError,
    SplitWindow,
    TryAgain,
)
from amplitude_export.export.hook import AmplitudeHook
from amplitude_export.tasks.retries import RetryWhatCanPass
from amplitude_export.window import Window, WindowRecord
from amplitude_export.workspace import Workspace

ATTEMPTS = 3
FIRST_WAIT = timedelta(seconds=2)
# What takes longer is Airflow's to wait for, without a worker.
LONGEST_WAIT = timedelta(seconds=60)


class AmplitudeExportOperator(BaseOperator):
    """Downloads one window of one day from Amplitude's Export API onto the shared volume.

    Returns an `Exported` record: the window, the archives that together cover it (more than one
    when the window was too large for one answer), and the host that wrote them. Each archive
    appears under its name only when its bytes are known to be whole.

    Short troubles are tried again here, ATTEMPTS times in all; longer ones by Airflow. Raises
    DoNotRetry errors for what a person has to mend and TryAgain errors for the rest.

    :param window: start and end hour of the window, both inclusive, UTC (`WindowRecord`)
    :param data_dir: the shared volume (templated)
    :param amplitude_conn_id: an `http` connection, see `AmplitudeHook`
    """

    template_fields = ("window", "data_dir")
    ui_color = "#e8f1fd"

    def __init__(
        self,
        *,
        window: WindowRecord,
        data_dir: str,
        amplitude_conn_id: str = AmplitudeHook.default_conn_name,
        **kwargs: Any,
    ) -> None:
        kwargs.setdefault("retry_policy", RetryWhatCanPass())
        super().__init__(**kwargs)
        self.window = window
        self.data_dir = data_dir
        self.amplitude_conn_id = amplitude_conn_id

    def execute(self, context: Any) -> Exported:
        """Downloads the window, or its parts."""
        window = Window.of(self.window)
        workspace = Workspace.of(Path(self.data_dir), window, context["run_id"]).open()
        archives = self._export(AmplitudeHook(self.amplitude_conn_id), window, workspace)
        if not any(archive["file"] for archive in archives):
            self.log.warning("%s %s has no events at Amplitude.", window.day, window.label)
        return {"window": window.record, "archives": archives, "host": socket.gethostname()}

    def _export(
        self, hook: AmplitudeHook, window: Window, workspace: Workspace
    ) -> list[ArchiveRecord]:
        try:
            return [self._download(hook, window, workspace)]
        except SplitWindow as error:
            self.log.info("%s Asking for both halves instead.", error.what)
            return [a for half in window.halves() for a in self._export(hook, half, workspace)]

    def _download(self, hook: AmplitudeHook, window: Window, workspace: Workspace) -> ArchiveRecord:
        path = workspace.archive(window)
        try:
            size = _retrying(self.log.warning)(hook.download, window, path)
        except EmptyArchive as error:
            self.log.warning(
                "%s It came %d times: the window counts as empty.", error.what, ATTEMPTS
            )
            size = None
        return {"window": window.record, "file": path.name if size else None, "bytes": size or 0}


def _retrying(warn: Any) -> tenacity.Retrying:
    return tenacity.Retrying(
        retry=tenacity.retry_if_exception(_is_short),
        wait=_wait,
        stop=tenacity.stop_after_attempt(ATTEMPTS),
        before_sleep=lambda state: warn("%s Trying again.", _error(state).what),
        reraise=True,
    )


def _is_short(error: BaseException) -> bool:
    if isinstance(error, TryAgain):
        return error.retry_after is None or error.retry_after <= LONGEST_WAIT
    return isinstance(error, NotAnArchive | ArchiveDamaged)


def _wait(state: tenacity.RetryCallState) -> float:
    asked = _error(state).retry_after
    if asked is not None:
        return asked.total_seconds()
    first, longest = FIRST_WAIT.total_seconds(), LONGEST_WAIT.total_seconds()
    return tenacity.wait_exponential_jitter(multiplier=first, max=longest, jitter=first)(state)


def _error(state: tenacity.RetryCallState) -> PipelineError:
    error = state.outcome.exception() if state.outcome else None
    if not isinstance(error, PipelineError):
        raise TypeError(f"only pipeline errors are tried again, not {error!r}")
    return error
