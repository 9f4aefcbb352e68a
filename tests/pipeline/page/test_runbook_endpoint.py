"""The runbook, requested through Airflow's own application."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from amplitude_export.page import runbook
from fastapi.testclient import TestClient

RUNBOOK = "/amplitude/runbook"
Browser = Callable[[str | None], TestClient]


@pytest.mark.parametrize("role", ["viewer", "admin", ""])
def test_every_user_can_read_it(browser: Browser, role: str) -> None:
    """It holds no data, so that no right is needed, but a login."""
    answer = browser(role).get(RUNBOOK)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/html")
    assert '<h3 id="exportrefused">' in answer.text


def test_it_forbids_everything_from_elsewhere(browser: Browser) -> None:
    """The same policy as the page's."""
    policy = browser("viewer").get(RUNBOOK).headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


def test_a_reader_without_a_login_is_sent_there_and_back(browser: Browser) -> None:
    """By relative addresses, which hold below a path prefix; the link may come from an e-mail."""
    client = browser(None)
    answer = client.get(RUNBOOK, follow_redirects=False)
    assert answer.status_code == 307
    assert answer.headers["Location"] == "../api/v2/auth/login?next=%2Famplitude%2Frunbook"
    assert "exportrefused" not in answer.text
    login = client.get("/amplitude/" + answer.headers["Location"], follow_redirects=False)
    assert login.status_code == 307, login.text
    assert login.headers["Location"].endswith("?next=%2Famplitude%2Frunbook")


def test_an_unsigned_token_is_refused(browser: Browser) -> None:
    """Or sent to the login, by the version of Airflow."""
    forger = browser(None)
    forger.cookies.set("_token", "eyJhbGciOiJub25lIn0.e30.")
    assert forger.get(RUNBOOK, follow_redirects=False).status_code in (307, 403)


def test_without_the_file_the_response_names_it(
    browser: Browser, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """An installation that copied dags/, include/ and plugins/ alone."""
    monkeypatch.setattr(runbook, "FILE", tmp_path / "runbook.md")
    answer = browser("viewer").get(RUNBOOK)
    assert answer.status_code == 404
    assert answer.json() == {"detail": "docs/runbook.md is not installed beside plugins/."}


def test_it_is_read_only(browser: Browser) -> None:
    """No other method is known there."""
    assert browser("admin").post(RUNBOOK).status_code == 405
