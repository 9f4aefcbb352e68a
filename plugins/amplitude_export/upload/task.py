"""The task `upload`.

The heavy imports are inside, so that the DAG file parses without them.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from airflow.sdk import task

from amplitude_export.ledger import DEFAULT_PROJECT
from amplitude_export.record import Record, to_record
from amplitude_export.tasks.own_day import own_days
from amplitude_export.workspace import Workspace


@task(map_index_template="{{ task.op_kwargs['manifest']['window']['label'] }}")
def upload(
    manifest: Record,
    data_dir: str,
    run_id: str,
    bucket: str,
    project: str = DEFAULT_PROJECT,
    ages: Sequence[int] = (),
    provisional: bool = False,
    dag_run: Any = None,
) -> Any:
    """Upload the files to S3 under `python-import/`; a retry uploads only the missing ones."""
    from amplitude_export.bucket.hook import BucketHook
    from amplitude_export.manifest import Manifest
    from amplitude_export.upload.upload import upload

    files = Manifest.of(manifest, *own_days(dag_run, ages), provisional=provisional)
    workspace = Workspace.of(Path(data_dir), files.window, run_id, project, provisional=provisional)
    upload(files, workspace, BucketHook().upload_client(), bucket)
    return to_record(files)
