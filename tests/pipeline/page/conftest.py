"""The api-server as a test client, users with each role, and three days."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from local.export_api import ExportApi
from local.warehouse import Warehouse
from tests.pipeline.page.days import EVENTS_A_DAY, forget_everything, run_three_days
from tests.pipeline.stand_ins import amplitude


@pytest.fixture(scope="module")
def three_days(
    dags: dict[str, Any], tables: Warehouse, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Three days, the only runs and events that Airflow has."""
    volume: Path = tmp_path_factory.mktemp("volume")
    forget_everything()
    with ExportApi(events_per_day=EVENTS_A_DAY) as api, pytest.MonkeyPatch.context() as patch:
        patch.setenv("AIRFLOW_VAR_AMPLITUDE_DATA_DIR", str(volume))
        patch.setenv("AIRFLOW_CONN_AMPLITUDE_DEFAULT", json.dumps(amplitude(api.url)))
        run_three_days(dags["amplitude_to_snowflake"], api, tables)


@pytest.fixture(scope="session")
def api_server(airflow_database: None) -> Iterator[Any]:
    """Airflow's own application, with the plugin mounted as the api-server mounts it."""
    from airflow.api_fastapi.app import create_app, purge_cached_app

    yield create_app(apps="core")
    purge_cached_app()


@pytest.fixture
def browser(api_server: Any) -> Callable[[str | None], TestClient]:
    """Return a function that creates a browser for a user with a role; None: not logged in."""
    from airflow.api_fastapi.app import get_auth_manager
    from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser

    def browser(role: str | None) -> TestClient:
        client = TestClient(api_server)
        if role is not None:
            user = SimpleAuthManagerUser(username=f"a {role}", role=role.upper() or None)
            client.cookies.set("_token", get_auth_manager().generate_jwt(user))
        return client

    return browser


@pytest.fixture
def object_store(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """Move the XComs to an object store with Airflow's own backend, and return its folder."""
    from airflow.models.xcom import XComModel
    from airflow.providers.common.io.xcom import backend
    from airflow.sdk.execution_time import xcom
    from airflow.utils.session import create_session
    from sqlalchemy import select

    def read_settings_again() -> None:
        for cached in (backend._get_base_path, backend._get_threshold, backend._get_compression):
            cached.cache_clear()

    store = backend.XComObjectStorageBackend
    with create_session() as session:
        entries = session.scalars(select(XComModel)).all()
        before = {(each.dag_run_id, each.task_id, each.key): each.value for each in entries}
        values = [xcom.XCom.deserialize_value(entry) for entry in entries]
        settings = {"PATH": f"file://{tmp_path}/xcoms", "THRESHOLD": "0", "COMPRESSION": "gzip"}
        for name, value in settings.items():
            monkeypatch.setenv(f"AIRFLOW__COMMON_IO__XCOM_OBJECTSTORAGE_{name}", value)
        read_settings_again()
        for entry, value in zip(entries, values, strict=True):
            entry.value = store.serialize_value(value, key=entry.key)
    monkeypatch.setattr(xcom, "XCom", store)
    yield tmp_path / "xcoms"
    with create_session() as session:
        for each in session.scalars(select(XComModel)):
            each.value = before[each.dag_run_id, each.task_id, each.key]
    monkeypatch.undo()
    read_settings_again()
