"""The task `decompress`.

The heavy imports are inside, so that the DAG file parses without them.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from airflow.sdk import task

from amplitude_export.archive import Exported
from amplitude_export.ledger import DEFAULT_PROJECT
from amplitude_export.record import Record, from_record, to_record
from amplitude_export.tasks.own_day import require_own_day
from amplitude_export.workspace import Workspace


@task(map_index_template="{{ task.op_kwargs['exported']['window']['label'] }}")
def decompress(
    exported: Record,
    data_dir: str,
    run_id: str,
    landing_format: str,
    project: str = DEFAULT_PROJECT,
    ages: Sequence[int] = (),
    provisional: bool = False,
    params: Any = None,
    dag_run: Any = None,
) -> Any:
    """Unpack the archives, check and count each line, and return the manifest of what lands."""
    from amplitude_export.decompress.decompress import decompress

    work = from_record(Exported, exported)
    require_own_day(work.window.day, dag_run, ages)
    workspace = Workspace.of(
        Path(data_dir), work.window, run_id, project, provisional=provisional
    ).open()
    quarantine = bool(params and params.get("quarantine"))
    manifest = decompress(
        work, workspace, landing_format, quarantine=quarantine, provisional=provisional
    )
    return to_record(manifest)
