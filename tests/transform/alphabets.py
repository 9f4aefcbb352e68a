"""The values of generated worlds: few, and near the limits, so that they often coincide.

Properties have Amplitude's names; `...` stands for a missing key.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from ipaddress import ip_address
from typing import Any

from tests.transform.reference.network import Network

Values = dict[str, Any]

DAYS = tuple(date(2026, 9, 22) + timedelta(days=number) for number in range(4))

# Starts of visits, by the device's clock: around midnight, the same one twice, and years off.
STARTS = (
    datetime(2026, 9, 21, 23, 59, 58, 500_000),
    datetime(2026, 9, 22, 9),
    datetime(2026, 9, 22, 9),
    datetime(2026, 9, 22, 9, 0, 1),
    datetime(2026, 9, 22, 23, 59, 59, 999_999),
    datetime(2026, 9, 23),
    datetime(2026, 9, 23, 12, 30, 0, 1),
    datetime(1969, 12, 31, 23, 59, 59, 500_000),
    datetime(1970, 1, 1),
    datetime(2019, 3, 1),
    datetime(2031, 1, 1),
)
DEVICES = ("a", "a", "a", "b", "b", "c", "device, with 'quotes\"/ and a slash", None)
SESSIONS = (1, 1, 1, 2, 2, 3, 3, 4, 5, 1_790_000_000_001, "1", -1, "-1", 0, None)
USERS = (
    *(None, None, None, "ann@acme.example", "bob", "Cy@Gmail.com", "di@Mail.Acme.Example"),
    *("no@mail", "two@@acme.example", "spa ce@acme.example", "EMPTY", 42),
)

_HOST = "https://www.example.com"
PAGES: tuple[Values, ...] = (
    {"Page URL": f"{_HOST}/", "Page Path": "/", "Page Title": "Home"},
    {"Page URL": _HOST},
    {"Page URL": f"{_HOST}?q=/a", "Page Title": "Found"},
    {"Page Path": "/a"},
    {"Page URL": f"{_HOST}/a", "Page Title": "A"},
    {"Page URL": f"{_HOST}/a?x=1#/b", "Page Title": "A"},
    {"Page URL": f"{_HOST}/a/", "Page Location": f"{_HOST}/b"},
    {"Page URL": "about:blank", "Page Location": f"{_HOST}/b#c?d"},
    {"Page Location": "http://other.example.org:8080/b?utm_source=x"},
    {"Page URL": f"{_HOST}/b", "Page Path": "EMPTY"},
    {"Page URL": "EMPTY", "Page Location": f"{_HOST}/caf%C3%A9 ☕ > b"},
    {"Page URL": 5},
    {"Page Title": "Nowhere"},
)
ARRIVALS: tuple[Values, ...] = (
    {},
    {"referring_domain": "www.google.com"},
    {"referring_domain": "EMPTY", "utm_source": "mail"},
)

OPENING: tuple[Values, ...] = (
    {"Element Tag": "button", "Element Text": "Open main menu"},
    {"Element Tag": "button", "Element Text": " Open Menu "},
    {"Element Tag": "button", "Element Text": "  ", "Element Aria Label": "MENU"},
)
CLOSING: tuple[Values, ...] = (
    {"Element Tag": "button", "Element Text": "Close main menu"},
    {"Element Tag": "svg", "Element Aria Label": "close menu "},
)
_LINKS = (
    *(_HOST, f"{_HOST}/", f"{_HOST}/a", f"{_HOST}/a/?x=2", f"{_HOST}/a#top", f"{_HOST}/b"),
    *("http://other.example.org:8080/b", "http://www.example.com/a", "https://example.com/a"),
    *("/", "/a", "/a/", "/a?x=2", "/a#top", "/b", "#top", "a", "?x=2"),
    *("mailto:a@example.com", "javascript:void(0)", "EMPTY"),
)
ELEMENTS: tuple[Values, ...] = (
    {"Element Tag": "button", "Element ID": "buy", "Element Text": "Buy"},
    {"Element Tag": "button", "Element ID": "buy", "Element Text": "Buy "},
    {"Element Tag": "button", "Element ID": "EMPTY", "Element Text": "Buy"},
    {"Element Tag": "button", "Element Text": "Buy", "Element Aria Label": "Buy now"},
    {"Element Tag": "div", "Element Text": 7},
    {},
    *OPENING,
    *CLOSING,
    *({"Element Tag": "a", "Element Text": "Go", "Element Href": href} for href in _LINKS),
)

# Microseconds from one event to the next.
GAPS = (0, 0, 1, 500, 999_999, 1_000_000, 9_999_999, 10_000_000, 10_000_001, 1_800_000_000)
# Gaps within a burst of clicks, around a rage click's one second and a run's ten seconds.
BURSTS = (
    (0, 0),
    (0, 0, 0),
    (333_000, 333_000, 333_000),
    (333_333, 333_333, 333_333),
    (333_000, 333_000, 334_000),
    (334_000, 333_000, 334_000),
    (900_000, 100_000, 100_000, 100_000),
    (10_000_000, 9_999_999),
    (10_000_000, 10_000_001, 0),
)
# Left and top of a burst's clicks; a longer burst starts again with the first.
PLACES: tuple[tuple[tuple[Any, Any], ...], ...] = (
    ((0, 0),),
    ((100, 0), (150, 0), (100, 50)),
    ((0, 0), (51, 0)),
    ((0, -25), (0, 25.5)),
    (("7", 0), (56.5, None), ("57.0", 0)),
    ((None, "51.5"), (None, 0), (None, "1")),
    (("left", True), (900, "EMPTY"), (900, 900)),
)

HOMES: tuple[Values, ...] = (
    {"ip_address": "203.0.113.127", "country": "Germany", "city": "Berlin", "platform": "Web"},
    {"ip_address": "203.0.113.128", "country": "Germany", "city": "Berlin", "platform": "iOS"},
    {"ip_address": "::ffff:203.0.113.0", "country": "Germany", "language": "German"},
    {"ip_address": "198.51.100.255", "country": "Japan", "region": "Tokyo", "platform": "Web"},
    {"ip_address": "198.51.101.0", "country": "Japan", "region": "Osaka"},
    {"ip_address": "192.0.2.0", "os_name": "Chrome", "os_version": "140", "dma": "Nowhere, CT"},
    {"ip_address": "2001:db8:0:1::5", "country": "EMPTY", "platform": "Web"},
    {"ip_address": "2001:DB8:0:1:FFFF:0:0:6", "country": "France", "device_family": "Mac"},
    {"ip_address": "2001:db8:0:2::", "device_type": "Mac", "language": "EMPTY"},
    {"ip_address": "2001:db8:0:4::", "country": "France", "platform": "Web"},
    {"ip_address": "3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "country": "Chile"},
    # Its first 64 bits have the same value as 203.0.113.1, which is Acme's.
    {"ip_address": "0:0:cb00:7101::", "country": "Chile"},
    {"ip_address": "fe80::1", "country": "Chile", "region": "EMPTY", "city": 5},
    {"ip_address": "::1", "platform": True},
    {"ip_address": "300.1.2.3", "library": "http/2.0"},
    {"ip_address": "203.0.113", "version_name": "1.0"},
    {"ip_address": "2001:db8:::1"},
    {"ip_address": "EMPTY"},
    {},
)


def _network(first: str, last: str, asn: int, name: str) -> Network:
    bits = 64 if ":" in first else 0
    return int(ip_address(first)) >> bits, int(ip_address(last)) >> bits, asn, name


# Names in which the word of a class is a word of its own, part of another word, or there twice.
NETWORKS = (
    _network("203.0.113.0", "203.0.113.127", 64500, "Acme Ltd"),
    _network("203.0.113.128", "203.0.113.255", 64501, "FIBRE-Net (Data.Center)"),
    _network("198.51.100.0", "198.51.100.255", 3320, "Acme by another name"),
    _network("192.0.2.0", "192.0.2.0", 64502, "Ghosthosting Cablewise"),
    _network("2001:db8:0:1::", "2001:db8:0:1::", 64503, "UNIVERSITY,of Nowhere"),
    _network("2001:db8:0:2::", "2001:db8:0:3::", 64504, "vpn/Relay"),
    _network("3fff:ffff:ffff:ffff::", "3fff:ffff:ffff:ffff::", 64500, "Acme Ltd"),
)

# Values that replace those of single events.
CORRUPTIONS: tuple[Values, ...] = (
    *({"event_time": value} for value in (None, ..., "not a time", 1_790_000_000, "EMPTY")),
    *({"event_time": f"2026-{rest}"} for rest in ("02-30 09:00:00", "09-22T09:00:00")),
    *({"event_time": f"2026-09-22 {rest}"} for rest in ("09:00:00Z", "09:00:00.1234567")),
    *({"event_time": f"2026-09-22 {rest}"} for rest in ("09:00:00", "09:00:00.5", "23:59:59.999")),
    {"event_time": None, "server_upload_time": "2026-09-20 00:00:00"},
    {"event_time": "EMPTY", "server_upload_time": "2026-09-20 00:00:00.000000"},
    {"event_time": None, "server_upload_time": None},
    *({"session_id": value} for value in ("abc", "EMPTY", 1.5, True, "", ..., "2.0x")),
    *({"device_id": value} for value in (None, "EMPTY", ..., 7)),
    *({"user_id": value} for value in (None, "bob", "eve@acme.example", 42)),
    *({"uuid": value} for value in (None, "EMPTY", ...)),
    *({"event_type": value} for value in (None, "EMPTY", ..., 7)),
    *({"$insert_id": value} for value in (None, "EMPTY", "the same", "the same")),
    *({"event_id": value} for value in (None, "x", 5, 5, "5", ...)),
    *({"server_upload_time": value} for value in (None, "later", "2026-09-22 00:00:00")),
    {"amplitude_id": "12x", "client_event_time": "yesterday", "client_upload_time": 3},
    *({"event_properties": value} for value in (None, ..., "none", [])),
    *({"user_properties": value} for value in (..., 1, {"initial_utm_source": "EMPTY"})),
    {"user_properties": {"initial_referring_domain": "a.example", "initial_utm_medium": 1}},
)
# Changes to a row that is sent again: none, another id, another device, or another time.
REPEATS: tuple[Values, ...] = (
    {},
    {"uuid": "another"},
    {"$insert_id": "another"},
    {"$insert_id": "another"},
    {"uuid": "one more", "$insert_id": "another"},
    {"device_id": "b"},
    {"user_id": "bob", "server_upload_time": "2026-09-21 23:00:00.000000"},
    {"server_upload_time": None},
    {"event_time": "2026-09-22 09:00:00.250000"},
)
