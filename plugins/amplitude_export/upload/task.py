"""The task `upload`.

The heavy imports are inside, so that the DAG file parses without them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from airflow.sdk import task

from amplitude_export.manifest import Record
from amplitude_export.window import Window
from amplitude_export.workspace import Workspace


@task(map_index_template="{{ task.op_kwargs['manifest']['window']['label'] }}")
def upload(manifest: Record, data_dir: str, run_id: str, bucket: str) -> Any:
    """Sends the files to S3 under `python-import/`; a retry sends only what is missing."""
    from amplitude_export.bucket.hook import BucketHook
    from amplitude_export.manifest import Manifest
    from amplitude_export.upload.upload import upload

    workspace = Workspace.of(Path(data_dir), Window.of(manifest["window"]), run_id)
    return upload(Manifest.of(manifest), workspace, BucketHook().upload_client(), bucket)
