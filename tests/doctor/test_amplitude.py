"""Keys, region, network and clock on Amplitude's side, in the words of the exports."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from amplitude_export.doctor import clock
from amplitude_export.doctor.check import Check, State
from amplitude_export.doctor.run import examine_amplitude
from amplitude_export.record import to_record

from local.export_api import API_KEY, SECRET_KEY, ExportApi
from local.launcher.ports import free_port
from tests.doctor.deployment import failed
from tests.pipeline.stand_ins import amplitude

Look = Callable[[dict[str, Any]], dict[str, Check]]


@pytest.fixture
def look(monkeypatch: pytest.MonkeyPatch) -> Look:
    """What the doctor finds with this connection; no key is in it."""

    def look_at(connection: dict[str, Any]) -> dict[str, Check]:
        monkeypatch.setenv("AIRFLOW_CONN_AMPLITUDE_DEFAULT", json.dumps(connection))
        checks = {check.name: check for check in examine_amplitude()}
        said = json.dumps([to_record(check) for check in checks.values()])
        assert SECRET_KEY not in said
        assert API_KEY not in said
        return checks

    return look_at


def test_good_keys_are_taken_by_one_short_request(look: Look, api: ExportApi) -> None:
    """An hour of 2015, for which there are no events."""
    before = len(api.requests)
    checks = look(amplitude(api.url))
    assert [check.state for check in checks.values()] == [State.OK, State.OK]
    assert checks["amplitude.credentials"].found == "127.0.0.1 takes the keys"
    (request,) = api.requests[before:]
    assert request.status == 404


def test_an_archive_is_as_good_as_none(look: Look, api: ExportApi) -> None:
    """The keys are good; what is in it is not the doctor's business."""
    api.fail("status", status=200, body="PK")
    assert failed(look(amplitude(api.url))) == []


REFUSALS = {
    "a wrong secret": ({}, "nobody's", "check login (API key) and password (secret key)"),
    "no right to export": (
        {"status": 403, "body": f"{API_KEY} has no export, {SECRET_KEY} neither"},
        SECRET_KEY,
        "check login (API key) and password (secret key) of the connection amplitude_default, and "
        "its host: EU projects answer at",
    ),
    "another host": (
        {"status": 302, "headers": {"Location": "https://analytics.eu.amplitude.com/"}},
        SECRET_KEY,
        "put the final https address into the host of the connection amplitude_default",
    ),
    "no service": ({"status": 503}, SECRET_KEY, "run the doctor again in some minutes"),
}


@pytest.mark.parametrize("refusal", REFUSALS)
def test_a_refusal_fails_in_the_words_of_the_export(
    look: Look, api: ExportApi, refusal: str
) -> None:
    """The clock is not looked at then."""
    answer, secret, do = REFUSALS[refusal]
    if answer:
        api.fail("status", **answer)
    checks = look(amplitude(api.url, secret))
    assert failed(checks) == ["amplitude.credentials"]
    assert checks["amplitude.credentials"].do.startswith(do)
    assert checks["amplitude.clock"].found == "not looked at: it needs amplitude.credentials"


def test_a_host_that_nobody_listens_at_fails_at_once(look: Look) -> None:
    """A refused port, and the connection to look at."""
    checks = look(amplitude(f"http://127.0.0.1:{free_port()}"))
    assert failed(checks) == ["amplitude.credentials"]
    assert checks["amplitude.credentials"].do.startswith("check that the workers reach the host")


def test_keys_are_not_sent_in_clear(look: Look) -> None:
    """The base URL is a mistake that the doctor finds before it makes it."""
    checks = look(amplitude("http://amplitude.example"))
    assert failed(checks) == ["amplitude.credentials"]
    assert checks["amplitude.credentials"].do.startswith("set its host to https://amplitude.com")


def test_a_connection_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """With where to add it."""
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
    look: Look, api: ExportApi, monkeypatch: pytest.MonkeyPatch, case: str
) -> None:
    """By how much, and in which direction; Snowflake and S3 allow for some seconds."""
    seconds, faults, found = CLOCKS[case]
    api.now = NOW
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(seconds=seconds))
    checks = look(amplitude(api.url))
    assert failed(checks) == faults
    assert checks["amplitude.clock"].found == found
    assert checks["amplitude.clock"].do.startswith(
        "set this machine's clock (NTP)" if faults else ""
    )
