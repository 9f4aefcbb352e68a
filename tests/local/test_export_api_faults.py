"""The Export API's stand-in misbehaves for the requests of a fault, and then no more."""

from __future__ import annotations

import io
import time
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import requests
from urllib3.exceptions import ProtocolError

from local.export_api import API_KEY, SECRET_KEY, ExportApi

pytestmark = pytest.mark.enable_socket

WHOLE_DAY = ("20261120T00", "20261120T23")
BUSY_HOUR = ("20261120T09", "20261120T09")


@pytest.fixture(scope="module")
def serving() -> Iterator[ExportApi]:
    with ExportApi(events_per_day=2000, now=datetime(2026, 11, 21, 2, tzinfo=UTC)) as api:
        yield api


@pytest.fixture
def api(serving: ExportApi) -> Iterator[ExportApi]:
    yield serving
    serving.recover()


def get(api: ExportApi, start: str, end: str, **options: Any) -> requests.Response:
    options = {"auth": (API_KEY, SECRET_KEY), "timeout": 5} | options
    query = {"start": start, "end": end}
    return requests.get(f"{api.url}/api/2/export", params=query, **options)


def test_a_slow_response_is_the_right_one(api: ExportApi) -> None:
    """It is late and not a failure; a short timeout ends before it."""
    good = get(api, *BUSY_HOUR).content
    api.fail("slow", seconds=0.5)
    with pytest.raises(requests.ReadTimeout):
        get(api, *BUSY_HOUR, timeout=0.1)
    api.fail("slow", seconds=0.01)
    assert get(api, *BUSY_HOUR).content == good


@pytest.mark.parametrize(
    ("name", "status", "text"),
    [
        ("status", 500, "Internal server error"),
        ("too_many_requests", 429, "Slow down"),
        ("unavailable", 503, "Service unavailable"),
        ("gateway_timeout", 504, "Gateway timeout"),
        ("too_large", 400, "too large"),
        ("no_events", 404, "Raw data files were not found."),
        ("not_found", 404, "nginx"),
        ("html", 200, "<!DOCTYPE html>"),
        ("json", 200, '{"error"'),
        ("empty_zip", 200, "PK\x05\x06"),
    ],
)
def test_a_fault_replaces_one_archive(api: ExportApi, name: str, status: int, text: str) -> None:
    """The request after it gets the archive."""
    # An hour of its own: a slow response of the test before can end, and be recorded, meanwhile.
    hour = "20261120T10"
    api.fail(name, times=1)
    answer = get(api, hour, hour)
    assert (answer.status_code, text in answer.text) == (status, True)
    assert get(api, hour, hour).content[:4] == b"PK\x03\x04"
    statuses = [request.status for request in api.requests if request.start == hour]
    assert statuses[-2:] == [status, 200]


def test_a_fault_can_be_any_response(api: ExportApi) -> None:
    """The test chooses status, headers and body."""
    api.fail("status", status=429, headers={"Retry-After": "7"}, body=b"\x00crafted")
    answer = get(api, *BUSY_HOUR)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "7")
    assert answer.content == b"\x00crafted"


def test_too_large_lasts_and_spares_short_windows(api: ExportApi) -> None:
    """Windows of more than six hours fail, again and again, until it recovers."""
    api.fail("too_large", above_hours=6)
    windows = [WHOLE_DAY, ("20261120T06", "20261120T12"), ("20261120T06", "20261120T11")]
    assert [get(api, *window).status_code for window in windows] == [400, 400, 200]
    api.recover()
    assert get(api, *WHOLE_DAY).status_code == 200


def test_a_fault_can_be_for_one_hour(api: ExportApi) -> None:
    """It waits for windows that hold its hour, as many as `times`."""
    api.fail("unavailable", covers="20261120T09", times=2)
    windows = [("20261120T10", "20261120T11"), WHOLE_DAY, BUSY_HOUR, BUSY_HOUR]
    assert [get(api, *window).status_code for window in windows] == [200, 503, 503, 200]


def test_a_rate_of_failures_is_the_same_each_time(api: ExportApi) -> None:
    """The failures are drawn with the fault's seed, request by request."""
    runs = []
    for _ in range(2):
        api.fail("unavailable", rate=0.3, seed=1, times=None)
        runs.append([get(api, *BUSY_HOUR).status_code for _ in range(20)])
        api.recover()
    assert runs[0] == runs[1]
    assert 1 <= runs[0].count(503) <= 12


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("reset", "Connection reset by peer"),
        ("short", "IncompleteRead"),
        ("stall", "Read timed out"),
        ("hang", "Read timed out"),
        ("redirect", "Exceeded 30 redirects"),
    ],
)
def test_a_fault_of_the_wire_reaches_the_client_as_an_error(
    api: ExportApi, name: str, error: str
) -> None:
    """Each fault has its own error, and the next request is served."""
    api.fail(name, times=31 if name == "redirect" else 1)
    with pytest.raises(requests.RequestException, match=error):
        get(api, *BUSY_HOUR, timeout=0.3)
    assert get(api, *BUSY_HOUR).status_code == 200


def test_a_reset_comes_after_some_of_the_body(api: ExportApi) -> None:
    """The head and the first bytes arrive."""
    api.fail("reset", after=500)
    answer = get(api, *BUSY_HOUR, stream=True)
    assert len(answer.raw.read(500)) == 500
    with pytest.raises(Exception, match="reset"):
        answer.raw.read(500)


def test_a_cut_without_length_looks_whole_until_the_zip_is_opened(api: ExportApi) -> None:
    """The response has no transport error and no Content-Length, but the zip has no directory."""
    api.fail("cut")
    answer = get(api, *BUSY_HOUR)
    assert "Content-Length" not in answer.headers
    assert len(answer.content) == 1000
    assert not zipfile.is_zipfile(io.BytesIO(answer.content))


def test_a_damaged_zip_opens_but_its_member_does_not(api: ExportApi) -> None:
    """The length is right and the checksum is wrong."""
    good = get(api, *BUSY_HOUR).content
    api.fail("damaged_zip")
    damaged = get(api, *BUSY_HOUR).content
    assert len(damaged) == len(good)
    with zipfile.ZipFile(io.BytesIO(damaged)) as archive:
        assert archive.testzip() is not None


def test_a_drip_sends_a_byte_at_a_time(api: ExportApi) -> None:
    """It is slow and never silent: no read timeout ends it, though it takes longer than that."""
    good = get(api, *BUSY_HOUR).content
    api.fail("drip", seconds=0.05)
    began = time.monotonic()
    answer = get(api, *BUSY_HOUR, stream=True, timeout=2)
    assert int(answer.headers["Content-Length"]) == len(good) > 5000
    # How many bytes a read finds is the kernel's affair.
    assert answer.raw.read(60) == good[:60]
    assert time.monotonic() - began >= 60 * 0.05
    answer.close()


def test_a_redirect_can_lead_elsewhere(api: ExportApi) -> None:
    """The Location is the test's; following it is up to the client."""
    api.fail("redirect", headers={"Location": "http://127.0.0.1:9/elsewhere"})
    answer = get(api, *BUSY_HOUR, allow_redirects=False)
    assert (answer.status_code, answer.headers["Location"]) == (302, "http://127.0.0.1:9/elsewhere")


def test_faults_come_by_http_as_well(api: ExportApi) -> None:
    """POST queues a fault, DELETE removes it, and an unknown one is refused."""
    faults = f"{api.url}/faults"
    fault = {"name": "gateway_timeout", "times": None, "above_hours": 2}
    assert requests.post(faults, json=fault, timeout=5).status_code == 204
    assert get(api, *WHOLE_DAY).status_code == 504
    assert requests.delete(faults, timeout=5).status_code == 204
    assert get(api, *WHOLE_DAY).status_code == 200
    assert requests.post(faults, json={"name": "flood"}, timeout=5).status_code == 400


def test_the_most_requests_at_once_are_counted() -> None:
    """Requests one after another are one at once; three that are held and one more are four."""
    with ExportApi(events_per_day=2000, now=datetime(2026, 11, 21, 2, tzinfo=UTC)) as api:
        api.fail("short")
        with pytest.raises(requests.RequestException):
            get(api, *WHOLE_DAY)
        for _ in range(5):
            get(api, *WHOLE_DAY)
        assert api.most_at_once == 1
        api.fail("stall", times=3, after=4)
        # Each is held once its head is here; all are let go when the stand-in ends.
        held = [get(api, *BUSY_HOUR, stream=True) for _ in range(3)]
        assert get(api, *BUSY_HOUR).status_code == 200
        assert api.most_at_once == 4
        counts = requests.get(f"{api.url}/requests", timeout=5).json()
    assert counts == {"requests": 10, "failed": 4, "most_at_once": 4}
    assert [answer.raw.read(4) for answer in held] == [b"PK\x03\x04"] * 3
    for answer in held:
        with pytest.raises(ProtocolError):
            answer.raw.read()


def test_a_refused_request_is_counted_and_did_not_fail() -> None:
    """`failed` counts requests that met a fault; requests for the counts are not counted."""
    with ExportApi(events_per_day=2000) as api:
        assert get(api, "20261120T05", "20261120T04").status_code == 400
        assert requests.get(f"{api.url}/elsewhere", timeout=5).status_code == 404
        for _ in range(2):
            counts = requests.get(f"{api.url}/requests", timeout=5).json()
            assert counts == {"requests": 1, "failed": 0, "most_at_once": 1}
