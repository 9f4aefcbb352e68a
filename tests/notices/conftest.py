"""A notifier that records its notices, and Airflow's database with the DAGs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.notices.recorder import RECORDER, Recorder

BASE_URL = "http://airflow.example:8080"


@pytest.fixture(autouse=True)
def base_url(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set the address of Airflow's UI."""
    monkeypatch.setenv("AIRFLOW__API__BASE_URL", f"{BASE_URL}/")


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts that were sent; sets the Variable, so that notices are on."""
    entry = {"notifier": RECORDER, "arguments": {"text": "{{ notice.text }}"}}
    monkeypatch.setenv("AIRFLOW_VAR_AMPLITUDE_NOTICES", json.dumps([entry]))
    Recorder.sent.clear()
    return Recorder.sent


@pytest.fixture(scope="module")
def bag(airflow_database: None) -> Iterator[Any]:
    """The parsed DAGs, which are also in the database for the scheduler."""
    from airflow.dag_processing.dagbag import DagBag

    from tests.notices.steps import forget_runs, write_dags

    write_dags()
    yield DagBag()
    forget_runs()
