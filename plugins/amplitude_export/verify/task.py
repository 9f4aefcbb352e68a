"""The doctor's DAG's other task: what the warehouse knows of the days, told to Airflow again."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Any

from airflow.sdk import task

from amplitude_export.tasks.assets import AMPLITUDE_LOADS

log = logging.getLogger(__name__)


@task(outlets=[AMPLITUDE_LOADS])
def record_ledger(outlet_events: Any = None) -> None:
    """Reads the ledger and the table's counts of 400 days, for days whose own events are gone."""
    from amplitude_export.record import to_record
    from amplitude_export.verify.ledger import findings, read_ledger
    from amplitude_export.warehouse.hook import WarehouseHook

    connect = WarehouseHook(query_tag="amplitude_doctor").get_conn
    recorded = read_ledger(connect, datetime.now(UTC))
    for line in findings(recorded):
        log.info(line)
    outlet_events[AMPLITUDE_LOADS].extra = to_record(recorded)
