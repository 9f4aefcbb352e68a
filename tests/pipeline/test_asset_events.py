"""The asset event of a load, for Airflow's other DAGs."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from local.export_api import ExportApi


def test_the_asset_event_describes_the_load(
    dags: dict[str, Any], tables: Any, s3: Any, api: ExportApi, volume: Path
) -> None:
    """The event of AMPLITUDE_RAW has the day, its counts and all 24 hours; so has a reload's."""
    from airflow.models.asset import AssetEvent
    from airflow.utils.session import create_session
    from sqlalchemy import select

    run = dags["amplitude_to_snowflake"].test(logical_date=datetime(2026, 9, 24, tzinfo=UTC))
    conf = {"project": "default", "from": "2026-09-24", "to": "2026-09-24"}
    again = dags["amplitude_reload"].test(run_conf=conf)
    with create_session() as session:
        runs = select(AssetEvent).where(AssetEvent.source_run_id.in_([run.run_id, again.run_id]))
        event, reloaded = session.scalars(runs.order_by(AssetEvent.id)).all()
    different = {"run_id": again.run_id, "query_ids": reloaded.extra["query_ids"]}
    assert reloaded.extra == event.extra | different
    assert (reloaded.source_dag_id, reloaded.source_task_id) == ("amplitude_reload", "load")
    assert event.extra | {"hours": [], "query_ids": []} == {
        "day": "2026-09-24",
        "run_id": run.run_id,
        "files": 3,
        "events": 19,
        "bytes": 46687,
        "quarantined": 0,
        "project": "default",
        "hours": [],
        "query_ids": [],
    }
    # With a key, Airflow would not start the DAGs that wait for the asset.
    assert event.partition_key is None
    assert [hour["events"] for hour in event.extra["hours"]][2] == 10
    assert len(event.extra["hours"]) == 24
