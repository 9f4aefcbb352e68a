"""Responses of the Export API, row by row, from the request to the table.

Faults of the wire, the host and the certificate are in test_connection.py.
"""

from __future__ import annotations

import zipfile
import zlib
from dataclasses import dataclass
from typing import Any

import pytest
from amplitude_export.errors import (
    AmplitudeUnavailable,
    DownloadDamaged,
    ExportRefused,
    HourTooLarge,
    NotAmplitude,
    NotAnArchive,
)

from tests.faults.matrix import ARCHIVE, KEPT, Row, Stage

EMPTY_DAY = ("loaded", "manifest.json")
HALVES = (
    "export_20260924T00_20260924T11.zip",
    "export_20260924T12_20260924T23.zip",
    "loaded",
    "manifest.json",
)
# A fault of the network or a gateway is retried, and raised when it occurs the third time.
ONCE = {"times": 1}
ALWAYS = {"times": None}


@dataclass(frozen=True, kw_only=True)
class Answer(Row):
    """A fault of the Export API by name and fields, and the statuses of all requests."""

    name: str = "status"
    fields: dict[str, Any]
    statuses: tuple[int, ...]


def refused(
    status: int, body: str, /, *message: str, name: str = "status", **fields: Any
) -> Answer:
    """Expect one request, and no file on the volume."""
    fields = ALWAYS | {"status": status, "body": body} | fields
    return Answer(
        name=name, fields=fields, error=ExportRefused, message=message, statuses=(status,)
    )


def passes(
    name: str, status: int, /, *message: str, files: tuple[str, ...] = (), **fields: Any
) -> Answer:
    """Expect one fault, and another request inside the task."""
    kept = tuple(sorted(KEPT + files))
    return Answer(
        name=name, fields=ONCE | fields, message=message, statuses=(status, 200), files=kept
    )


def lasts(
    name: str, status: int, error: Any, /, *message: str, files: tuple[str, ...] = (), **fields: Any
) -> Answer:
    """Expect three faults, and a retry by Airflow."""
    return Answer(
        name=name,
        fields=ALWAYS | fields,
        error=error,
        message=message,
        statuses=(status,) * 3,
        files=files,
    )


ROWS: dict[str, Answer] = {
    "400 too large": Answer(
        name="too_large", fields={"above_hours": 12}, statuses=(400, 200, 200), files=HALVES
    ),
    "400 too large for one hour": Answer(
        name="too_large",
        fields={},
        error=HourTooLarge,
        message=("2026-09-24 00–00", "One hour is the smallest", "export to S3"),
        statuses=(400,) * 5,
    ),
    "400 bad parameters": refused(400, "no such range", "returned 400", "no such range"),
    "400 over 365 days": refused(400, "range exceeds 365 days", "exceeds 365 days"),
    "401": refused(401, "who?", "returned 401", "check login", "amplitude_default"),
    "403": refused(403, "no", "returned 403", "https://analytics.eu.amplitude.com", "plan"),
    "407": refused(
        407, "log in", "The proxy between", "returned 407", "HTTPS_PROXY", "amplitude_def"
    ),
    "501": refused(501, "what?", "returned 501", "what?", "any proxy in between"),
    "404 for every hour": Answer(
        name="no_events",
        fields=ALWAYS,
        message=("2026-09-24 is loaded as empty", "2026-09-24 00–23 has no events at Amplitude"),
        statuses=(404, 404),
        files=EMPTY_DAY,
        events={},
    ),
    "404 that passes": passes("no_events", 404, "requesting them once more"),
    "404 of a gateway": passes("not_found", 404, "Amplitude's own 404 has other words"),
    "404 of a gateway for good": lasts(
        "not_found", 404, NotAmplitude, "nginx", "host of the connection", "gateway"
    ),
    "404 of another path": lasts(
        "status", 404, NotAmplitude, "no such path", status=404, body='{"error": "no such path"}'
    ),
    "404 without a body": lasts("status", 404, NotAmplitude, status=404, body=""),
    "429 with Retry-After": passes("status", 429, status=429, headers={"Retry-After": "1"}),
    "429 without it": passes("status", 429, status=429),
    "500": passes("status", 500, status=500),
    "502": passes("status", 502, status=502),
    "503": passes("unavailable", 503),
    "503 for good": lasts("unavailable", 503, AmplitudeUnavailable, "returned 503"),
    "504": Answer(
        name="gateway_timeout",
        fields=ALWAYS | {"above_hours": 12},
        statuses=(504, 200, 200),
        files=HALVES,
    ),
    "HTML with 200": passes("html", 200, "Just a moment"),
    "HTML with 200 for good": lasts("html", 200, NotAnArchive, "Just a moment", "login page"),
    "JSON with 200": passes("json", 200, "odd"),
    "JSON with 200 for good": lasts("json", 200, NotAnArchive, '{"error": "odd"}', "proxy"),
    "damaged zip": passes("damaged_zip", 200, "is damaged", files=(f"{ARCHIVE}.damaged",)),
    "damaged zip for good": lasts(
        "damaged_zip", 200, DownloadDamaged, "is damaged", files=(f"{ARCHIVE}.damaged",)
    ),
    "empty zip": passes("empty_zip", 200, "requesting them once more"),
    "redirect loop": refused(302, "", "points to", "host of the connection", name="redirect"),
}


@pytest.mark.parametrize("fault", ROWS)
def test_the_day_is_loaded_or_its_error_gives_advice(stage: Stage, fault: str) -> None:
    """Error, message, requests, table and volume match the row; a fault that passes loads."""
    row = ROWS[fault]
    stage.api.fail(row.name, **row.fields)
    error = stage.require(row)
    assert stage.statuses == list(row.statuses)
    stage.require_retry(error)


def test_each_kind_of_trouble_has_its_own_tries(stage: Stage) -> None:
    """Two of each kind, in any order, are no third of one: the day is loaded in the same try."""
    for name in ("unavailable", "html", "unavailable", "damaged_zip", "not_found", "html"):
        stage.api.fail(name)
    assert stage.run() is None
    assert stage.statuses == [503, 200, 503, 200, 404, 200, 200]
    stage.require_loaded({2: 10, 14: 9})


def test_an_archive_is_complete(stage: Stage) -> None:
    """Its members are intact; the record of export has its size, checksum and time."""
    assert stage.run(until="export") is None
    (archive,) = stage.day.result("export_0")["archives"]
    (path,) = stage.day.volume.rglob("*.zip")
    assert (path.name, path.stat().st_size) == (archive["file"], archive["bytes"])
    assert (zlib.crc32(path.read_bytes()), "2026-11-21T02:00:00Z") == (
        archive["crc32"],
        archive["exported_at"],
    )
    with zipfile.ZipFile(path) as found:
        assert found.testzip() is None
        assert len(found.namelist()) == 3
