"""The task of the doctor's DAG that restores the load history from the warehouse."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Any

from airflow.sdk import task

from amplitude_export.settings import DOCTOR
from amplitude_export.tasks.assets import AMPLITUDE_LOADS

log = logging.getLogger(__name__)


@task(outlets=[AMPLITUDE_LOADS])
def record_ledger(outlet_events: Any = None) -> None:
    """Send the last 400 days of ledger and table as an event, for days whose own were purged."""
    from amplitude_export.record import to_record
    from amplitude_export.verify.load_history import findings, read_ledger
    from amplitude_export.warehouse.hook import WarehouseHook

    connect = WarehouseHook(query_tag=DOCTOR).get_conn
    recorded = read_ledger(connect, datetime.now(UTC))
    for line in findings(recorded):
        log.info(line)
    outlet_events[AMPLITUDE_LOADS].extra = to_record(recorded)
