"""The task `decompress`.

The heavy imports are inside, so that the DAG file parses without them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from airflow.sdk import task

from amplitude_export.archive import Exported
from amplitude_export.window import Window
from amplitude_export.workspace import Workspace


@task(map_index_template="{{ task.op_kwargs['exported']['window']['label'] }}")
def decompress(
    exported: Exported, data_dir: str, run_id: str, landing_format: str, params: Any = None
) -> Any:
    """Unpacks the archives, checks each line, and counts: the manifest of what will land."""
    from amplitude_export.decompress.decompress import decompress

    workspace = Workspace.of(Path(data_dir), Window.of(exported["window"]), run_id).open()
    quarantine = bool(params and params["quarantine"])
    return decompress(exported, workspace, landing_format, quarantine).record
