"""
### Who owns which IP addresses, once a month

    fetch ─────────────────────▶ load
    registry ─▶ volume           volume ─▶ S3 ─▶ IP_NETWORKS

**Promise.** When a run is green, `IP_NETWORKS` holds the newest version of the public package
`@ip-location-db/asn`, and nothing else: which autonomous system owns which range of addresses,
without overlaps. Until `load` commits, readers see the version before. Run it again as often as
you like: the table is replaced, never added to. No address of a visitor is sent anywhere.

**Before.** One more connection, `npm_default`: its host is what `npm config get registry` prints.
The data is under CC BY 4.0, and whoever shows it has to name its sources (NOTICE).

**Triage.** The error of the red task says what happened and what to do, and names its section in
the [runbook](amplitude/runbook). While the run is red, the table is as it was, and the transform
still uses it; networks change by some per cent a year, so that nothing is urgent.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from airflow.sdk import CronTriggerTimetable, dag
from amplitude_export.ip_networks.task import fetch, load
from amplitude_export.tasks.defaults import DEFAULT_ARGS

DATA_DIR = "{{ var.value.amplitude_data_dir }}"


@dag(
    # Between the daily runs, and not on the first of the month, when everybody asks.
    schedule=CronTriggerTimetable("17 4 3 * *", timezone="UTC"),
    start_date=datetime(2020, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    default_args={**DEFAULT_ARGS, "retries": 3, "execution_timeout": timedelta(hours=1)},
    doc_md=__doc__,
    tags=["amplitude", "snowflake"],
)
def amplitude_ip_networks() -> None:
    """The owners of IP networks, for the companies among the visitors."""
    load(
        fetch(DATA_DIR),
        data_dir=DATA_DIR,
        bucket="{{ var.value.amplitude_bucket }}",
        run_id="{{ run_id }}",
    )


amplitude_ip_networks()
