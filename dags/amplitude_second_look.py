"""
### A second look: loaded days are exported again, and replaced if they have changed

    plan_days ─▶ look_again, for each day that is old enough

                 export ─▶ compare ─▶ decide ─▶ decompress ─▶ upload ─▶ load ─▶ clean_up
                                      same: ends here

**Promise.** Every day, a run exports again the days that are `second_look_days` old (by default
three), and compares each hour with what was loaded: the events and checksums of its files, or else
its `uuid`s. A day that is the same gets `VERIFIED_AT` in `AMPLITUDE_LOADS`; its archive is removed
and nothing else happens. A day that has changed goes on with that archive and is replaced in one
transaction, as the daily DAG does it. A day that has lost an hour, or more than 1 % of its events,
fails in `decide`, and nothing of it is changed, in the bucket neither. Run it again as often as you
like.

**Triage.** The error of the red task states what happened and what to do, and its log's last line
links the [runbook](amplitude/runbook). If it is right that a day has fewer events, let the daily
DAG load it with `accept_fewer`: the error has the command. A day that is not loaded is skipped. To
look at any day, trigger a run with a logical date that is `second_look_days` later.

One export runs at a time, beside those of the daily DAG. The DAG is paused until you unpause it.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import DAG, CronTriggerTimetable, dag, get_parsing_context, task_group
from amplitude_export.clean_up.task import clean_up
from amplitude_export.decompress.task import decompress
from amplitude_export.export.operator import AmplitudeExportOperator
from amplitude_export.load.task import load
from amplitude_export.notices.callbacks import notify_failure
from amplitude_export.notices.deadline import without_notices_in_dag_test
from amplitude_export.projects import Project, read_config
from amplitude_export.second_look.task import compare, decide, plan_days
from amplitude_export.settings import (
    ARCHIVE_DAYS,
    BUCKET,
    DATA_DIR,
    LANDING_FORMAT,
    WINDOW_HOURS,
    variable,
)
from amplitude_export.tasks.defaults import DEFAULT_ARGS
from amplitude_export.upload.task import upload

# The daily DAG has three of the five that Amplitude allows a project at once.
EXPORTS_AT_ONCE = 1
# Of an argument with a window: Airflow's grid names a task by its day, and not by its hours.
BY_DAY = "{{{{ task.op_kwargs['{}']['window']['start'][:10] }}}}"


@task_group
def look_again(
    day: Any, window: Any, project: str, connection: str, hours_each: str, ages: Any
) -> None:
    """Look at one day again, and load it if it has changed."""
    place = {"data_dir": variable(DATA_DIR), "project": project, "ages": ages}
    exported = AmplitudeExportOperator(
        task_id="export",
        window=window,
        hours_each=hours_each,
        amplitude_conn_id=connection,
        max_active_tis_per_dag=EXPORTS_AT_ONCE,
        map_index_template="{{ task.window['start'][:10] }}",
        doc_md="Downloads the day's archives from Amplitude once more.",
        **place,
    ).output
    place["run_id"] = "{{ run_id }}"
    decided = decide(looked=compare(exported=exported, **place), **place)
    manifest = decompress.override(map_index_template=BY_DAY.format("exported"))(
        exported=exported, landing_format=variable(LANDING_FORMAT, "json"), **place
    )
    decided >> manifest
    uploaded = upload.override(map_index_template=BY_DAY.format("manifest"))(
        manifest=manifest, bucket=variable(BUCKET), **place
    )
    loaded = load.override(map_index_template="{{ task.op_kwargs['day'] }}")(
        day=day, manifests=uploaded, bucket=variable(BUCKET), **place
    )
    clean_up.override(map_index_template="{{ task.op_kwargs['loaded']['day'] }}")(
        loaded=loaded, archive_days=variable(ARCHIVE_DAYS, 7), **place
    )


def second_look(project: Project, ages: tuple[int, ...]) -> DAG:
    """Return the project's DAG."""

    @dag(
        dag_id=project.second_look_dag_id,
        # After the daily runs, which are to be complete by 06:00.
        schedule=CronTriggerTimetable("47 6 * * *", timezone="UTC"),
        catchup=False,
        max_active_runs=1,
        is_paused_upon_creation=True,
        on_failure_callback=notify_failure,
        default_args={**DEFAULT_ARGS, "retries": 5, "execution_timeout": timedelta(hours=4)},
        doc_md=__doc__,
        # Without that of the project, by which the page finds the daily DAG.
        tags=["amplitude", "snowflake", "second look"],
    )
    def build() -> None:
        look_again.partial(
            project=project.name,
            connection=project.conn_id,
            hours_each=f"{project.window_hours or variable(WINDOW_HOURS, 24)}",
            ages=ages,
        ).expand_kwargs(plan_days(ages))

    return without_notices_in_dag_test(build())


# A task parses this file as well, and needs only its own DAG.
wanted = get_parsing_context().dag_id
config = read_config()
for each in config.projects:
    if config.second_look_days and wanted in (None, each.second_look_dag_id):
        globals()[each.second_look_dag_id] = second_look(each, config.second_look_days)
