"""The DAG amplitude_ip_networks, parsed and run by Airflow."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from airflow.dag_processing.dagbag import DagBag
from pytest_socket import disable_socket, enable_socket

from tests.pipeline.stand_ins import Table

DAG_ID = "amplitude_ip_networks"


def test_the_dag_parses_without_network_or_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is monthly without catch-up, one run at a time, with two tasks in their order."""
    monkeypatch.delenv("AIRFLOW_CONN_NPM_DEFAULT", raising=False)
    disable_socket(allow_unix_socket=True)
    try:
        dag = DagBag(f"dags/{DAG_ID}.py").dags[DAG_ID]
    finally:
        enable_socket()
    assert [task.task_id for task in dag.topological_sort()] == ["fetch", "load"]
    assert (dag.timetable.expression, dag.catchup, dag.max_active_runs) == ("17 4 3 * *", False, 1)


def test_a_run_loads_the_table_and_updates_the_asset(
    dags: dict[str, Any], refresh: Callable[[], Any], table: Table
) -> None:
    """The event of IP_NETWORKS has the version and the number of networks."""
    from airflow.models.asset import AssetEvent
    from airflow.utils.session import create_session
    from sqlalchemy import select

    run = dags[DAG_ID].test()
    assert run.state == "success"
    with create_session() as session:
        query = select(AssetEvent).where(AssetEvent.source_run_id == run.run_id)
        (event,) = session.scalars(query).all()
    assert event.extra == {"version": "1.0.0", "networks": 12}
    assert table.rows("select count(*) from ip_networks") == [(12,)]
