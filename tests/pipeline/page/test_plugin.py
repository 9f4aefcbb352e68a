"""The plugin in Airflow: light for everybody, and alone with its faults."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient

Browser = Callable[[str | None], TestClient]

NEW_MODULES = """
import sys
from airflow.plugins_manager import AirflowPlugin
before = set(sys.modules)
sys.path.insert(0, "plugins")
import amplitude_plugin
print(*sorted(set(sys.modules) - before))
"""


def test_importing_it_loads_nothing_else() -> None:
    """The scheduler, the workers and the dag-processor import it at each start."""
    command = [sys.executable, "-c", NEW_MODULES]
    said = subprocess.run(command, capture_output=True, text=True, check=True, env=os.environ)
    assert said.stdout.splitlines()[-1].split() == ["amplitude_plugin"]


def test_airflow_lists_the_page_and_its_tab(browser: Browser) -> None:
    """In the navigation and on a DAG, by addresses below Airflow's root, whatever it is."""
    plugins = browser("admin").get("/api/v2/plugins").json()["plugins"]
    (ours,) = (plugin for plugin in plugins if plugin["name"] == "amplitude")
    views = {
        view["url_route"]: (view["destination"], view["href"]) for view in ours["external_views"]
    }
    assert views == {
        "amplitude": ("nav", "amplitude/"),
        "amplitude-days": ("dag", "amplitude/?dag_id={DAG_ID}"),
        "amplitude-tables": ("nav", "amplitude/dbt/"),
        "amplitude-runbook": ("nav", "amplitude/runbook"),
    }
    assert browser("admin").get("/api/v2/plugins/importErrors").json()["total_entries"] == 0


def test_a_broken_page_breaks_nothing_else(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page alone answers 500; Airflow's API and UI go on."""
    broken: Any = None  # An import of a module that is None in sys.modules fails.
    monkeypatch.setitem(sys.modules, "amplitude_export.page.app", broken)
    client = browser("admin")
    client = TestClient(client.app, raise_server_exceptions=False, cookies=client.cookies)
    assert client.get("/amplitude/").status_code == 500
    assert client.get("/amplitude/api/days").status_code == 500
    assert client.get("/api/v2/version").status_code == 200
    assert client.get("/api/v2/dags").status_code == 200
