"""
### Amplitude to Snowflake, one UTC day a run

    wait_for_day ─▶ plan_windows ─▶ stage_window, for each window of hours ─▶ load ─▶ clean_up
                                    export ─▶ decompress ─▶ upload
                    Amplitude ─────▶ volume ──▶ volume ────▶ S3 ────▶ AMPLITUDE_RAW

**Promise.** A run owns the UTC day of its logical date. When it is green, `AMPLITUDE_RAW` holds
each event that Amplitude exported for that day exactly once, and `AMPLITUDE_LOADS` says how many in
each of its 24 hours. Until `load` commits, readers see the day as it was before. Run it again as
often as you like, or clear any task: the day is replaced, never added to.

**Triage.** The error of the red task says what happened and what to do, and names its section in
`docs/runbook.md`. What a retry can mend is retried; what it cannot mend fails at once. To do a day
from the start, clear `plan_windows` with everything downstream. For history, both days inclusive:
`airflow backfill create --dag-id amplitude_to_snowflake --from-date … --to-date …`.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from airflow.sdk import Asset, CronDataIntervalTimetable, dag, task, task_group
from amplitude_export.operators.export import AmplitudeExportOperator
from amplitude_export.operators.retries import RetryWhatCanPass
from amplitude_export.operators.wait_for_day import WaitForDayOperator
from amplitude_export.window import Window
from amplitude_export.window import plan_windows as windows_of
from amplitude_export.workspace import Workspace

AMPLITUDE_RAW = Asset("AMPLITUDE_RAW")
DATA_DIR = "{{ var.value.amplitude_data_dir }}"
# Amplitude answers five requests of a project at once; one is left for everything else.
EXPORTS_AT_ONCE = 4


@task
def plan_windows(day: str, hours_each: str):
    """Cuts the day into windows of `amplitude_window_hours` hours, both ends inclusive."""
    return [window.record for window in windows_of(date.fromisoformat(day), int(hours_each))]


@task(map_index_template="{{ task.op_kwargs['exported']['window']['label'] }}")
def decompress(exported, data_dir: str, run_id: str, landing_format: str):
    """Unpacks the archives, checks each line, and counts: the manifest of what will land."""
    from amplitude_export.decompress import decompress

    workspace = Workspace.of(Path(data_dir), Window.of(exported["window"]), run_id).open()
    return decompress(exported, workspace, landing_format).record


@task(map_index_template="{{ task.op_kwargs['manifest']['window']['label'] }}")
def upload(manifest, data_dir: str, run_id: str, bucket: str):
    """Sends the files to S3 under `python-import/`; a retry sends only what is missing."""
    from amplitude_export.hooks.bucket import BucketHook
    from amplitude_export.manifest import Manifest
    from amplitude_export.upload import upload

    workspace = Workspace.of(Path(data_dir), Window.of(manifest["window"]), run_id)
    return upload(Manifest.of(manifest), workspace, BucketHook().upload_client(), bucket)


@task(outlets=[AMPLITUDE_RAW])
def load(day: str, manifests, run_id: str, outlet_events=None):
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
def clean_up(loaded, data_dir: str, run_id: str, archive_days: str):
    """Removes the loaded day's JSON, and archives past `amplitude_archive_days`."""
    from amplitude_export.clean_up import clean_up

    return clean_up(Path(data_dir), date.fromisoformat(loaded["day"]), run_id, int(archive_days))


@task_group
def stage_window(window):
    """From Amplitude to S3 for one window of hours, independent of the other windows."""
    export = AmplitudeExportOperator(
        task_id="export",
        window=window,
        data_dir=DATA_DIR,
        max_active_tis_per_dag=EXPORTS_AT_ONCE,
        execution_timeout=timedelta(hours=4),
        map_index_template="{{ task.window['label'] }}",
        doc_md="Downloads the window's archive from Amplitude; splits a window that is too large.",
    )
    manifest = decompress(
        exported=export.output,
        data_dir=DATA_DIR,
        run_id="{{ run_id }}",
        landing_format="{{ var.value.get('amplitude_landing_format', 'json') }}",
    )
    return upload(
        manifest=manifest,
        data_dir=DATA_DIR,
        run_id="{{ run_id }}",
        bucket="{{ var.value.amplitude_bucket }}",
    )


@dag(
    schedule=CronDataIntervalTimetable("0 0 * * *", timezone="UTC"),
    start_date=datetime(2020, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=3,
    default_args={
        "retries": 5,
        "retry_policy": RetryWhatCanPass(),
        "execution_timeout": timedelta(hours=1),
    },
    doc_md=__doc__,
    tags=["amplitude", "snowflake"],
)
def amplitude_to_snowflake():
    """One UTC day of Amplitude events into AMPLITUDE_RAW, exactly once."""
    day = WaitForDayOperator(
        task_id="wait_for_day",
        doc_md="The day the run is about; waits, without a worker, until Amplitude has all of it.",
    ).output
    windows = plan_windows(day, "{{ var.value.get('amplitude_window_hours', 24) }}")
    manifests = stage_window.expand(window=windows)
    loaded = load(day, manifests, run_id="{{ run_id }}")
    clean_up(
        loaded,
        data_dir=DATA_DIR,
        run_id="{{ run_id }}",
        archive_days="{{ var.value.get('amplitude_archive_days', 7) }}",
    )


amplitude_to_snowflake()
