"""
### Load days again from the bucket: triggered by hand, as often as you like

    plan_days ─▶ load, for each day
                 S3 ─▶ AMPLITUDE_RAW

**Promise.** When a run is green, each of its days is loaded from the objects that it was loaded
from last, without a request to Amplitude: after a lost table or schema, or a change of the tables.
A day is replaced as `load` of the daily DAG replaces it: in one transaction, with the same
comparisons and guards, the same rows in `AMPLITUDE_LOADS` and `AMPLITUDE_FILES`, and the same asset
event. Until then readers see the day as it was. `AMPLITUDE_FILES` names the objects; for a day that
it does not have, the newest manifest below `python-import/manifests/` does.

**Before.** The tables exist: after a lost schema, run `amplitude_setup`. The bucket keeps objects
for the `retention_days` of the set-up. `plan_days` fails, and nothing is loaded, if it does not
have one of the days as it was loaded; the message names each.

**Triage.** The error of the red task states what happened and what to do, and its log's last line
links the [runbook](amplitude/runbook). Days are independent: clear the red ones. A day that cannot
be loaded again can be exported again by the daily DAG, while Amplitude has it.

    airflow dags trigger amplitude_reload \\
        --conf '{"project": "default", "from": "2026-09-01", "to": "2026-09-30"}'
"""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import Param, dag
from amplitude_export.load.task import load_again, plan_days
from amplitude_export.settings import BUCKET, variable
from amplitude_export.tasks.defaults import DEFAULT_ARGS

# Loads take turns at the lock: these are as many as are ready for it when it is free.
DAYS_AT_ONCE = 4


@dag(
    schedule=None,
    # Airflow leaves a triggered run of a paused DAG queued.
    is_paused_upon_creation=False,
    max_active_runs=1,
    params={
        "project": Param(
            "default",
            type="string",
            pattern="^[a-z0-9_]{1,40}$",
            description="The project: `default`, or its name in include/amplitude.yaml.",
        ),
        "from": Param(type="string", format="date", description="The first UTC day, inclusive."),
        "to": Param(type="string", format="date", description="The last UTC day, inclusive."),
    },
    default_args={**DEFAULT_ARGS, "retries": 3, "execution_timeout": timedelta(hours=1)},
    doc_md=__doc__,
    tags=["amplitude", "snowflake"],
)
def amplitude_reload() -> None:
    """Replace days by their objects in the bucket, as they were loaded last."""
    again = load_again.override(
        max_active_tis_per_dag=DAYS_AT_ONCE,
        # A mapped task does not take it from its function.
        doc_md="Replaces one day by its objects in the bucket.",
    )
    again.partial(bucket=variable(BUCKET)).expand(day=plan_days())


amplitude_reload()
