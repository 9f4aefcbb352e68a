"""AWS accepts the connection and never responds: the doctor gives up within a minute."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from amplitude_export.doctor import run
from botocore.config import Config

from tests.doctor.deployment import BUCKET, Deployment, environment, failed

# The connection's own: longer than any test, and with more tries.
PATIENT = {"read_timeout": 30, "connect_timeout": 30, "retries": {"max_attempts": 9}}
TRIES = {"mode": "standard", "total_max_attempts": 2}
SECONDS = 0.2


@contextmanager
def silent_server() -> Iterator[socket.socket]:
    """The kernel accepts connections for it; no process reads them."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        yield server


def connections(server: socket.socket) -> int:
    """Return the number of connections that were made since."""
    count = 0
    while True:
        try:
            server.accept()[0].close()
        except BlockingIOError:
            return count
        count += 1


ROLE = "arn:aws:iam::123456789012:role/worker"


@pytest.mark.parametrize("role", [{}, {"role_arn": ROLE}], ids=["keys", "role"])
@pytest.mark.parametrize("patient", [{}, {"config_kwargs": PATIENT}], ids=["usual", "patient"])
def test_a_silent_sts_gets_two_short_tries(
    deployment: Deployment,
    monkeypatch: pytest.MonkeyPatch,
    role: dict[str, Any],
    patient: dict[str, Any],
) -> None:
    """The request that assumes the role as well, whatever timeouts the connection sets."""
    brief = Config(connect_timeout=SECONDS, read_timeout=SECONDS, retries=TRIES)
    monkeypatch.setattr(run, "_BRIEF", brief)
    connection = deployment.connections()["aws_default"]
    with silent_server() as server:
        endpoint = f"http://127.0.0.1:{server.getsockname()[1]}"
        services = {"service_config": {"sts": {"endpoint_url": endpoint}}}
        connection["extra"] |= {**role, **patient, **services}
        for name, value in environment({"aws_default": connection}).items():
            monkeypatch.setenv(name, value)
        began = time.monotonic()
        checks = {check.name: check for check in run.examine_bucket(BUCKET, "")}
        took = time.monotonic() - began
        assert connections(server) == 2
    assert failed(checks) == ["bucket.credentials"]
    assert "Read timeout" in checks["bucket.credentials"].found
    assert checks["bucket.credentials"].do.startswith("check that this machine reaches AWS")
    assert took < 30


def test_a_call_takes_a_minute_at_most() -> None:
    """Each try connects and waits once, and the pauses are below 20 s."""
    brief: Any = run._BRIEF
    tries = brief.retries["total_max_attempts"]
    assert tries * (brief.connect_timeout + brief.read_timeout) <= 40
