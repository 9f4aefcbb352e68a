"""Waits and retries of export, responses that come too early, and redacted keys."""

from __future__ import annotations

import json
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from amplitude_export.errors import (
    AmplitudeUnavailable,
    ExportRefused,
    HoursNotComplete,
    NotAnArchive,
    PipelineError,
)

from local.export_api import API_KEY, SECRET_KEY
from tests.faults.matrix import Row, Stage, chain

EMPTY = ("empty", 0, 0)
TOKEN = b64encode(f"{API_KEY}:{SECRET_KEY}".encode()).decode()


def minutes(number: int) -> timedelta:
    return timedelta(minutes=number)


# The headers of a 429, and the seconds that the task itself waits before the next request.
SHORT = {
    "seconds": ({"Retry-After": "7"}, 7),
    "a date": ({"Retry-After": "Sat, 21 Nov 2026 02:00:30 GMT"}, 30),
    "a date that is past": ({"Retry-After": "Sat, 21 Nov 2026 01:00:00 GMT"}, 0),
}


@pytest.mark.parametrize("case", SHORT)
def test_a_short_retry_after_is_obeyed_inside_the_task(stage: Stage, case: str) -> None:
    """The wait is exact to the second, by the server's clock; then the day is loaded."""
    headers, seconds = SHORT[case]
    stage.api.fail("status", status=429, headers=headers)
    assert stage.run() is None
    assert stage.pauses == [seconds]


LONG = {
    "seconds": ({"Retry-After": "900"}, minutes(15)),
    "a date": ({"Retry-After": "Sat, 21 Nov 2026 02:20:00 GMT"}, minutes(20)),
    "a day": ({"Retry-After": "86400"}, minutes(60)),
}


@pytest.mark.parametrize("case", LONG)
def test_airflow_waits_for_a_long_retry_after(stage: Stage, case: str) -> None:
    """There is one request; the error has the wait, at most an hour, and the retry loads."""
    headers, wait = LONG[case]
    stage.api.fail("status", status=429, headers=headers, times=None)
    error = stage.require(Row(error=AmplitudeUnavailable, message=("returned 429",)))
    assert error
    assert (error.retry_after, stage.statuses, stage.pauses) == (wait, [429], [])
    stage.require_retry(error)


def test_pauses_without_retry_after_grow_and_differ(stage: Stage) -> None:
    """They are 2 to 4 seconds, then 4 to 6: exponential, with jitter."""
    stage.api.fail("unavailable", times=2)
    assert stage.run() is None
    first, second = stage.pauses
    assert 2 <= first <= 4 <= second <= 6


def test_airflow_retries_a_gateway_timeout_of_one_hour(stage: Stage) -> None:
    """504 splits down to the hour, which is retried after ten minutes, not at once."""
    stage.api.fail("gateway_timeout", covers="20260924T00", times=None)
    message = ("returned 504", "2026-09-24 00–00")
    error = stage.require(Row(error=AmplitudeUnavailable, message=message))
    assert error
    assert (error.retry_after, stage.statuses) == (minutes(10), [504] * 5)
    stage.require_retry(error)


def test_a_404_for_complete_hours_makes_empty_hours(stage: Stage) -> None:
    """The other windows load; the ledger has 24 hours."""
    stage.with_day(window_hours=6)
    assert stage.run() is None
    assert stage.statuses == [200, 404, 404, 200, 404, 404]
    stage.require_loaded({2: 10, 14: 9})
    ledger = stage.table.ledger(stage.day.day)
    assert [hour for hour in range(24) if ledger[hour] != EMPTY] == [2, 14]


def test_a_404_that_comes_too_early_is_not_an_empty_hour(stage: Stage) -> None:
    """Hours are complete two hours after their end, by the server's clock; then the retry loads."""
    stage.api.now = datetime(2026, 9, 25, 1, 30, tzinfo=UTC)
    stage.api.fail("no_events", times=None)
    message = (
        "returned 404",
        "complete at 2026-09-25 02:00 UTC",
        "by Amplitude's clock it is 2026-09-25 01:30",
    )
    error = stage.require(Row(error=HoursNotComplete, message=message))
    assert error
    assert (error.retry_after, stage.statuses) == (minutes(30), [404])
    stage.api.now = datetime(2026, 9, 25, 2, tzinfo=UTC)
    stage.require_retry(error)


def test_an_archive_that_comes_too_early_is_not_the_whole_day(stage: Stage) -> None:
    """At 16:00 by the server's clock the response has no hour 14 yet: nothing is loaded."""
    stage.api.now = datetime(2026, 9, 24, 16, tzinfo=UTC)
    stage.require(Row(error=HoursNotComplete))


# Parts of the request that a server sends back, and the resulting error.
REPEATS: dict[str, tuple[dict[str, Any], type[PipelineError], str]] = {
    "keys in a refusal": (
        {"status": 400, "body": f"bad: {API_KEY} {SECRET_KEY} Basic {TOKEN}"},
        ExportRefused,
        "bad: *** *** Basic ***",
    ),
    "keys in an error": (
        {"status": 503, "body": json.dumps({"authorization": f"Basic {TOKEN}"})},
        AmplitudeUnavailable,
        '{"authorization": "Basic ***"}',
    ),
    "keys in the Location": (
        {"status": 302, "headers": {"Location": f"https://x.example/{API_KEY}/{SECRET_KEY}"}},
        ExportRefused,
        "https://x.example/***/***",
    ),
    "keys in the Location's query": (
        {"status": 302, "headers": {"Location": f"https://x.example/a?key={SECRET_KEY}"}},
        ExportRefused,
        "https://x.example/a",
    ),
    "keys in a page with 200": (
        {"status": 200, "body": f"<html>{SECRET_KEY} {API_KEY} {TOKEN}</html>"},
        NotAnArchive,
        "<html>*** *** ***</html>",
    ),
}


@pytest.mark.parametrize("case", REPEATS)
def test_keys_that_a_server_sends_back_are_redacted(stage: Stage, case: str) -> None:
    """The message, its causes and the log have none; the rest of the response is readable."""
    fields, expected, message = REPEATS[case]
    stage.api.fail("status", times=None, **fields)
    stage.require(Row(error=expected, message=(message,)))


@pytest.mark.parametrize(("status", "excerpt"), [(400, 500), (200, 200)])
def test_part_of_a_key_at_the_end_of_an_excerpt_is_redacted_too(
    stage: Stage, status: int, excerpt: int
) -> None:
    """All but its last letter is as good as the key."""
    half = len(SECRET_KEY) - 1
    body = " " * (excerpt - half) + SECRET_KEY
    stage.api.fail("status", status=status, body=body, times=None)
    error = stage.run()
    assert error
    assert SECRET_KEY[:half] not in "".join([stage.seen(), *chain(error)])


def test_a_wrong_key_is_reported(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server itself refuses; the message names connection and region, and no key."""
    wrong = {"conn_type": "http", "host": stage.api.url, "login": "x-key", "password": "x-secret"}
    monkeypatch.setenv("AIRFLOW_CONN_AMPLITUDE_DEFAULT", json.dumps(wrong))
    message = ("amplitude_default", "https://analytics.eu.amplitude.com")
    error = stage.require(Row(error=ExportRefused, message=message))
    assert stage.statuses == [403]
    text = "".join([stage.seen(), *chain(error)])
    assert "x-secret" not in text
    assert "x-key" not in text
