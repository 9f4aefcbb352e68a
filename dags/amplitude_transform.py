"""
### Models of the raw events, after every load

    wait_for_loads ─▶ find_changes ─▶ build_silver ─▶ build_gold ─▶ write_docs
                      days, devices   stage, sessions  facts, dimensions, summaries

**Promise.** When a run is green, every table of SILVER and GOLD is what a full refresh would make
of `AMPLITUDE_RAW`, row for row, and only the changes were built: a new day, a replaced one, an
emptied one, an event that came months late. The next run, or clearing its tasks, completes a run
that died. The next layer is built only after the tests of a layer pass. Many days that are loaded
together, as by a backfill, are transformed once.

**Triage.** The error names the models or tests that failed; the log has dbt's line for each. Clear
the red task: it builds the models that failed and those that depend on them. `find_changes` is
skipped when nothing has changed. After a change of the models themselves, trigger a run with the
parameter `full_refresh`. dbt's documentation of all tables is in Airflow's menu: Browse,
Amplitude's tables. The definitions are in `docs/transform.md`, the columns in `docs/tables.md`.
"""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import Param, chain, dag
from amplitude_export.settings import DATA_DIR, DEPLOYMENT, variable
from amplitude_export.tasks.assets import AMPLITUDE_RAW, IP_NETWORKS
from amplitude_export.tasks.defaults import DEFAULT_ARGS
from amplitude_export.transform.task import (
    WaitForLoadsSensor,
    build_gold,
    build_silver,
    find_changes,
    write_docs,
)


@dag(
    schedule=(AMPLITUDE_RAW | IP_NETWORKS),
    # Loads that are committed during a run are gathered for the next one.
    max_active_runs=1,
    params={
        "full_refresh": Param(
            False, type="boolean", description="Rebuild every table from all of AMPLITUDE_RAW."
        ),
    },
    default_args={**DEFAULT_ARGS, "retries": 3, "execution_timeout": timedelta(hours=2)},
    doc_md=__doc__,
    tags=["amplitude", "snowflake", "dbt"],
)
def amplitude_transform() -> None:
    """Build sessions, journeys, devices, users and companies from AMPLITUDE_RAW."""
    loads = WaitForLoadsSensor(
        task_id="wait_for_loads",
        poke_interval=timedelta(seconds=20),
        longest=timedelta(minutes=30),
        doc_md="Waits for the loads that are under way, at most half an hour.",
    )
    place = {"data_dir": variable(DATA_DIR), "deployment": variable(DEPLOYMENT, "")}
    run = {**place, "run_id": "{{ run_id }}"}
    changes = find_changes(**run)
    gold = build_gold(changes, **run)
    chain(loads, changes, build_silver(**run), gold, write_docs(**place))


amplitude_transform()
