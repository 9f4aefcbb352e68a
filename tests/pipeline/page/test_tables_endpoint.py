"""dbt's documentation, which the api-server reads from a volume on which others can write."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

TABLES = "/amplitude/dbt/"
Browser = Callable[[str | None], TestClient]


@pytest.fixture
def folder(volume: Path) -> Path:
    """The folder of the documentation."""
    (volume / "dbt").mkdir()
    return volume / "dbt"


def test_the_documentation_is_served_in_a_sandbox(browser: Browser, folder: Path) -> None:
    """It is one file, of text/html."""
    (folder / "index.html").write_text("<html>größer</html>")
    answer = browser("viewer").get(TABLES)
    assert (answer.status_code, answer.text) == (200, "<html>größer</html>")
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.headers["Content-Security-Policy"].startswith("sandbox allow-scripts;")
    assert answer.headers["Cache-Control"] == "private, no-store"


def test_without_it_the_response_names_the_dag(browser: Browser, volume: Path) -> None:
    """Nothing is wrong before the first transform."""
    answer = browser("viewer").get(TABLES)
    assert answer.status_code == 404
    assert "amplitude_transform" in answer.json()["detail"]


@pytest.mark.parametrize("data_dir", [None, "", "volume", "/" + "x" * 5000, "/dev/null"])
def test_without_a_volume_there_is_no_documentation(
    browser: Browser, data_dir: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The Variable is missing, empty, relative, or too long to be a path."""
    monkeypatch.delenv("AIRFLOW_VAR_AMPLITUDE_DATA_DIR", raising=False)
    if data_dir is not None:
        monkeypatch.setenv("AIRFLOW_VAR_AMPLITUDE_DATA_DIR", data_dir)
    answer = browser("viewer").get(TABLES)
    assert answer.status_code == 404
    assert "documentation" in answer.json()["detail"]


@pytest.mark.parametrize("is_folder", [False, True], ids=["the file", "its folder"])
def test_a_link_does_not_lead_to_the_api_servers_own_files(
    browser: Browser, folder: Path, tmp_path: Path, is_folder: bool
) -> None:
    """A user who can write on the volume cannot read what the api-server can."""
    secret = tmp_path / "elsewhere"
    secret.mkdir()
    (secret / "index.html").write_text("a secret")
    if is_folder:
        folder.rmdir()
        folder.symlink_to(secret)
    else:
        (folder / "index.html").symlink_to(secret / "index.html")
    answer = browser("viewer").get(TABLES)
    assert answer.status_code == 404
    assert "is a symbolic link" in answer.json()["detail"]
    assert "a secret" not in answer.text
