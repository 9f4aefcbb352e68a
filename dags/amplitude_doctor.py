"""
### What is wrong between Amplitude, the volume, the bucket and Snowflake: by hand, at any time

    ask_amplitude ─────────────────────────────────┐
    mark_volume ─▶ see_mark, from several workers ─┼─▶ report
    put_probe ─▶ copy_probe ─▶ try_transform ──────┘

    record_ledger ─▶ the page "Amplitude"

**Promise.** Nothing of a day is touched. One object, `python-import/doctor/…`, is put into the
bucket and copied in a transaction that is rolled back; a small file is left in `.doctor` on the
volume; an empty table and a view are made in SILVER and in GOLD, and dropped. `report` has a line
for each check in its log and the same for machines as its result, and is green only if nothing
failed. What was not looked at (–) says why. `record_ledger` reads the ledger, and counts the
table's rows, of the last 400 days; one event of the asset AMPLITUDE_LOADS tells Airflow, so that
the page knows days whose own events were purged. AMPLITUDE_RAW gets no event: nothing was loaded.

**Triage.** `report` red is a finding: mend the first ✗ first, others may follow from it; each says
what to do. `record_ledger` red: Snowflake said no, and the error says what to do. Rows that are not
the ledger's do not make it red: its log names the hours, the page shows them, and
`make verify DAY=…` looks into a day. Another task red: the worker died under it, and its log says
how.
"""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import dag
from amplitude_export.doctor.task import doctor
from amplitude_export.tasks.defaults import DEFAULT_ARGS
from amplitude_export.verify.task import record_ledger


@dag(
    schedule=None,
    default_args={**DEFAULT_ARGS, "retries": 2, "execution_timeout": timedelta(minutes=10)},
    doc_md=__doc__,
    tags=["amplitude", "snowflake"],
)
def amplitude_doctor() -> None:
    """The same checks as at the end of `amplitude_setup`; the ledger is read beside them."""
    doctor()
    record_ledger()


amplitude_doctor()
