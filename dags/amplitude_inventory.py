"""
### What is in the bucket and on the volume

    AMPLITUDE_FILES, LIST of the stage, the volume ─▶ take_inventory ─▶ log, the page "Amplitude"

**Promise.** A run names each object below `python-import/` and each file on the volume, with its
size and what it is: loaded, superseded by a later load, quarantined, an orphan, a manifest, waiting
to be uploaded, and so on. It changes neither bucket nor table. The log of `take_inventory` has the
numbers by kind, and a line for everything that is not as it should be, with what to do. One event
of the asset AMPLITUDE_INVENTORY has the numbers by day, which the page shows in the details of a
day; no other DAG starts. With the parameter `clean` a run also removes from the volume what is safe
in bucket and table, and logs what stays and why. It touches no day of which a run is under way, and
never removes an object.

The DAG is paused at first. Unpaused, it runs at once and then once a week; a run that you trigger
while it is paused waits. `make inventory` prints the same.

**Triage.** Run it again as often as you like. It is red when Snowflake refuses; the error states
what to do, and its log's last line links the [runbook](amplitude/runbook). Without the table
AMPLITUDE_FILES, run `amplitude_setup` first. What it finds does not make it red.
"""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import CronTriggerTimetable, Param, dag
from amplitude_export.inventory.task import take_inventory
from amplitude_export.settings import ARCHIVE_DAYS, DATA_DIR, variable
from amplitude_export.tasks.defaults import DEFAULT_ARGS


def day_parameter(which: str) -> Param:
    """Return the parameter of the first or last day."""
    return Param(
        None,
        type=["null", "string"],
        format="date",
        description=f"The {which} day, UTC, inclusive.",
    )


@dag(
    # Between the daily runs. No start_date: a run by hand before it would run no task.
    schedule=CronTriggerTimetable("47 5 * * 1", timezone="UTC", run_immediately=True),
    catchup=False,
    is_paused_upon_creation=True,
    # Two could clean the same folder.
    max_active_runs=1,
    params={
        "project": Param(
            None,
            type=["null", "string"],
            pattern=r"^[a-z0-9_]{1,40}$",
            description="The name of one project; without it, all.",
        ),
        "from": day_parameter("first"),
        "to": day_parameter("last"),
        "clean": Param(
            False,
            type="boolean",
            description="Remove from the volume what is safe in bucket and table.",
        ),
    },
    default_args={**DEFAULT_ARGS, "retries": 2, "execution_timeout": timedelta(hours=1)},
    doc_md=__doc__,
    tags=["amplitude", "snowflake"],
)
def amplitude_inventory() -> None:
    """Name what is in the bucket and on the volume, once a week or by hand."""
    take_inventory(data_dir=variable(DATA_DIR), archive_days=variable(ARCHIVE_DAYS, 7))


amplitude_inventory()
