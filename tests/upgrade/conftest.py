"""Runs of today's DAGs, recorded once, and the recordings of 0.5.0."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.upgrade.deployment import BUCKET, Deployment, deployed
from tests.upgrade.recorder import Recorder, record
from tests.upgrade.recordings import OLD


@pytest.fixture(scope="session")
def deployment(nameless_callers: None, tmp_path_factory: Any) -> Iterator[Deployment]:
    """The empty stand-ins."""
    with deployed(tmp_path_factory.mktemp("upgrade")) as running:
        yield running


@pytest.fixture(scope="session")
def dags(airflow_database: None) -> dict[str, Any]:
    """The DAGs as Airflow parses them, for these tests alone: `dag.test()` changes their params.

    Tasks have no retries, because `dag.test()` would sleep until the next try.
    """
    from airflow.dag_processing.dagbag import DagBag

    dags = dict(DagBag().dags)
    for task in (task for dag in dags.values() for task in dag.tasks):
        if task.is_mapped:
            task.partial_kwargs["retries"] = 0
        else:
            task.retries = 0
    return dags


@pytest.fixture(scope="session")
def recorded(dags: dict[str, Any], deployment: Deployment, tmp_path_factory: Any) -> Recorder:
    """The recordings of the DAGs of this checkout."""
    folder: Path = tmp_path_factory.mktemp("recorded")
    with pytest.MonkeyPatch.context() as patch:
        deployment.connect(patch)
        recorder = record(dags, deployment, folder)
        recorder.record_stored()
    return recorder


@pytest.fixture
def connected(recorded: Recorder, monkeypatch: pytest.MonkeyPatch) -> Deployment:
    """The deployment that today's set-up has created, with Airflow's connections to it."""
    recorded.deployment.connect(monkeypatch)
    return recorded.deployment


@pytest.fixture
def today(connected: Deployment, dags: dict[str, Any]) -> dict[str, Any]:
    """Today's DAGs, with the connections to the deployment."""
    return dags


@pytest.fixture
def old_volume(tmp_path: Path) -> Path:
    """The volume as 0.5.0 left it behind."""
    return OLD.restore_volume(tmp_path)


@pytest.fixture
def bucket(connected: Deployment) -> str:
    """The name of the bucket, with the objects that 0.5.0 put there."""
    OLD.restore_bucket(connected)
    return BUCKET
