"""Shapes of events in real exports come through silver and gold, with dbt's own tests green."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, NamedTuple

import pytest

from tests.transform.warehouse import Chain

DAY = date(2026, 5, 1)
KEY = "python-import/events_2026-05-01_09_0.json"
VIEW, CLICK = "[Amplitude] Page Viewed", "[Amplitude] Element Clicked"
BIG = 1e308


class Shape(NamedTuple):
    """Changes to an event of a server, and the values of base_events that follow from them."""

    changes: dict[str, Any]
    columns: dict[str, Any]
    bad: str | None = None


def at(hour: int, minute: int = 0, second: int = 0, micros: int = 0) -> datetime:
    return datetime(DAY.year, DAY.month, DAY.day, hour, minute, second, micros)


def event(number: int, changes: dict[str, Any]) -> dict[str, Any]:
    """Return an event that a server sent through a customer data platform, outside of sessions."""
    return {
        "$insert_id": f"order-paid-{number}",
        "$schema": 13,
        "amplitude_id": 900_100_200_300,
        "app": 123456,
        "data": {"group_ids": {}, "path": "/batch"},
        "device_id": f"derived-{number}",
        "event_id": 500 + number,
        "event_properties": {},
        "event_time": f"{DAY} 09:{number:02}:00.250000",
        "event_type": "Order Paid",
        "global_user_properties": None,
        "groups": {"team": ["red", "blue"]},
        "library": "segment",
        "paying": None,
        "plan": {},
        "processed_time": f"{DAY} 11:00:01.000001",
        "server_upload_time": f"{DAY} 11:00:00.500000",
        "session_id": -1,
        "user_id": f"customer-{number}",
        "user_properties": {},
        "uuid": f"real-{number}",
        **changes,
    }


def viewed(**properties: Any) -> dict[str, Any]:
    return {"event_type": VIEW, "session_id": 1_777_626_000_000, "event_properties": properties}


def clicked(**properties: Any) -> dict[str, Any]:
    names = {f"[Amplitude] Element {name}": value for name, value in properties.items()}
    return viewed(**names) | {"event_type": CLICK}


SHAPES = {
    "a server's event": Shape({}, {"session_id": -1, "library": "segment"}),
    "ids as text": Shape(
        {"amplitude_id": "900100200301", "session_id": "1777626000000", "event_id": "12"},
        {"amplitude_id": 900_100_200_301, "session_id": 1_777_626_000_000, "event_id": 12},
    ),
    "an id longer than a number can be": Shape(
        {"amplitude_id": 10**40}, {"amplitude_id": None}, "amplitude_id"
    ),
    "a session with a fraction": Shape(
        {"session_id": 1_777_626_000_000.5}, {"session_id": None}, "session_id"
    ),
    "no uuid": Shape({"uuid": None}, {"uuid": f"{KEY}#5"}, "uuid"),
    "no insert id": Shape({"$insert_id": None}, {"insert_id": None}),
    "a time without a fraction": Shape(
        {"event_time": f"{DAY} 09:30:15"}, {"event_time": at(9, 30, 15)}
    ),
    "a time with milliseconds": Shape(
        {"event_time": f"{DAY} 09:30:15.125"}, {"event_time": at(9, 30, 15, 125_000)}
    ),
    "a time as ISO 8601": Shape(
        {"event_time": f"{DAY}T09:30:15.125Z"}, {"event_time": None}, "event_time"
    ),
    "the first year": Shape(
        {"event_time": "0001-01-01 00:00:00.000000"}, {"event_time": datetime(1, 1, 1)}
    ),
    "the last year": Shape(
        {"event_time": "9999-12-31 23:59:59.999999"},
        {"event_time": datetime(9999, 12, 31, 23, 59, 59, 999_999)},
    ),
    "properties of the user as a list": Shape(
        {"user_properties": ["a", "b"]}, {"initial_utm_source": None}
    ),
    "a nested property of the user": Shape({"user_properties": {"cart": {"items": [{}]}}}, {}),
    "properties without a value": Shape({"event_properties": "EMPTY"}, {}),
    "no properties": Shape({"event_properties": None, "user_properties": None}, {}),
    "an identify call": Shape({"event_type": "$identify"}, {"event_type": "$identify"}),
    "NUL in a type": Shape({"event_type": "cut\0off"}, {}),
    "NUL in a property": Shape(viewed(**{"[Amplitude] Page Path": "/cut\0off"}), {}),
    "an IPv6 address with a zone": Shape(
        {"ip_address": "fe80::2%en0"}, {"ip_address": "fe80::2%en0"}
    ),
    "two addresses": Shape(
        {"ip_address": "10.1.2.3, 198.51.100.7"}, {"ip_address": "10.1.2.3, 198.51.100.7"}
    ),
    "places beyond ASCII": Shape(
        {"country": "Åland", "city": "서울 \U0001f3ef"},
        {"country": "Åland", "city": "서울 \U0001f3ef"},
    ),
    "a long address of a page": Shape(
        viewed(**{"[Amplitude] Page URL": "https://shop.example.com/?q=" + "y" * 8000}), {}
    ),
    "a click outside of any screen": Shape(
        clicked(**{"Position Left": BIG, "Position Top": "-0", "Text": "Pay"}), {}
    ),
    "a click with the page's elements": Shape(
        clicked(Hierarchy=[{"tag": "a", "classes": ["one\ntwo"]}], Tag="a"), {}
    ),
}


@pytest.fixture(scope="module")
def built(chain: Chain) -> Chain:
    """Build all tables, and run all tests of dbt, from one event of each shape."""
    shapes = enumerate(SHAPES.values(), 1)
    chain.hold({DAY: [(KEY, number, event(number, shape.changes)) for number, shape in shapes]})
    chain.run("--full-refresh")
    return chain


def test_each_shape_is_an_event_of_gold(built: Chain) -> None:
    (count,) = built.rows("select count(*) as n from gold.fct_events")
    assert count["n"] == len(SHAPES)


@pytest.mark.parametrize("name", SHAPES)
def test_a_value_that_has_no_type_is_null_and_named(built: Chain, name: str) -> None:
    """All other values are typed."""
    row = list(SHAPES).index(name) + 1
    (found,) = built.rows("select * from silver.base_events where source_row = %s", row)
    shape = SHAPES[name]
    assert {column: found[column] for column in shape.columns} == shape.columns
    assert found["bad_fields"] == shape.bad
