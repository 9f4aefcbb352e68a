"""Every response of the Export API, and the error that it becomes."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from amplitude_export.errors import (
    AmplitudeUnavailable,
    ExportRefused,
    HoursNotComplete,
    HourTooLarge,
    PipelineError,
    SplitWindow,
)
from amplitude_export.export.responses import check_complete, error_for, server_time
from amplitude_export.window import Window
from hypothesis import given
from hypothesis import strategies as st
from requests.structures import CaseInsensitiveDict

DAY = Window("2026-09-24T00", "2026-09-24T23")
HOUR = Window("2026-09-24T05", "2026-09-24T05")
NOW = datetime(2026, 9, 25, 3, tzinfo=UTC)
TOO_LARGE = "The amount of data is too large. Exports are limited to 4GB."
NGINX = "<html><head><title>400 Request Header Or Cookie Too Large</title></head></html>"


@pytest.mark.parametrize(
    ("status", "body", "window", "expected"),
    [
        pytest.param(400, TOO_LARGE, DAY, SplitWindow, id="too large"),
        pytest.param(400, TOO_LARGE, HOUR, HourTooLarge, id="one hour too large"),
        pytest.param(400, "Exceeds the size limit", DAY, SplitWindow, id="exceeds the size"),
        pytest.param(400, "Invalid start parameter", DAY, ExportRefused, id="bad parameters"),
        pytest.param(400, "Range exceeds 365 days", DAY, ExportRefused, id="range of days"),
        pytest.param(400, NGINX, DAY, ExportRefused, id="too large a header"),
        pytest.param(400, "", DAY, ExportRefused, id="400 without a body"),
        pytest.param(401, "", DAY, ExportRefused, id="no credentials"),
        pytest.param(403, "", DAY, ExportRefused, id="wrong credentials"),
        pytest.param(405, "", DAY, ExportRefused, id="method"),
        pytest.param(408, "", DAY, AmplitudeUnavailable, id="request timeout"),
        pytest.param(429, "", DAY, AmplitudeUnavailable, id="too many"),
        pytest.param(500, "", DAY, AmplitudeUnavailable, id="500"),
        pytest.param(501, "", DAY, ExportRefused, id="not implemented"),
        pytest.param(502, "", DAY, AmplitudeUnavailable, id="502"),
        pytest.param(503, "", DAY, AmplitudeUnavailable, id="503"),
        pytest.param(504, "", DAY, SplitWindow, id="gateway timeout"),
        pytest.param(504, "", HOUR, AmplitudeUnavailable, id="gateway timeout of one hour"),
        pytest.param(301, "", DAY, ExportRefused, id="moved"),
        pytest.param(302, "", DAY, ExportRefused, id="found"),
        pytest.param(308, "", DAY, ExportRefused, id="moved for good"),
    ],
)
def test_a_response_becomes_the_error_that_names_the_action(
    status: int, body: str, window: Window, expected: type[PipelineError]
) -> None:
    """Every message has the status, the day and the hours."""
    error = error_for(status, {}, body, window)
    assert type(error) is expected
    assert all(part in error.what for part in (str(status), "2026-09-24", window.label))


@pytest.mark.parametrize("status", [400, 401, 403])
def test_a_refusal_quotes_the_body(status: int) -> None:
    """The message has the beginning of the body as evidence, and advice."""
    error = error_for(status, {}, "because of that", DAY)
    assert "because of that" in error.what
    assert error.do


@pytest.mark.parametrize("status", [302, 401, 403, 404, 501])
def test_refused_keys_lead_to_the_connection(status: int) -> None:
    """The project's own; it holds key, secret and region."""
    assert "connection amplitude_default" in error_for(status, {}, "", DAY).do
    assert "connection amplitude_app" in error_for(status, {}, "", DAY, "amplitude_app").do


def _retry_after(value: str, status: int = 429, **headers: str) -> timedelta | None:
    received = CaseInsensitiveDict({"retry-after": value, **headers})
    return error_for(status, received, "", DAY).retry_after


DATE = format_datetime(NOW.replace(tzinfo=UTC), usegmt=True)
# In UTC it is in the year 10000.
TOO_LATE = "Fri, 31 Dec 9999 23:59:59 -0100"
LATER = format_datetime(NOW + timedelta(minutes=5), usegmt=True)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param("120", timedelta(minutes=2), id="seconds"),
        pytest.param("0", timedelta(0), id="at once"),
        pytest.param("86400", timedelta(hours=1), id="capped"),
        pytest.param("9" * 30, timedelta(hours=1), id="more than a duration holds"),
        pytest.param("9" * 5000, timedelta(hours=1), id="more digits than int() accepts"),
        pytest.param(LATER, timedelta(minutes=5), id="date by the server's clock"),
        pytest.param("Thu, 01 Jan 2015 00:00:00 GMT", timedelta(0), id="date in the past"),
        pytest.param("Fri, 31 Dec 9999 23:59:59 GMT", timedelta(hours=1), id="date far away"),
        pytest.param("soon", None, id="neither"),
        pytest.param("-5", None, id="negative"),
        pytest.param("", None, id="nothing"),
    ],
)
def test_retry_after_is_limited_to_one_hour(value: str, expected: timedelta | None) -> None:
    """It is read as seconds or a date; anything else means the usual backoff."""
    assert _retry_after(value, Date=DATE) == expected
    assert _retry_after(value, 503, Date=DATE) == expected


@given(
    st.text(max_size=40) | st.from_regex(r"\w{3}, \d{1,2} \w{3} \d{4} \d\d:\d\d:\d\d [-+]?\w{1,5}")
)
def test_no_header_raises(value: str) -> None:
    """Headers come from outside and can hold anything."""
    wait = _retry_after(value, Date=DATE)
    assert wait is None or timedelta(0) <= wait <= timedelta(hours=1)
    assert server_time({"Date": value}, NOW).tzinfo is UTC


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        pytest.param({"Date": DATE}, NOW, id="its own clock"),
        pytest.param({"Date": DATE.replace("GMT", "-0000")}, NOW, id="UTC without a zone"),
        pytest.param({"Date": "Fri, 25 Sep 2026 05:00:00 +0200"}, NOW, id="another zone"),
        pytest.param({"Date": "yesterday"}, NOW.replace(hour=9), id="unreadable"),
        pytest.param({"Date": TOO_LATE}, NOW.replace(hour=9), id="beyond the calendar"),
        pytest.param(
            {"Date": f"Fri, 25 Sep {'9' * 20} 03:00:00 GMT"}, NOW.replace(hour=9), id="huge year"
        ),
        pytest.param({}, NOW.replace(hour=9), id="none"),
    ],
)
def test_the_servers_clock_is_used(
    headers: dict[str, str], expected: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker's clock and zone can be wrong; they are used only if the server sends no time."""
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    try:
        assert server_time(headers, NOW.replace(hour=9)) == expected
    finally:
        monkeypatch.undo()
        time.tzset()


def test_a_404_is_empty_only_when_the_hours_are_complete() -> None:
    """A second earlier is too early, and the retry comes once they are complete."""
    complete = datetime(2026, 9, 25, 2, tzinfo=UTC)
    check_complete(DAY, 404, complete)
    with pytest.raises(HoursNotComplete) as raised:
        check_complete(DAY, 404, complete - timedelta(seconds=1))
    assert raised.value.retry_after == timedelta(seconds=1)


@pytest.mark.parametrize(
    ("behind", "waits"), [(timedelta(hours=38), True), (timedelta(days=20_000), False)]
)
def test_a_clock_that_is_far_behind_is_not_waited_for(behind: timedelta, waits: bool) -> None:
    """As that of a device that has just started: in 1970 the day is decades away."""
    with pytest.raises(HoursNotComplete) as raised:
        check_complete(DAY, 200, datetime(2026, 9, 25, 2, tzinfo=UTC) - behind)
    assert raised.value.retry_after == (behind if waits else None)


def test_a_redirect_names_its_target_without_the_query() -> None:
    """Credentials are not sent there, and the query is not logged."""
    headers = CaseInsensitiveDict({"location": "https://other.example/login?token=secret"})
    error = error_for(302, headers, "", DAY)
    assert "https://other.example/login" in error.what
    assert "secret" not in str(error)
