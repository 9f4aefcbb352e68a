"""The Export API's stand-in serves the sample, generated days and the documented refusals."""

from __future__ import annotations

import gzip
import io
import json
import re
import signal
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import requests

from local.export_api import API_KEY, APP, DEFAULT, SECRET_KEY, ExportApi

pytestmark = pytest.mark.enable_socket

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "local/samples/export_20260924T00_20260924T23.zip"
DAY = date(2026, 11, 20)
NOW = datetime(2026, 11, 21, 2, tzinfo=UTC)
EVENTS = 2000
WHOLE_DAY = ("20261120T00", "20261120T23")
BUSY_HOUR = ("20261120T09", "20261120T09")


@pytest.fixture(scope="module")
def serving() -> Iterator[ExportApi]:
    with ExportApi(events_per_day=EVENTS, now=NOW) as api:
        yield api


@pytest.fixture
def api(serving: ExportApi) -> Iterator[ExportApi]:
    yield serving
    serving.now = NOW


def get(api: ExportApi, start: str, end: str, **options: Any) -> requests.Response:
    options = {"auth": (API_KEY, SECRET_KEY), "timeout": 5} | options
    query = {"start": start, "end": end}
    return requests.get(f"{api.url}/api/2/export", params=query, **options)


def members(body: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def rows(member: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in gzip.decompress(member).splitlines()]


# --- what it serves


def test_the_sample_day_is_served_byte_for_byte(api: ExportApi) -> None:
    """The members of 2026-09-24 are those of the archive in local/samples."""
    answer = get(api, "20260924T00", "20260924T23")
    assert answer.headers["Content-Type"] == "application/zip"
    assert int(answer.headers["Content-Length"]) == len(answer.content)
    assert members(answer.content) == members(SAMPLE.read_bytes())


def test_part_of_the_sample_day_holds_only_its_hours(api: ExportApi) -> None:
    """Both ends of a window are inclusive."""
    names = list(members(get(api, "20260924T03", "20260924T14").content))
    assert names == [f"123456/123456_2026-09-24_14#{part}.json.gz" for part in (0, 1)]


def test_an_hour_has_the_same_bytes_alone_or_in_its_day_from_any_server(api: ExportApi) -> None:
    """The hours of a fresh server add up to the day, byte for byte."""
    day = members(get(api, *WHOLE_DAY).content)
    found: dict[str, bytes] = {}
    with ExportApi(events_per_day=EVENTS, now=NOW) as other:
        for hour in reversed(range(24)):
            answer = get(other, f"20261120T{hour:02}", f"20261120T{hour:02}")
            found |= members(answer.content) if answer.ok else {}
    assert found == day


def test_the_export_matches_the_expected_uuids_and_events(api: ExportApi) -> None:
    """expected_uuids and expected_events agree with the zip, hour by hour, repeats included."""
    found: dict[int, list[str]] = {}
    for name, data in members(get(api, *WHOLE_DAY).content).items():
        match = re.fullmatch(r"123456/123456_2026-11-20_(\d+)#\d+\.json\.gz", name)
        hour = int(match[1]) if match else -1
        found.setdefault(hour, []).extend(row["uuid"] for row in rows(data))
    assert found == api.expected_uuids(DAY)
    assert {hour: len(uuids) for hour, uuids in found.items()} == api.expected_events(DAY)


def test_each_pair_of_keys_opens_its_own_project(api: ExportApi) -> None:
    """Number, events, devices and volume are the project's own; so is the day of the sample."""
    found: dict[str, dict[str, set[Any]]] = {}
    for project in (DEFAULT, APP):
        auth = (project.api_key, project.secret_key)
        answer = members(get(api, *WHOLE_DAY, auth=auth).content)
        events = [row for data in answer.values() for row in rows(data)]
        number = project.number
        assert all(re.match(f"{number}/{number}_2026-11-20_", name) for name in answer)
        assert {event["app"] for event in events} == {number}
        expected = api.expected_uuids(DAY, project)
        assert len(events) == sum(map(len, expected.values()))
        found[project.name] = {
            key: {event[key] for event in events}
            for key in ("uuid", "$insert_id", "device_id", "amplitude_id")
        }
    default, app = found.values()
    assert all(default[key].isdisjoint(app[key]) for key in default)
    assert len(app["uuid"]) == pytest.approx(len(default["uuid"]) / 10, rel=0.5)
    sample = get(api, "20260924T00", "20260924T23", auth=(APP.api_key, APP.secret_key))
    assert all(name.startswith(f"{APP.number}/") for name in members(sample.content))


# --- how it refuses


@pytest.mark.parametrize(
    ("query", "excerpt"),
    [
        ({"end": "20261120T00"}, "Missing parameter: start"),
        ({"start": "20261120T00"}, "Missing parameter: end"),
        ({"start": "2026-11-20", "end": "20261120T00"}, "Invalid start"),
        ({"start": "20261120T00", "end": "20261120T24"}, "Invalid end"),
        ({"start": "20261120T01", "end": "20261120T00"}, "before the start"),
        ({"start": "20251120T00", "end": "20261120T00"}, "365 days"),
    ],
)
def test_bad_parameters_are_a_400_that_names_them(
    api: ExportApi, query: dict[str, str], excerpt: str
) -> None:
    """The body names the parameter or the rule."""
    answer = requests.get(f"{api.url}/api/2/export", query, auth=(API_KEY, SECRET_KEY), timeout=5)
    assert (answer.status_code, excerpt in answer.text) == (400, True)


@pytest.mark.parametrize(
    ("auth", "status"),
    [
        (None, 401),
        ((API_KEY, "wrong"), 403),
        ((APP.api_key, "wrong"), 403),
        ((API_KEY, APP.secret_key), 403),
        ((APP.api_key, SECRET_KEY), 403),
    ],
)
def test_only_a_projects_key_pair_opens(api: ExportApi, auth: Any, status: int) -> None:
    """Missing credentials are a 401, wrong or mixed ones a 403, and both are recorded."""
    assert get(api, *WHOLE_DAY, auth=auth).status_code == status
    assert (api.requests[-1].start, api.requests[-1].end, api.requests[-1].status) == (
        *WHOLE_DAY,
        status,
    )


@pytest.mark.parametrize("start", ["20261120T03", "20261121T00", "20300101T00", "20231231T12"])
def test_hours_without_events_are_a_404(api: ExportApi, start: str) -> None:
    """They can be empty, not complete yet, in the future, or before the project began."""
    answer = get(api, start, start)
    assert (answer.status_code, answer.text) == (404, "Raw data files were not found.")


def test_an_hour_appears_three_hours_after_it_began(api: ExportApi) -> None:
    """A window that ends in the lag is served without its incomplete hours."""
    for minute, last in ((59, 8), (60, 9)):
        api.now = datetime(2026, 11, 20, 11 + minute // 60, minute % 60, tzinfo=UTC)
        names = members(get(api, *WHOLE_DAY).content)
        assert max(int(name.split("_")[-1].split("#")[0]) for name in names) == last


def test_other_paths_do_not_exist(api: ExportApi) -> None:
    """Other paths are a 404, and are not recorded as export requests."""
    before = api.requests
    assert requests.get(f"{api.url}/api/2/events", timeout=5).status_code == 404
    assert api.requests == before


# --- as a process


def test_the_command_prints_its_address_and_ends_on_sigterm() -> None:
    """It prints one line, serves a request, and ends without waiting for open connections."""
    command = [sys.executable, "-m", "local.export_api", "--events-per-day", "500"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        said = process.stdout.readline() if process.stdout else ""
        url = re.fullmatch(r"ready (http://127\.0\.0\.1:\d+)\n", said)[1]  # type: ignore[index]
        query = {"start": "20260924T00", "end": "20260924T23"}
        answer = requests.get(
            f"{url}/api/2/export", query, auth=(API_KEY, SECRET_KEY), stream=True, timeout=5
        )
        process.send_signal(signal.SIGTERM)
        assert answer.status_code == 200
        assert process.wait(timeout=2) == -signal.SIGTERM
        assert process.stdout is None or process.stdout.read() == ""


def test_a_day_changes_on_demand() -> None:
    """Its next export has more events, comes in other parts, or has fewer; other days do not."""

    def uuids() -> list[str]:
        body = get(api, *WHOLE_DAY).content
        return [row["uuid"] for member in members(body).values() for row in rows(member)]

    with ExportApi(events_per_day=EVENTS, now=NOW) as api:
        other = get(api, "20261119T00", "20261119T23").content
        before = uuids()
        api.change(DAY, "grow", hour=9)
        grown = uuids()
        assert set(before) < set(grown)
        assert sum(map(len, api.expected_uuids(DAY).values())) == len(grown)
        url, day = f"{api.url}/changes", {"day": f"{DAY}"}
        assert requests.post(url, json={**day, "kind": "repart"}, timeout=5).status_code == 204
        parted = uuids()
        assert parted != grown
        assert sorted(parted) == sorted(grown)
        api.change(DAY, "shrink")
        assert len(uuids()) < len(before) / 5
        assert get(api, "20261119T00", "20261119T23").content == other
        for wrong in ({"kind": "melt"}, {"kind": "grow", "hour": 24}, {"kind": "grow", "day": "x"}):
            assert requests.post(url, json={**day, **wrong}, timeout=5).status_code == 400
