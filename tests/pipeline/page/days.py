"""Three days with different outcomes, run on real parts."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest

from local.export_api import ExportApi
from local.warehouse import Warehouse
from tests.pipeline.stand_ins import amplitude

LOADED = date(2026, 9, 24)
LANDED = date(2026, 9, 25)
FAILED = date(2026, 9, 26)
NOW = datetime(2026, 9, 27, 9, 0, tzinfo=UTC)
EVENTS_A_DAY = 200
WRONG_SECRET = "not-the-secret-of-this-project"


def forget_everything() -> None:
    """Delete the runs, backfills and asset events of other tests in this process."""
    from airflow.models.asset import AssetEvent
    from airflow.models.backfill import Backfill
    from airflow.models.dagrun import DagRun
    from airflow.utils.session import create_session
    from sqlalchemy import delete

    with create_session() as session:
        session.execute(delete(AssetEvent))
        session.execute(delete(DagRun))
        session.execute(delete(Backfill))


def run_three_days(dag: Any, api: ExportApi, warehouse: Warehouse) -> None:
    """Run three days: one is loaded, one fails in its load, and one in its export."""
    outcomes = {
        LOADED: ({}, "success"),
        LANDED: ({}, "failed"),
        FAILED: ({"AMPLITUDE": amplitude(api.url) | {"password": WRONG_SECRET}}, "failed"),
    }
    for day, (wrong, state) in outcomes.items():
        with pytest.MonkeyPatch.context() as patch:
            if day == LANDED:
                warehouse.fail("refuse", errno=2003, text="no table", statement="^delete from")
            for name, conn in wrong.items():
                patch.setenv(f"AIRFLOW_CONN_{name}_DEFAULT", json.dumps(conn))
            midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
            assert dag.test(logical_date=midnight).state == state
