"""
### Amplitude's newest hours, provisional, a DAG for each project

    plan_windows ─▶ stage_window, for each stretch of missing hours ─▶ load ─▶ clean_up
                    export ─▶ decompress ─▶ upload
                    Amplitude ─▶ volume ──▶ S3 ───────────▶ AMPLITUDE_PROVISIONAL

**Promise.** When a run is green, `AMPLITUDE_PROVISIONAL` holds each hour of the last three days
that Amplitude has complete, as far as it has events and its day is not loaded yet. The view
`AMPLITUDE_RAW_FRESH` is `AMPLITUDE_RAW` and these hours, each event once. The daily run of the
project makes a day final: its load deletes the day's provisional hours in its own transaction, and
a run that comes later than it ends skipped. `AMPLITUDE_RAW`, `AMPLITUDE_LOADS` and everything that
is made of them are not touched. An hour is complete three hours after it began, so that nothing is
fresher than that. While this DAG is paused, as it is at first, it costs nothing.

**Triage.** Nothing is urgent: no message is sent, the next run loads what this one has not, and the
daily run does not need it. The error of the red task states what happened and what to do, and its
log's last line links the [runbook](amplitude/runbook). An hour with a line that is not JSON fails,
and the hours that follow it wait, until the daily run has loaded the day. An hour for which
Amplitude has no events is not empty but unknown: each run requests it again. To repeat a run, clear
`plan_windows` with everything downstream; it loads what is missing then. docs/hourly.md has
the costs, and how to switch it on.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import DAG, CronTriggerTimetable, dag, get_parsing_context, task_group
from amplitude_export.decompress.task import decompress
from amplitude_export.export.operator import AmplitudeExportOperator
from amplitude_export.hourly.task import clean_up, plan_windows
from amplitude_export.load.task import load_hours
from amplitude_export.projects import Project, read_config
from amplitude_export.settings import BUCKET, DATA_DIR, LANDING_FORMAT, variable
from amplitude_export.tasks.defaults import DEFAULT_ARGS
from amplitude_export.upload.task import upload

# The days of a run, by their age: those that a daily run can still be behind with.
AGES = (0, 1, 2)
OF_RUN = {"run_id": "{{ run_id }}", "ages": AGES}
HOURLY = {**OF_RUN, "data_dir": variable(DATA_DIR), "provisional": True}
# Amplitude allows a project five requests at once; the daily DAG has three.
EXPORTS_AT_ONCE = 1


@task_group
def stage_window(window: Any, project: str, connection: str) -> Any:
    """Move some hours from Amplitude to S3."""
    export = AmplitudeExportOperator(
        task_id="export",
        window=window,
        data_dir=variable(DATA_DIR),
        project=project,
        amplitude_conn_id=connection,
        ages=AGES,
        provisional=True,
        max_active_tis_per_dag=EXPORTS_AT_ONCE,
        map_index_template="{{ task.window['label'] }}",
        doc_md="Downloads the archive of some hours from Amplitude.",
    )
    manifest = decompress(
        exported=export.output,
        landing_format=variable(LANDING_FORMAT, "json"),
        project=project,
        **HOURLY,
    )
    return upload(manifest=manifest, bucket=variable(BUCKET), project=project, **HOURLY)


def hourly(project: Project) -> DAG:
    """Return the project's DAG: it loads hours of days that are not final."""

    @dag(
        dag_id=project.hourly_dag_id,
        # Ten minutes after an hour is complete. No start_date: a run by hand before it would be
        # green without having run a task.
        schedule=CronTriggerTimetable("10 * * * *", timezone="UTC"),
        catchup=False,
        max_active_runs=1,
        is_paused_upon_creation=True,
        default_args={**DEFAULT_ARGS, "retries": 3, "execution_timeout": timedelta(hours=1)},
        doc_md=__doc__,
        # Without `snowflake`, by which the page finds the daily DAG.
        tags=["amplitude", "hourly", f"project:{project.name}"],
    )
    def build() -> None:
        first_day = f"{project.first_day}" if project.first_day else None
        windows = plan_windows(project=project.name, first_day=first_day, **OF_RUN)
        staged = stage_window.partial(project=project.name, connection=project.conn_id)
        loaded = load_hours(staged.expand(window=windows), project=project.name, **OF_RUN)
        loaded >> clean_up(data_dir=variable(DATA_DIR), project=project.name, **OF_RUN)

    return build()


# A task parses this file as well, and needs only its own DAG.
wanted = get_parsing_context().dag_id
for each in read_config().projects:
    if wanted in (None, each.hourly_dag_id):
        globals()[each.hourly_dag_id] = hourly(each)
