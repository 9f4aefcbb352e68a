"""
### The owners of IP networks, once a month

    fetch ─────────────────────▶ load
    registry ─▶ volume           volume ─▶ S3 ─▶ IP_NETWORKS

**Promise.** When a run is green, `IP_NETWORKS` holds the newest version of the public package
`@ip-location-db/asn`, and nothing else: the autonomous system that owns each range of addresses,
without overlaps. Until `load` commits, readers see the previous version. Run it again as often as
you like: the table is replaced, never added to. No address of a visitor is sent anywhere.

**Before.** One more connection, `npm_default`: its host is the one that `npm config get registry`
prints. The data is licensed under CC BY 4.0: publications of it have to name its sources (NOTICE).

**Triage.** The error of the red task states what happened and what to do, and its log's last line
links the [runbook](amplitude/runbook). While the run is red, the table is as it was, and the
transform still uses it; networks change by a few per cent a year, so nothing is urgent.
"""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import CronTriggerTimetable, dag
from amplitude_export.ip_networks.task import fetch, load
from amplitude_export.settings import BUCKET, DATA_DIR, variable
from amplitude_export.tasks.defaults import DEFAULT_ARGS


@dag(
    # Between the daily runs, and not on the first of the month, when registries are busiest.
    # No start_date: a run by hand before it would be green without having run a task.
    schedule=CronTriggerTimetable("17 4 3 * *", timezone="UTC", run_immediately=True),
    catchup=False,
    max_active_runs=1,
    default_args={**DEFAULT_ARGS, "retries": 3, "execution_timeout": timedelta(hours=1)},
    doc_md=__doc__,
    tags=["amplitude", "snowflake"],
)
def amplitude_ip_networks() -> None:
    """Load the owners of IP networks, from which the transform finds visitors' companies."""
    load(
        fetch(variable(DATA_DIR)),
        data_dir=variable(DATA_DIR),
        bucket=variable(BUCKET),
        run_id="{{ run_id }}",
    )


amplitude_ip_networks()
