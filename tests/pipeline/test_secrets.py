"""Keys are never shown, and a failure logs where to look."""

from __future__ import annotations

import json
from base64 import b64encode
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from local.export_api import API_KEY, SECRET_KEY, ExportApi
from tests.pipeline.stand_ins import AWS

LOGICAL_DATE = datetime(2026, 9, 21, tzinfo=UTC)
TOKEN = b64encode(f"{API_KEY}:{SECRET_KEY}".encode()).decode()
SECRETS = (API_KEY, SECRET_KEY, TOKEN, *AWS.values())


@pytest.fixture
def dag(dags: dict[str, Any], tables: Any, s3: Any, api: ExportApi, volume: Path) -> Any:
    """The daily DAG, ready to run."""
    return dags["amplitude_to_snowflake"]


def stored(run: Any) -> str:
    """Return the XComs and rendered fields of the run in Airflow's database."""
    from airflow.models.renderedtifields import RenderedTaskInstanceFields
    from airflow.models.xcom import XComModel
    from airflow.utils.session import create_session
    from sqlalchemy import select

    with create_session() as session:
        xcoms = session.scalars(select(XComModel.value).where(XComModel.run_id == run.run_id))
        fields = RenderedTaskInstanceFields
        rendered = session.scalars(
            select(fields.rendered_fields).where(fields.run_id == run.run_id)
        )
        found = [xcoms.all(), rendered.all()]
    assert all(found)
    return json.dumps(found, default=str)


def test_a_successful_run_shows_no_secret(dag: Any, capfd: pytest.CaptureFixture[str]) -> None:
    """Logs, XComs and rendered templates have none."""
    run = dag.test(logical_date=LOGICAL_DATE)
    assert run.state == "success"
    seen = stored(run) + "".join(capfd.readouterr())
    assert [secret for secret in SECRETS if secret in seen] == []


def test_a_failed_run_shows_no_secret_and_logs_where_to_look(
    dag: Any,
    api: ExportApi,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The response repeats the credentials; the log names the task's page and the runbook."""
    body = f"cannot serve {API_KEY}:{SECRET_KEY} (Basic {TOKEN}) today"
    api.fail("status", status=400, body=body, times=None)
    run = dag.test(logical_date=LOGICAL_DATE)
    assert run.state == "failed"
    log = "".join([*capfd.readouterr(), caplog.text])
    assert [secret for secret in SECRETS if secret in stored(run) + log] == []
    assert "cannot serve ***" in log
    (where,) = (r.getMessage() for r in caplog.records if r.name.endswith("tasks.defaults"))
    run_page = f"/dags/amplitude_to_snowflake/runs/{quote(run.run_id)}"
    assert f"{run_page}/tasks/stage_window.export/mapped/0" in where
    assert where.endswith("/amplitude/runbook#exportrefused")
