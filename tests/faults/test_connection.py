"""Faults between the worker and the Export API's host: network, TLS and redirects."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from ssl import PROTOCOL_TLS_SERVER, SSLContext
from threading import Thread
from typing import Any

import pytest
from amplitude_export.errors import (
    AmplitudeUnavailable,
    BadSetting,
    ExportRefused,
    PipelineError,
    TryAgain,
)

from local.export_api import ExportApi
from tests.faults.matrix import KEPT, Row, Stage
from tests.pipeline.stand_ins import amplitude


@dataclass(frozen=True, kw_only=True)
class Wire(Row):
    """A network fault by name and fields, and the statuses of all requests (0: no response)."""

    name: str
    fields: dict[str, Any] = field(default_factory=dict)
    statuses: tuple[int, ...]


def once(name: str, status: int = 200) -> Wire:
    return Wire(name=name, statuses=(status, 200), files=KEPT)


def for_good(name: str, *message: str, status: int = 200, **fields: Any) -> Wire:
    fields = {"times": None} | fields
    statuses = (status,) * 3
    return Wire(
        name=name, fields=fields, error=AmplitudeUnavailable, message=message, statuses=statuses
    )


HOST = "amplitude_default"
WIRE = {
    "reset mid-body": once("reset"),
    "reset mid-body for good": for_good("reset", "connection to Amplitude failed", HOST),
    "shorter than Content-Length": once("short"),
    "shorter than Content-Length for good": for_good("short", "1000 bytes read", HOST),
    "cut without Content-Length": once("cut"),
    "cut without Content-Length for good": for_good("cut", "cut short after 1,000 bytes"),
    "stall": once("stall"),
    "stall for good": for_good("stall", "timed out", HOST),
    "silence": once("hang", status=0),
    "silence for good": for_good("hang", "timed out", HOST, status=0),
    "drip for good": for_good("drip", "took longer than 0:00:01", seconds=0.05),
}


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Allow one second of silence, and one second for a whole body."""
    monkeypatch.setattr("amplitude_export.export.hook._READ_SECONDS", 1)
    monkeypatch.setattr("amplitude_export.export.download.DEADLINE", timedelta(seconds=1))


@pytest.mark.parametrize("fault", WIRE)
def test_a_broken_response_is_requested_again(
    stage: Stage, impatient: None, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    """It restarts at the first byte, three times in all; no part stays, and a retry loads all."""
    row = WIRE[fault]
    stage.api.fail(row.name, **row.fields)
    error = stage.require(row)
    assert stage.statuses == list(row.statuses)
    monkeypatch.setattr("amplitude_export.export.download.DEADLINE", timedelta(hours=1))
    stage.require_retry(error)


@contextmanager
def self_signed(folder: Path) -> Iterator[str]:
    """Start an https server with a self-signed certificate."""
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"]
    files = ["-keyout", str(key), "-out", str(certificate)]
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1"]
    subprocess.run([*command, *subject, *files], check=True, capture_output=True)
    server = HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    context = SSLContext(PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield f"https://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="module")
def untrusted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with self_signed(tmp_path_factory.mktemp("tls")) as host:
        yield host


# The connection's host, given the URLs of `untrusted` and of the stand-in, and the expected error.
HOSTS: dict[str, tuple[Callable[[str, str], str], type[PipelineError], tuple[str, ...]]] = {
    "connection refused": (
        lambda tls, plain: "http://127.0.0.1:9",
        AmplitudeUnavailable,
        ("connection to Amplitude failed", HOST),
    ),
    "self-signed certificate": (
        lambda tls, plain: tls,
        ExportRefused,
        ("certificate", "does not verify", "REQUESTS_CA_BUNDLE"),
    ),
    "TLS to a server that has none": (
        lambda tls, plain: plain.replace("http:", "https:"),
        AmplitudeUnavailable,
        ("TLS connection to Amplitude failed",),
    ),
    "TLS server without TLS": (
        lambda tls, plain: tls.replace("https:", "http:"),
        AmplitudeUnavailable,
        ("connection to Amplitude failed", HOST),
    ),
    "keys in clear": (
        lambda tls, plain: "http://amplitude.com",
        BadSetting,
        ("only sent over https", "https://analytics.eu.amplitude.com"),
    ),
    "no scheme": (lambda tls, plain: "amplitude.com", BadSetting, ("only sent over https",)),
    "no host": (lambda tls, plain: "http://", BadSetting, ("only sent over https",)),
}


@pytest.mark.parametrize("fault", HOSTS)
def test_a_host_that_does_not_respond_is_named(
    stage: Stage, untrusted: str, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    """The message gives advice; an untrusted certificate fails at once, the rest is retried."""
    host, expected, message = HOSTS[fault]
    connection = json.dumps(amplitude(host(untrusted, stage.api.url)))
    monkeypatch.setenv("AIRFLOW_CONN_AMPLITUDE_DEFAULT", connection)
    error = stage.require(Row(error=expected, message=message))
    assert stage.statuses == []
    assert len(stage.pauses) == (2 if issubclass(expected, TryAgain) else 0)
    good = json.dumps(amplitude(stage.api.url))
    monkeypatch.setenv("AIRFLOW_CONN_AMPLITUDE_DEFAULT", good)
    stage.require_retry(error)


class _Login(BaseHTTPRequestHandler):
    """A proxy that opens no tunnel without a login, whatever it gets."""

    def do_CONNECT(self) -> None:
        self.send_error(407, "Proxy Authentication Required")


@pytest.mark.parametrize("where", ["the connection", "the environment"])
def test_a_proxy_that_wants_a_login_is_named(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    """It fails at once; the message has the proxy's host and port, and not the login."""
    with HTTPServer(("127.0.0.1", 0), _Login) as proxy:
        Thread(target=proxy.serve_forever, args=(0.05,), daemon=True).start()
        url = f"http://user:pass-word@127.0.0.1:{proxy.server_port}"
        connection = amplitude("https://amplitude.example")
        if where == "the connection":
            connection["extra"] = {"proxies": {"https": url}}
        else:
            monkeypatch.setenv("https_proxy", url)
        monkeypatch.setenv("AIRFLOW_CONN_AMPLITUDE_DEFAULT", json.dumps(connection))
        message = (f"amplitude.example, 127.0.0.1:{proxy.server_port}", "returned 407", HOST)
        error = stage.require(Row(error=ExportRefused, message=message))
        proxy.shutdown()
    assert "pass-word" not in str(error)
    assert stage.pauses == []


def test_a_redirect_to_another_host_gets_no_keys(stage: Stage) -> None:
    """No request is sent there; the message names the host, without the query."""
    with ExportApi() as elsewhere:
        target = f"{elsewhere.url}/api/2/export?token=1"
        stage.api.fail("redirect", headers={"Location": target}, times=None)
        message = ("returned 302", f"{elsewhere.url}/api/2/export'", "host of the connection")
        error = stage.require(Row(error=ExportRefused, message=message))
        assert elsewhere.requests == []
    assert "token=1" not in str(error)
    assert stage.statuses == [302]
