"""The operator that downloads a window, or its halves where the window is too large."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from airflow.sdk import BaseOperator

from amplitude_export.export.export import export_window
from amplitude_export.export.hook import AmplitudeHook
from amplitude_export.ledger import DEFAULT_PROJECT
from amplitude_export.record import Record, from_record, to_record
from amplitude_export.settings import WINDOW_HOURS, whole_number
from amplitude_export.tasks.own_day import require_own_day
from amplitude_export.tasks.retries import RetryTransient
from amplitude_export.window import Window
from amplitude_export.workspace import Workspace


class AmplitudeExportOperator(BaseOperator):
    """Download one window of one day from Amplitude's Export API onto the shared volume.

    Returns the record of an `Exported`: the window, the archives that together cover it (more than
    one when the window was too large for one response), and the host that wrote them. Each archive
    gets its name only when its bytes are known to be whole.

    The operator tries a few times what can pass within seconds, and leaves longer troubles to
    Airflow's retries. For an hour without events, it reads the ledger of earlier weeks from
    Snowflake. Raises DoNotRetry errors for what a person has to fix, and TryAgain errors for the
    rest.

    :param window: the record of a `Window`
    :param data_dir: the shared volume (templated)
    :param amplitude_conn_id: an `http` connection, see `AmplitudeHook`
    :param project: the name of the project, which has a folder and a history of its own
    :param hours_each: the most hours of one request, 1 to 24 (templated)
    :param ages: the run's days, see `own_days`
    :param provisional: True for an hourly run: an hour without events stays unknown
    """

    template_fields = ("window", "data_dir", "hours_each")
    ui_color = "#e8f1fd"

    def __init__(
        self,
        *,
        window: Record,
        data_dir: str,
        amplitude_conn_id: str = AmplitudeHook.default_conn_name,
        project: str = DEFAULT_PROJECT,
        hours_each: str = "24",
        ages: Sequence[int] = (),
        provisional: bool = False,
        **kwargs: Any,
    ) -> None:
        kwargs.setdefault("retry_policy", RetryTransient())
        super().__init__(**kwargs)
        self.window = window
        self.data_dir = data_dir
        self.amplitude_conn_id = amplitude_conn_id
        self.project = project
        self.hours_each = hours_each
        self.ages = ages
        self.provisional = provisional

    def execute(self, context: Any) -> Record:
        """Download the window, or its parts."""
        window = from_record(Window, self.window)
        require_own_day(window.day, context["dag_run"], self.ages)
        parts = window.parts(whole_number(WINDOW_HOURS, self.hours_each))
        run_id = context["run_id"]
        workspace = Workspace.of(
            Path(self.data_dir), window, run_id, self.project, provisional=self.provisional
        ).open()
        download = AmplitudeHook(self.amplitude_conn_id).download
        usual = None if self.provisional else partial(_usual_hours, window, run_id, self.project)
        return to_record(export_window(download, parts, workspace, usual))


def _usual_hours(window: Window, run_id: str, project: str) -> set[int]:
    # Imported here: most windows have no gap, and DAG files parse without the connector.
    from amplitude_export.export.history import usual_hours
    from amplitude_export.warehouse.hook import WarehouseHook

    hook = WarehouseHook(query_tag=f"amplitude {window.day} {run_id} {project}")
    return usual_hours(hook.get_conn, window, project)
