"""The daily DAG's TaskFlow tasks: each calls its room of the library with what the run decides.

The heavy imports stand inside, so that the file of the DAG is parsed without them.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from airflow.sdk import Asset, task

from amplitude_export import window as windows
from amplitude_export.archive import Exported
from amplitude_export.variables import whole_number
from amplitude_export.window import Window, WindowRecord
from amplitude_export.workspace import Workspace

AMPLITUDE_RAW = Asset("AMPLITUDE_RAW")
# Results are typed Any: of a dict, TaskFlow would make one XCom for each key.
Record = dict[str, Any]


@task
def plan_windows(day: str, hours_each: str) -> list[WindowRecord]:
    """Cuts the day into windows of `amplitude_window_hours` hours, both ends inclusive."""
    hours = whole_number("amplitude_window_hours", hours_each)
    return [window.record for window in windows.plan_windows(date.fromisoformat(day), hours)]


@task(map_index_template="{{ task.op_kwargs['exported']['window']['label'] }}")
def decompress(
    exported: Exported, data_dir: str, run_id: str, landing_format: str, params: Any = None
) -> Any:
    """Unpacks the archives, checks each line, and counts: the manifest of what will land."""
    from amplitude_export.decompress import decompress

    workspace = Workspace.of(Path(data_dir), Window.of(exported["window"]), run_id).open()
    quarantine = bool(params and params["quarantine"])
    return decompress(exported, workspace, landing_format, quarantine).record


@task(map_index_template="{{ task.op_kwargs['manifest']['window']['label'] }}")
def upload(manifest: Record, data_dir: str, run_id: str, bucket: str) -> Any:
    """Sends the files to S3 under `python-import/`; a retry sends only what is missing."""
    from amplitude_export.hooks.bucket import BucketHook
    from amplitude_export.manifest import Manifest
    from amplitude_export.upload import upload

    workspace = Workspace.of(Path(data_dir), Window.of(manifest["window"]), run_id)
    return upload(Manifest.of(manifest), workspace, BucketHook().upload_client(), bucket)


@task(outlets=[AMPLITUDE_RAW])
def load(day: str, manifests: Any, run_id: str, outlet_events: Any = None) -> Any:
    """Replaces the day in one transaction, and commits only when every count agrees."""
    from amplitude_export.hooks.warehouse import WarehouseHook
    from amplitude_export.load import load_day
    from amplitude_export.manifest import DayManifest

    manifest = DayManifest.of(date.fromisoformat(day), manifests)
    connect = WarehouseHook(query_tag=f"amplitude {day} {run_id}").get_conn
    loaded = load_day(connect, manifest, run_id)
    outlet_events[AMPLITUDE_RAW].extra = loaded
    return loaded


@task
def clean_up(loaded: Record, data_dir: str, run_id: str, archive_days: str) -> Any:
    """Removes the loaded day's JSON, and archives past `amplitude_archive_days`."""
    from amplitude_export.clean_up import clean_up

    days = whole_number("amplitude_archive_days", archive_days)
    return clean_up(Path(data_dir), date.fromisoformat(loaded["day"]), run_id, days)
