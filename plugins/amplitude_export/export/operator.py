"""The operator that downloads a window, or its halves where the window is too large."""

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
from amplitude_export.record import Record, from_record, to_record
from amplitude_export.tasks.retries import RetryTransient
from amplitude_export.window import Window
from amplitude_export.workspace import Workspace

ATTEMPTS = 3
FIRST_WAIT = timedelta(seconds=2)
# Airflow waits for anything longer: its waits occupy no worker.
LONGEST_WAIT = timedelta(seconds=60)


class AmplitudeExportOperator(BaseOperator):
    """Download one window of one day from Amplitude's Export API onto the shared volume.

    Returns the record of an `Exported`: the window, the archives that together cover it (more than
    one when the window was too large for one response), and the host that wrote them. Each archive
    gets its name only when its bytes are known to be whole.

    The operator makes ATTEMPTS attempts at what passes within LONGEST_WAIT, and leaves longer
    troubles to Airflow's retries. Raises DoNotRetry errors for what a person has to fix, and
    TryAgain errors for the rest.

    :param window: the record of a `Window`
    :param data_dir: the shared volume (templated)
    :param amplitude_conn_id: an `http` connection, see `AmplitudeHook`
    """

    template_fields = ("window", "data_dir")
    ui_color = "#e8f1fd"

    def __init__(
        self,
        *,
        window: Record,
        data_dir: str,
        amplitude_conn_id: str = AmplitudeHook.default_conn_name,
        **kwargs: Any,
    ) -> None:
        kwargs.setdefault("retry_policy", RetryTransient())
        super().__init__(**kwargs)
        self.window = window
        self.data_dir = data_dir
        self.amplitude_conn_id = amplitude_conn_id

    def execute(self, context: Any) -> Record:
        """Download the window, or its parts."""
        window = from_record(Window, self.window)
        workspace = Workspace.of(Path(self.data_dir), window, context["run_id"]).open()
        archives = self._export(AmplitudeHook(self.amplitude_conn_id), window, workspace)
        if not any(archive.file for archive in archives):
            self.log.warning("%s %s has no events at Amplitude.", window.day, window.label)
        return to_record(Exported(window, archives, socket.gethostname()))

    def _export(
        self, hook: AmplitudeHook, window: Window, workspace: Workspace
    ) -> list[ArchiveRecord]:
        try:
            return [self._download(hook, window, workspace)]
        except SplitWindow as error:
            self.log.info("%s Requesting both halves instead.", error.what)
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
        return ArchiveRecord(window, path.name if size else None, size or 0)


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
    retry_after = _error(state).retry_after
    if retry_after is not None:
        return retry_after.total_seconds()
    first, longest = FIRST_WAIT.total_seconds(), LONGEST_WAIT.total_seconds()
    return tenacity.wait_exponential_jitter(multiplier=first, max=longest, jitter=first)(state)


def _error(state: tenacity.RetryCallState) -> PipelineError:
    error = state.outcome.exception() if state.outcome else None
    if not isinstance(error, PipelineError):
        raise TypeError(f"only pipeline errors are tried again, not {error!r}")
    return error
