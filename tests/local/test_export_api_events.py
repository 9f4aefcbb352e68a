"""The generated days look like real exports, with their oddities and without real persons."""

from __future__ import annotations

import gzip
import json
import re
import zipfile
from collections import Counter
from datetime import date
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import pytest

from local.export_api.generator import generate_day, generate_hour

SAMPLE = Path(__file__).parents[2] / "local/samples/export_20260924T00_20260924T23.zip"
DAY = date(2026, 11, 20)
DAY_BEFORE = date(2026, 11, 19)
EVENTS = 2000


def lines(day: date) -> list[str]:
    files = (gzip.decompress(member.data) for member in generate_day(day, EVENTS))
    return [line for file in files for line in file.decode("ascii").splitlines()]


@pytest.fixture(scope="module")
def text() -> list[str]:
    return lines(DAY)


@pytest.fixture(scope="module")
def events(text: list[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text]


@pytest.mark.parametrize(
    ("day", "share"),
    [(date(2026, 11, 20), 1), (date(2026, 11, 21), 0.55)],
    ids=["friday", "saturday"],
)
def test_a_day_has_about_the_requested_number_of_events(day: date, share: float) -> None:
    """A day has within a fifth of the number, in 15 to 21 hours, none between 02:00 and 04:59."""
    hours: Counter[int] = Counter()
    for member in generate_day(day, EVENTS):
        hours[int(member.name.split("_")[-1].split("#")[0])] += member.events
    assert hours.total() == pytest.approx(EVENTS * share, rel=0.2)
    assert 15 <= len(hours) <= 21
    assert not hours.keys() & {2, 3, 4}


def test_a_busy_hour_comes_in_several_parts() -> None:
    """Parts are numbered from 0 and hold 400 events except the last."""
    parts = list(generate_hour(DAY, 9, 10_000))
    assert [m.name.partition("#")[2] for m in parts] == ["0.json.gz", "1.json.gz", "2.json.gz"]
    assert {m.events for m in parts[:-1]} == {400}


def test_events_have_the_keys_of_the_sample_in_alphabetical_order(events: list[Any]) -> None:
    """Every event has the same keys, and no others."""
    with zipfile.ZipFile(SAMPLE) as archive:
        member = archive.read("123456/123456_2026-09-24_2#0.json.gz")
    sample = json.loads(gzip.decompress(member).splitlines()[0])
    assert {tuple(event) for event in events} == {tuple(sample)}


def test_rows_are_uploaded_within_their_members_hour_but_in_no_order() -> None:
    """The hour in the name is the hour of server_upload_time, never of event_time."""
    for member in generate_day(DAY, EVENTS):
        hour = int(member.name.split("_")[-1].split("#")[0])
        rows = [json.loads(line) for line in gzip.decompress(member.data).splitlines()]
        uploads = [row["server_upload_time"] for row in rows]
        assert {upload[:14] for upload in uploads} == {f"2026-11-20 {hour:02}:"}
        assert len(uploads) < 10 or uploads != sorted(uploads)


def test_a_uuid_comes_twice_only_with_the_very_same_row(events: list[Any]) -> None:
    """Some rows are repeated exactly, and some events are sent again with the same $insert_id."""
    rows_by_uuid: dict[str, set[str]] = {}
    for event in events:
        rows_by_uuid.setdefault(event["uuid"], set()).add(json.dumps(event))
    assert len(rows_by_uuid) < len(events)
    assert {len(same) for same in rows_by_uuid.values()} == {1}
    assert len({event["$insert_id"] for event in events}) < len(rows_by_uuid)


def test_a_session_end_is_uploaded_by_the_next_visit(events: list[Any]) -> None:
    """It can be months late; its place and browser are those of the visit that uploads it."""
    ends = [event for event in events if event["event_type"] == "session_end"]
    assert min(end["event_time"] for end in ends) < "2026-06"
    starts = {
        (event["device_id"], event["server_upload_time"]): event
        for event in events
        if event["event_type"] == "session_start"
    }
    for end in ends:
        start = starts[end["device_id"], end["server_upload_time"]]
        assert end["session_id"] < start["session_id"]
        for key in ("ip_address", "city", "os_name", "os_version"):
            assert end[key] == start[key]


def test_a_session_end_closes_a_session_that_was_exported_before(events: list[Any]) -> None:
    """Yesterday's sessions are in yesterday's export, and end with their last event."""
    last: dict[tuple[str, int], str] = {}
    for event in map(json.loads, lines(DAY_BEFORE)):
        if event["event_type"] != "session_end":
            session = event["device_id"], event["session_id"]
            last[session] = max(last.get(session, ""), event["event_time"])
    closed = {
        (event["device_id"], event["session_id"]): event["event_time"]
        for event in events
        if event["event_type"] == "session_end" and event["event_time"].startswith("2026-11-19")
    }
    assert len(closed) > 3
    assert {session: last[session] for session in closed} == closed


@pytest.mark.parametrize(
    "oddity",
    [
        r'"session_id":-1,',
        r'"initial_utm_medium":"EMPTY"',
        r'"\[Amplitude\] Element Hierarchy":\[\{"prevSib"',
        r"rounded-full \\n   ",
        r"\\u00a3top-0",
        r"\\ud83d\\ude80",
        r'"City":"\w+","city":"\w+","form\.fields\[0\]\.value"',
        r'"user_id":"[^"]+@example\.co\.uk"',
        r"\?mc_u=[^\"]+@example\.co\.uk",
        r'"\[Amplitude\] Element Text":"Close menu"',
    ],
)
def test_the_oddities_of_real_exports_are_there(text: list[str], oddity: str) -> None:
    """Each of them is in the raw, ASCII-only text of a day."""
    assert any(re.search(oddity, line) for line in text)


def test_no_address_and_no_host_can_be_a_real_one(text: list[str], events: list[Any]) -> None:
    """Addresses are from the documentation ranges, hosts under example.*."""
    allowed = [
        ip_network(n)
        for n in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32")
    ]
    addresses = {ip_address(event["ip_address"]) for event in events if event["ip_address"]}
    assert all(any(address in network for network in allowed) for address in addresses)
    hosts = set(re.findall(r"https?://([^/\"]+)", "".join(text)))
    assert all(re.fullmatch(r"(\w+\.)?example\.(com|net|org|co\.uk)", host) for host in hosts)


def test_rage_clicks_come_in_bursts(events: list[Any]) -> None:
    """Four or more clicks of one session on one element come within two seconds."""
    clicks: Counter[tuple[int, str]] = Counter()
    for event in events:
        if event["event_properties"].get("[Amplitude] Element Tag") in ("button", "svg"):
            clicks[event["session_id"], event["event_time"][:18]] += 1
    assert max(clicks.values()) >= 4
