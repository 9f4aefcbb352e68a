"""Keys, region, network and clock on Amplitude's side, with the messages of the exports."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from amplitude_export.doctor import clock
from amplitude_export.doctor.amplitude import AT_ONCE, Amplitude
from amplitude_export.doctor.check import Check, State
from amplitude_export.doctor.run import examine_amplitude
from amplitude_export.doctor.runner import CheckRunner
from amplitude_export.projects import Project
from amplitude_export.record import to_record

from local.export_api import API_KEY, SECRET_KEY, ExportApi
from local.launcher.ports import free_port
from tests.doctor.deployment import failed
from tests.pipeline.stand_ins import amplitude

Examine = Callable[[dict[str, Any]], dict[str, Check]]


@pytest.fixture
def examine(monkeypatch: pytest.MonkeyPatch) -> Examine:
    """Return a function that checks a connection; no finding has a key."""

    def examine(connection: dict[str, Any]) -> dict[str, Check]:
        monkeypatch.setenv("AIRFLOW_CONN_AMPLITUDE_DEFAULT", json.dumps(connection))
        checks = {check.name: check for check in examine_amplitude()}
        text = json.dumps([to_record(check) for check in checks.values()])
        assert SECRET_KEY not in text
        assert API_KEY not in text
        return checks

    return examine


def test_good_keys_are_accepted_by_one_short_request(examine: Examine, api: ExportApi) -> None:
    """It exports an hour of 2015, which has no events."""
    before = len(api.requests)
    checks = examine(amplitude(api.url))
    assert [check.state for check in checks.values()] == [State.OK, State.OK]
    assert checks["amplitude.credentials"].found == "127.0.0.1 accepts the keys"
    (request,) = api.requests[before:]
    assert request.status == 404


def test_an_archive_in_the_response_proves_the_keys_too(examine: Examine, api: ExportApi) -> None:
    """The doctor reads only its beginning."""
    api.fail("status", status=200, body="PK")
    assert failed(examine(amplitude(api.url))) == []


REFUSALS = {
    "a wrong secret": ({}, "another-secret", "check login (API key) and password (secret key)"),
    "no right to export": (
        {"status": 403, "body": f"{API_KEY} has no export, {SECRET_KEY} neither"},
        SECRET_KEY,
        "check login (API key) and password (secret key) of the connection amplitude_default, and "
        "its host: EU projects are at",
    ),
    "another host": (
        {"status": 302, "headers": {"Location": "https://analytics.eu.amplitude.com/"}},
        SECRET_KEY,
        "put the final https address into the host of the connection amplitude_default",
    ),
    "a gateway's 404": (
        {"status": 404, "body": "<h1>404 page not found</h1>"},
        SECRET_KEY,
        "check the host of the connection amplitude_default, and any proxy or gateway in between",
    ),
    "a page in Amplitude's place": (
        {"status": 200, "body": f"<html>Log in, {API_KEY}</html>"},
        SECRET_KEY,
        "check whether a proxy or a login page responds in Amplitude's place",
    ),
    "no service": ({"status": 503}, SECRET_KEY, "run the doctor again in a few minutes"),
}


@pytest.mark.parametrize("refusal", REFUSALS)
def test_a_refusal_fails_with_the_message_of_the_export(
    examine: Examine, api: ExportApi, refusal: str
) -> None:
    """The check of the clock is skipped."""
    answer, secret, do = REFUSALS[refusal]
    if answer:
        api.fail("status", **answer)
    checks = examine(amplitude(api.url) | {"password": secret})
    assert failed(checks) == ["amplitude.credentials"]
    assert checks["amplitude.credentials"].do.startswith(do)
    assert checks["amplitude.clock"].found == "skipped: it needs amplitude.credentials"


def test_a_host_that_does_not_listen_fails_at_once(examine: Examine) -> None:
    """The advice is about the workers' network."""
    checks = examine(amplitude(f"http://127.0.0.1:{free_port()}"))
    assert failed(checks) == ["amplitude.credentials"]
    assert checks["amplitude.credentials"].do.startswith("check that the workers reach the host")


def test_keys_are_not_sent_in_clear(examine: Examine) -> None:
    """The doctor finds an http base URL before it sends a request."""
    checks = examine(amplitude("http://amplitude.example"))
    assert failed(checks) == ["amplitude.credentials"]
    assert checks["amplitude.credentials"].do.startswith("set its host to https://amplitude.com")


def test_a_missing_connection_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """The advice tells where to add it."""
    monkeypatch.delenv("AIRFLOW_CONN_AMPLITUDE_DEFAULT", raising=False)
    check, _ = examine_amplitude()
    assert check.state is State.FAILED
    assert check.found == "There is no connection amplitude_default."
    assert check.do.startswith("add it in Airflow, or as AIRFLOW_CONN_")


NOW = datetime(2026, 11, 21, 2, tzinfo=UTC)
CLOCKS = {
    "right": (0, [], "this machine's clock is 0 s ahead of Amplitude's"),
    "half a minute ahead": (30, [], "this machine's clock is 30 s ahead of Amplitude's"),
    "ahead": (
        300,
        ["amplitude.clock"],
        "this machine's clock is 300 s ahead of Amplitude's: it is 2026-11-21 02:00:00 UTC there",
    ),
    "behind": (
        -61,
        ["amplitude.clock"],
        "this machine's clock is 61 s behind Amplitude's: it is 2026-11-21 02:00:00 UTC there",
    ),
}


@pytest.mark.parametrize("case", CLOCKS)
def test_a_wrong_clock_is_found(
    examine: Examine, api: ExportApi, monkeypatch: pytest.MonkeyPatch, case: str
) -> None:
    """The finding has difference and direction; Snowflake and S3 tolerate some seconds."""
    seconds, faults, found = CLOCKS[case]
    api.now = NOW
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(seconds=seconds))
    checks = examine(amplitude(api.url))
    assert failed(checks) == faults
    assert checks["amplitude.clock"].found == found
    assert checks["amplitude.clock"].do.startswith(
        "set this machine's clock (NTP)" if faults else ""
    )


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The deployment's own file, with four projects."""
    path = tmp_path / "amplitude.yaml"
    path.write_text("projects: [{name: default}, {name: app}, {name: web}, {name: gone}]")
    monkeypatch.setenv("AMPLITUDE_CONFIG", str(path))
    return path


def test_the_keys_of_each_project_are_checked(
    examine: Examine, api: ExportApi, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By name; one project's fault hides no other one, and two with the same keys are named."""
    good = amplitude(api.url)
    for name, connection in {"app": {**good, "login": "another-key"}, "web": good}.items():
        monkeypatch.setenv(f"AIRFLOW_CONN_AMPLITUDE_{name.upper()}", json.dumps(connection))
    checks = examine(good)
    assert [*checks] == [
        "amplitude.credentials",
        *(f"amplitude.credentials[{name}]" for name in ("app", "web", "gone")),
        "amplitude.keys",
        "amplitude.clock",
    ]
    refused, accepted, gone = (each for name, each in checks.items() if "[" in name)
    assert checks["amplitude.credentials"].found == "127.0.0.1 accepts the keys of default"
    assert accepted.found == "127.0.0.1 accepts the keys of web"
    assert refused.state is State.FAILED
    assert "of the connection amplitude_app" in refused.do
    assert gone.found == "There is no connection amplitude_gone."
    assert checks["amplitude.clock"].state is State.OK
    same = checks["amplitude.keys"]
    assert same.found == "these projects have the same API key: default and web"
    assert same.do.endswith("the connections are amplitude_default, amplitude_web.")
    monkeypatch.delenv("AIRFLOW_CONN_AMPLITUDE_WEB")
    assert examine(good)["amplitude.keys"].found == "2 projects have keys of their own"
    config.write_text("projects: []")
    (check,) = examine(good).values()
    assert check.found == "skipped: it needs code.projects"


def test_projects_are_checked_side_by_side() -> None:
    """Many at once, so that a hundred slow ones do not take minutes."""
    together = Barrier(AT_ONCE, timeout=20)

    def probe(project: Project) -> tuple[str, None]:
        together.wait()
        return "amplitude.com", None

    projects = [Project(f"p{number}") for number in range(3 * AT_ONCE)]
    Amplitude(projects, probe, lambda project: project.name).check(runner := CheckRunner())
    assert {check.state for check in runner.checks[:-1]} == {State.OK}
    assert runner.checks[-1].found == "skipped: Amplitude's response has no Date header"
