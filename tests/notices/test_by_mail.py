"""Notices by mail, through Airflow's real dag-processor and triggerer."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from airflow.callbacks.database_callback_sink import DatabaseCallbackSink

from local.launcher.processes import Service, end, spawn, wait_until
from tests.notices.mailbox import Mailbox, mailbox
from tests.notices.steps import at, callback, change, queue_deadline_callback, queue_run

# Two components import Airflow first: on a busy machine that alone has taken four minutes.
PATIENCE_SECONDS = 600
COMPONENTS = {"dag-processor": [], "triggerer": ["--skip-serve-logs"]}
ARGUMENTS = {
    "to": "data@example.com",
    "subject": "{{ notice.subject }}",
    "html_content": "{{ notice.html }}",
}


@pytest.fixture
def mails(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mailbox]:
    """An SMTP server, with the connection and the Variable that use it."""
    smtp = "airflow.providers.smtp.notifications.smtp.SmtpNotifier"
    extra = {"disable_ssl": True, "disable_tls": True, "from_email": "airflow@example.com"}
    with mailbox() as box:
        conn = {"conn_type": "smtp", "host": "127.0.0.1", "port": box.port, "extra": extra}
        notices = [{"notifier": smtp, "arguments": ARGUMENTS}]
        monkeypatch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", json.dumps(conn))
        monkeypatch.setenv("AIRFLOW_VAR_AMPLITUDE_NOTICES", json.dumps(notices))
        yield box


@pytest.fixture
def components(bag: Any, mails: Mailbox, tmp_path: Path) -> Iterator[list[Service]]:
    """The two processes that send notices, on this test's database."""
    running = []
    try:
        for name, options in COMPONENTS.items():
            command = [sys.executable, "-m", "airflow", name, *options]
            running.append(spawn(name, command, tmp_path / f"{name}.log", os.environ, tmp_path))
        yield running
    finally:
        end(running)


def test_a_failed_and_a_late_run_are_two_mails(components: list[Service], mails: Mailbox) -> None:
    """One each, from the connection's sender, with the day, the tasks and a link."""
    failed, late = queue_run(at(27)), queue_run(at(28))
    change(failed, {"load": "failed"}, state="failed", start_date=at(28), end_date=at(28, 1))
    change(late, {"wait_for_day": "deferred"}, state="running", start_date=at(29))
    DatabaseCallbackSink().send(callback(failed, success=False))
    queue_deadline_callback(late)
    wait_until(lambda: len(mails.messages) >= 2 or None, components, "both mails", PATIENCE_SECONDS)
    first, second = sorted(mails.messages, key=lambda mail: str(mail["subject"]))
    assert first["subject"] == "Amplitude 2025-06-27: not loaded"
    assert second["subject"].startswith("Amplitude 2025-06-28: not complete by ")
    assert {(mail["to"], mail["from"]) for mail in (first, second)} == {
        ("data@example.com", "airflow@example.com")
    }
    assert "Tasks: load (failed)" in body(first)
    assert "Tasks: wait_for_day (deferred)" in body(second)
    assert (
        '<a href="http://airflow.example:8080/plugin/amplitude/amplitude/?project=default">'
        in body(second)
    )


def body(mail: EmailMessage) -> str:
    """Return the HTML of the mail."""
    return str(mail.get_body(("html",)).get_content())
