"""The export operator against a server that misbehaves, on real sockets."""

from __future__ import annotations

import json
import subprocess
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from ssl import PROTOCOL_TLS_SERVER, SSLContext
from threading import Thread
from typing import Any

import pytest
from amplitude_export.errors import (
    AmplitudeUnavailable,
    ArchiveDamaged,
    BadSetting,
    ExportRefused,
    HoursNotComplete,
    HourTooLarge,
    NotAnArchive,
    PipelineError,
    VolumeFull,
    VolumeRefused,
)
from amplitude_export.operators import export
from amplitude_export.operators.export import AmplitudeExportOperator
from amplitude_export.window import Window

from local.export_api import API_KEY, SECRET_KEY, ExportApi
from tests.pipeline.stand_ins import amplitude

DAY = "2026-10-20"


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pauses between attempts have no length here, only their order."""
    monkeypatch.setattr(export, "FIRST_WAIT", timedelta(milliseconds=1))
    monkeypatch.setattr(export, "LONGEST_WAIT", timedelta(seconds=2))


def run(volume: Path, first: int = 0, last: int = 23, day: str = DAY) -> Any:
    window = Window.parse(f"{day}T{first:02}", f"{day}T{last:02}")
    task = AmplitudeExportOperator(task_id="export", window=window.record, data_dir=str(volume))
    return task.execute({"run_id": "manual__1"})


def statuses(api: ExportApi) -> list[int]:
    return [request.status for request in api.requests]


def left_on(volume: Path) -> list[str]:
    return sorted(path.name for path in volume.rglob("*") if path.is_file())


def test_an_archive_comes_whole(api: ExportApi, volume: Path) -> None:
    """Its members are those that the server has, and the record says how large it is."""
    record = run(volume)
    (archive,) = record["archives"]
    (path,) = volume.rglob("*.zip")
    assert (path.name, path.stat().st_size) == (archive["file"], archive["bytes"])
    with zipfile.ZipFile(path) as found:
        assert found.testzip() is None


REFUSED: dict[str, tuple[dict[str, Any], type[PipelineError], str]] = {
    "400 bad parameters": (
        {"status": 400, "body": "no such range"},
        ExportRefused,
        "no such range",
    ),
    "400 exceeds 365 days": (
        {"status": 400, "body": "range exceeds 365 days"},
        ExportRefused,
        "365 days",
    ),
    "401": ({"status": 401, "body": "who?"}, ExportRefused, "check login"),
    "403": ({"status": 403, "body": "no"}, ExportRefused, "analytics.eu.amplitude.com"),
    "redirect": (
        {"status": 302, "headers": {"Location": "https://elsewhere.example/x?key=1"}},
        ExportRefused,
        "https://elsewhere.example/x'",
    ),
}


@pytest.mark.parametrize("case", REFUSED, ids=str)
def test_what_a_retry_cannot_mend_is_asked_once(api: ExportApi, volume: Path, case: str) -> None:
    """One request, an error that says what to do, and nothing on the volume."""
    fault, error, said = REFUSED[case]
    api.fail("status", times=None, **fault)
    with pytest.raises(error) as raised:
        run(volume)
    assert said in str(raised.value)
    assert len(api.requests) == 1
    assert left_on(volume) == []


PASSING = {
    "429 with Retry-After": ("status", {"status": 429, "headers": {"Retry-After": "1"}}),
    "500": ("status", {"status": 500}),
    "503": ("unavailable", {}),
    "reset mid-body": ("reset", {}),
    "short body": ("short", {}),
    "cut early": ("cut", {}),
    "HTML": ("html", {}),
    "JSON": ("json", {}),
    "damaged zip": ("damaged_zip", {}),
    "empty zip": ("empty_zip", {}),
}


@pytest.mark.parametrize("case", PASSING, ids=str)
def test_what_passes_is_asked_again_inside_the_task(
    api: ExportApi, volume: Path, case: str
) -> None:
    """The second answer is good, and only its archive is on the volume."""
    name, fault = PASSING[case]
    api.fail(name, times=1, **fault)
    (archive,) = run(volume, 8, 9)["archives"]
    assert len(api.requests) == 2
    assert [name for name in left_on(volume) if not name.endswith(".damaged")] == [archive["file"]]


LASTING = {
    "503": ("unavailable", AmplitudeUnavailable, "503"),
    "reset mid-body": ("reset", AmplitudeUnavailable, "connection to Amplitude failed"),
    "cut early": ("cut", AmplitudeUnavailable, "cut short"),
    "HTML": ("html", NotAnArchive, "html"),
    "damaged zip": ("damaged_zip", ArchiveDamaged, "damaged"),
}


@pytest.mark.parametrize("case", LASTING, ids=str)
def test_what_does_not_pass_fails_after_three(api: ExportApi, volume: Path, case: str) -> None:
    """The last error says what it was; no unfinished file stays."""
    name, error, said = LASTING[case]
    api.fail(name, times=None)
    with pytest.raises(error, match=said):
        run(volume, 8, 9)
    assert len(api.requests) == 3
    assert [name for name in left_on(volume) if not name.endswith(".damaged")] == []


def test_an_empty_zip_that_comes_three_times_is_an_empty_window(
    api: ExportApi, volume: Path
) -> None:
    """With a warning; the record names no file."""
    api.fail("empty_zip", times=3)
    assert [a["file"] for a in run(volume, 8, 9)["archives"]] == [None]


def test_a_long_retry_after_is_left_to_airflow(api: ExportApi, volume: Path) -> None:
    """The worker is not held for it: the error carries the time."""
    api.fail("status", status=429, headers={"Retry-After": "900"}, times=None)
    with pytest.raises(AmplitudeUnavailable) as raised:
        run(volume, 8, 9)
    assert raised.value.retry_after == timedelta(minutes=15)
    assert len(api.requests) == 1


def test_a_gateway_timeout_splits_down_to_an_hour(api: ExportApi, volume: Path) -> None:
    """504 for two hours asks for each; 504 for one hour is retried later."""
    api.fail("gateway_timeout", above_hours=1, times=None)
    record = run(volume, 8, 9)
    assert [a["window"]["label"] for a in record["archives"]] == ["08–08", "09–09"]
    api.recover()
    api.fail("gateway_timeout", times=None)
    with pytest.raises(AmplitudeUnavailable) as raised:
        run(volume, 8, 8)
    assert raised.value.retry_after == timedelta(minutes=10)


def test_an_hour_that_is_too_large_names_the_way_out(api: ExportApi, volume: Path) -> None:
    """There is nothing smaller to ask for."""
    api.fail("too_large", times=None)
    with pytest.raises(HourTooLarge, match="export to S3"):
        run(volume, 8, 9)
    assert statuses(api) == [400, 400]


def test_nothing_there_is_empty_only_once_the_hours_are_complete(
    environment: pytest.MonkeyPatch, volume: Path
) -> None:
    """By the server's clock, not by the worker's."""
    early = datetime(2026, 10, 21, 1, 30, tzinfo=UTC)
    with ExportApi(events_per_day=500, now=early) as api:
        environment.setenv("AIRFLOW_CONN_AMPLITUDE_DEFAULT", json.dumps(amplitude(api.url)))
        with pytest.raises(HoursNotComplete, match="complete at 2026-10-21 02:00"):
            run(volume, 23, 23)
        api.now = early + timedelta(hours=1)
        assert run(volume, 3, 3)["archives"][0]["file"] is None


def test_a_refused_connection_names_the_connection(
    environment: pytest.MonkeyPatch, volume: Path
) -> None:
    """Nothing listens there; the message leads to amplitude_default and holds no key."""
    nowhere = json.dumps(amplitude("http://127.0.0.1:9"))
    environment.setenv("AIRFLOW_CONN_AMPLITUDE_DEFAULT", nowhere)
    with pytest.raises(AmplitudeUnavailable, match="amplitude_default") as raised:
        run(volume)
    assert API_KEY not in repr(raised.value)
    assert SECRET_KEY not in repr(raised.value)


@pytest.mark.parametrize("host", ["http://amplitude.com", "amplitude.com", "http://"])
def test_keys_are_never_sent_in_clear(
    environment: pytest.MonkeyPatch, volume: Path, host: str
) -> None:
    """A host without https is refused before anything is sent."""
    environment.setenv("AIRFLOW_CONN_AMPLITUDE_DEFAULT", json.dumps(amplitude(host)))
    with pytest.raises(BadSetting, match="only sent over https"):
        run(volume)


@contextmanager
def self_signed(folder: Path) -> Iterator[str]:
    """An https server whose certificate nobody has signed but itself."""
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"]
    files = ["-keyout", str(key), "-out", str(certificate)]
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1"]
    subprocess.run([*command, *subject, *files], check=True, capture_output=True)
    server = HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    context = SSLContext(PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield f"https://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_certificate_that_does_not_verify_is_no_passing_trouble(
    environment: pytest.MonkeyPatch, volume: Path, tmp_path: Path
) -> None:
    """It fails at once and says how to trust a proxy of one's own."""
    with self_signed(tmp_path) as host:
        environment.setenv("AIRFLOW_CONN_AMPLITUDE_DEFAULT", json.dumps(amplitude(host)))
        with pytest.raises(ExportRefused, match="REQUESTS_CA_BUNDLE"):
            run(volume)


def test_a_drip_does_not_hold_the_worker(
    api: ExportApi, volume: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bytes keep coming, slowly: given up at the deadline, three times, and nothing stays."""
    monkeypatch.setattr("amplitude_export.download.DEADLINE", timedelta(seconds=0.5))
    api.fail("drip", times=None, seconds=0.1)
    with pytest.raises(AmplitudeUnavailable, match="took longer than"):
        run(volume, 8, 9)
    assert left_on(volume) == []


def test_a_full_volume_is_noticed_before_it_is_filled(
    api: ExportApi, volume: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is written; the message says what is free and what is needed."""
    monkeypatch.setattr("amplitude_export.volume.RESERVE_BYTES", 2**60)
    with pytest.raises(VolumeFull, match="MB free"):
        run(volume)
    assert left_on(volume) == []


def test_a_volume_that_is_not_mounted_is_not_made(api: ExportApi, tmp_path: Path) -> None:
    """Otherwise the machine's own disk would fill."""
    with pytest.raises(VolumeRefused, match="not-mounted"):
        run(tmp_path / "not-mounted")
    assert api.requests == []
