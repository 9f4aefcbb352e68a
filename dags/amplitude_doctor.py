"""
### Checks of Amplitude, the volume, the bucket and Snowflake: triggered by hand, at any time

    ask_amplitude ─────────────────────────────────┐
    mark_volume ─▶ see_mark, from several workers ─┼─▶ report
    put_probe ─▶ copy_probe ─▶ try_transform ──────┘

    find_projects ─▶ record_ledger, for each project ─▶ the page "Amplitude"

**Promise.** A run changes no day. It puts one object, `python-import/doctor/…`, into the bucket and
copies it in a transaction that is rolled back; it writes a small file to `.doctor` on the volume;
it creates an empty table and a view in SILVER and in GOLD, and drops them. The log of `report` has
a line for each check, its result has the same for machines, and it is green only if no check
failed. A skipped check (–) has the reason. `record_ledger` reads the ledger of a project, and
counts its rows in the table, of the last 400 days; one event of the asset AMPLITUDE_LOADS has the
result, so that the page knows days whose own events were purged. Projects that only the ledger
still has are read as well. AMPLITUDE_RAW gets no event: nothing was loaded.

**Triage.** `report` is red when it found a fault. Fix the first ✗ first, because others can follow
from it; each has its advice. `find_projects` and `record_ledger` are red when
Snowflake refused, the former also when the file of projects cannot be read; the error has the
advice. Rows that differ from the ledger do not make them red: the log names the hours, the page
shows them, and `make verify DAY=…` compares a day event by event. If another task is red, its
worker died; see its log.
"""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import dag
from amplitude_export.doctor.task import doctor
from amplitude_export.tasks.defaults import DEFAULT_ARGS
from amplitude_export.verify.task import find_projects, record_ledger


@dag(
    schedule=None,
    # Airflow leaves a triggered run of a paused DAG queued.
    is_paused_upon_creation=False,
    default_args={**DEFAULT_ARGS, "retries": 2, "execution_timeout": timedelta(minutes=10)},
    doc_md=__doc__,
    tags=["amplitude", "snowflake"],
)
def amplitude_doctor() -> None:
    """Run the same checks as at the end of `amplitude_setup`, and read the ledger beside them."""
    doctor()
    record_ledger.expand(project=find_projects())


amplitude_doctor()
