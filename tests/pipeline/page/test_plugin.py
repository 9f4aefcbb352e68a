"""The plugin in Airflow: quick to import, and isolated from the rest."""

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


def test_importing_the_plugin_imports_nothing_else() -> None:
    """Scheduler, workers and dag-processor import it at each start."""
    command = [sys.executable, "-c", NEW_MODULES]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=os.environ)
    assert done.stdout.splitlines()[-1].split() == ["amplitude_plugin"]


def test_airflow_lists_every_view(browser: Browser) -> None:
    """With addresses relative to Airflow's root, which can have a path prefix."""
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
    """Only the page returns 500; Airflow's API and UI still work."""
    broken: Any = None  # An import of a module that is None in sys.modules fails.
    monkeypatch.setitem(sys.modules, "amplitude_export.page.app", broken)
    client = browser("admin")
    client = TestClient(client.app, raise_server_exceptions=False, cookies=client.cookies)
    assert client.get("/amplitude/").status_code == 500
    assert client.get("/amplitude/api/days").status_code == 500
    assert client.get("/api/v2/version").status_code == 200
    assert client.get("/api/v2/dags").status_code == 200
