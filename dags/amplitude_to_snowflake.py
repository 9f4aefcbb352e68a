"""
### Amplitude to Snowflake, one UTC day a run, a DAG for each project

    wait_for_day ─▶ plan_windows ─▶ stage_window, for each window of hours ─▶ load ─▶ clean_up
                                    export ─▶ decompress ─▶ upload
                    Amplitude ─────▶ volume ──▶ volume ────▶ S3 ────▶ AMPLITUDE_RAW

**Promise.** A run owns the UTC day that begins at its logical date. When it is green,
`AMPLITUDE_RAW` holds each event of the project that Amplitude exported for that day exactly once,
and `AMPLITUDE_LOADS` has the number of each of its 24 hours. Until `load` commits, readers see the
day as it was before. Run it again as often as you like, or clear any task: the day is replaced,
never added to.

**Triage.** The error of the red task states what happened and what to do, and its log's last line
links the [runbook](amplitude/runbook). What a retry can fix is retried; the rest fails at once.
An hour without events that usually has some is requested again for twenty minutes.
To repeat a day from the start, clear `plan_windows` with everything downstream. A line that is not
JSON fails the day, as does one that Snowflake refuses; to load the day without it, trigger a run
with the parameter `quarantine` and a logical date that no run has, such as 2026-09-24T00:01:00Z. A
load that would take an hour, or more than 1 % of its events, from a loaded day fails; if that is
right, let it through in the same way with `accept_fewer`; so do the keys of another project, unless
`accept_project_id` names its number at Amplitude. To load history, both days inclusive:

    airflow backfill create --dag-id amplitude_to_snowflake \\
        --from-date 2026-09-01T00:00:00Z --to-date 2026-09-30T00:00:00Z
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import (
    DAG,
    CronDataIntervalTimetable,
    Param,
    dag,
    get_parsing_context,
    task_group,
)
from amplitude_export.clean_up.task import clean_up
from amplitude_export.decompress.task import decompress
from amplitude_export.export.operator import AmplitudeExportOperator
from amplitude_export.load.task import load
from amplitude_export.notices.deadline import NOTICES, without_notices_in_dag_test
from amplitude_export.plan.operator import WaitForDayOperator
from amplitude_export.plan.task import plan_windows
from amplitude_export.projects import Project, read_config
from amplitude_export.settings import (
    ARCHIVE_DAYS,
    BUCKET,
    DAILY,
    DATA_DIR,
    LANDING_FORMAT,
    WAIT_FOR_DAY,
    WINDOW_HOURS,
    variable,
)
from amplitude_export.tasks.defaults import DEFAULT_ARGS
from amplitude_export.upload.task import upload

RUN_ID = "{{ run_id }}"
# Amplitude allows a project five requests at once; two remain for other DAGs and programs.
EXPORTS_AT_ONCE = 3
# The heading of the parameters, and the one place of Airflow's trigger form that can explain its
# logical date: it is visible while the parameters are folded.
LOGICAL_DATE = (
    "Parameters. Enter 00:00 UTC of the day to load as the logical date, or empty it for the last "
    "complete day: the time of now, which Airflow fills in, is refused."
)


def parameters() -> dict[str, Param]:
    """Return the parameters of one DAG: `dag.test()` changes them."""
    return {
        "quarantine": Param(
            False,
            type="boolean",
            section=LOGICAL_DATE,
            description="Quarantine lines that are not JSON or that Snowflake refuses, and load "
            "the day without them.",
        ),
        "accept_fewer": Param(
            False,
            type="boolean",
            section=LOGICAL_DATE,
            description="Replace the day although fewer events of it are exported than are loaded.",
        ),
        "accept_project_id": Param(
            None,
            type=["null", "string"],
            section=LOGICAL_DATE,
            pattern=r"^[A-Za-z0-9-]{1,64}$",
            description="Amplitude's number of a project that was recreated, to let it join.",
        ),
    }


@task_group
def stage_window(window: Any, project: str, connection: str) -> Any:
    """Move one window of hours from Amplitude to S3, independently of the other windows."""
    export = AmplitudeExportOperator(
        task_id="export",
        window=window,
        data_dir=variable(DATA_DIR),
        project=project,
        amplitude_conn_id=connection,
        max_active_tis_per_dag=EXPORTS_AT_ONCE,
        execution_timeout=timedelta(hours=4),
        map_index_template="{{ task.window['label'] }}",
        doc_md="Downloads the window's archive from Amplitude; splits a window that is too large.",
    )
    place = {"data_dir": variable(DATA_DIR), "run_id": RUN_ID, "project": project}
    manifest = decompress(
        exported=export.output, landing_format=variable(LANDING_FORMAT, "json"), **place
    )
    return upload(manifest=manifest, bucket=variable(BUCKET), **place)


def daily(project: Project) -> DAG:
    """Return the project's DAG: it loads one UTC day of Amplitude events, exactly once."""

    @dag(
        dag_id=project.dag_id,
        # No start_date: a run by hand of an earlier day would be green without having run a task.
        schedule=CronDataIntervalTimetable("0 0 * * *", timezone="UTC"),
        catchup=False,
        max_active_runs=3,
        params=parameters(),
        **NOTICES,
        default_args={**DEFAULT_ARGS, "retries": 5, "execution_timeout": timedelta(hours=1)},
        doc_md=(__doc__ or "").replace(f"--dag-id {DAILY}", f"--dag-id {project.dag_id}"),
        tags=project.tags,
    )
    def build() -> None:
        day = WaitForDayOperator(
            task_id=WAIT_FOR_DAY,
            # A run of today waits until 02:30 UTC tomorrow.
            execution_timeout=timedelta(hours=30),
            doc_md="Finds the run's day; waits, without a worker, until Amplitude has all of it.",
        ).output
        windows = plan_windows(day, f"{project.window_hours or variable(WINDOW_HOURS, 24)}")
        staged = stage_window.partial(project=project.name, connection=project.conn_id)
        place = {"data_dir": variable(DATA_DIR), "run_id": RUN_ID, "project": project.name}
        loaded = load(
            day,
            staged.expand(window=windows),
            bucket=variable(BUCKET),
            windows=windows,
            **place,
        )
        clean_up(loaded, archive_days=variable(ARCHIVE_DAYS, 7), **place)

    return without_notices_in_dag_test(build())


# A task parses this file as well, and needs only its own DAG.
wanted = get_parsing_context().dag_id
for each in read_config().projects:
    if wanted in (None, each.dag_id):
        globals()[each.dag_id] = daily(each)
