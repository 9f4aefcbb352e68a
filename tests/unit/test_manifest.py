"""Manifests: a day has 24 hours, each from exactly one window."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
from amplitude_export.errors import FileMissing, RecordInvalid
from amplitude_export.manifest import DayManifest, LandedFile, Manifest
from amplitude_export.plan import task as plan_task
from amplitude_export.record import from_record, to_record
from amplitude_export.window import Window, plan_windows
from hypothesis import given
from hypothesis import strategies as st

DAY = date(2026, 9, 24)


def file(hour: int, part: int = 0, events: int = 1) -> LandedFile:
    name = f"1_{DAY}_{hour:02}_{part}.json"
    return LandedFile(
        hour, part, name, f"python-import/{DAY}/{name}", events, events * 10, "AAAAAA=="
    )


def records(day: date, each: int, counts: dict[int, int]) -> list[dict[str, Any]]:
    return [
        to_record(Manifest(w, [file(h, events=counts[h]) for h in w.hours if h in counts]))
        for w in plan_windows(day, each)
    ]


@given(st.integers(1, 24), st.dictionaries(st.integers(0, 23), st.integers(1, 10**9)), st.randoms())
def test_any_windows_in_any_order_make_the_same_day(
    each: int, counts: dict[int, int], shuffle: Any
) -> None:
    """The sums are the files' sums; hours without a file are empty."""
    parts = json.loads(json.dumps(records(DAY, each, counts)))
    shuffle.shuffle(parts)
    day = DayManifest.of(DAY, parts)
    assert day.events == sum(counts.values())
    assert day.bytes == sum(counts.values()) * 10
    assert [hour.hour for hour in day.hours] == list(range(24))
    assert {h.hour: h.events for h in day.hours if h.state == "loaded"} == counts
    assert {h.hour for h in day.hours if h.state == "empty"} == set(range(24)) - counts.keys()


def test_parts_of_an_hour_are_added_up() -> None:
    """The hour has the sums of its parts' files, events and bytes."""
    manifest = Manifest(Window("2026-09-24T00", "2026-09-24T23"), [file(3, 0, 4), file(3, 1, 5)])
    hour = DayManifest.of(DAY, [to_record(manifest)]).hours[3]
    assert (hour.files, hour.events, hour.bytes, hour.state) == (2, 9, 90, "loaded")


def test_a_manifest_survives_json() -> None:
    """It is the same after a round trip through JSON."""
    manifest = Manifest(Window("2026-09-24T00", "2026-09-24T11"), [file(3)])
    assert from_record(Manifest, json.loads(json.dumps(to_record(manifest)))) == manifest


def plan(each: int) -> list[dict[str, Any]]:
    return [to_record(window) for window in plan_windows(DAY, each)]


@pytest.mark.parametrize("now", [24, 12, 9, 8, 6, 5, 1])
@pytest.mark.parametrize("before", [24, 12, 9, 8, 6, 5, 1])
def test_results_of_an_older_plan_are_not_taken(before: int, now: int) -> None:
    """Airflow replaces results by their place in the plan, and those beyond its end remain.

    A window of the older plan can also be in the new one, such as 18–23 with 6 and 9 hours.
    """
    new, old = records(DAY, now, {20: 2}), records(DAY, before, {20: 7})
    results = new + old[len(new) :]
    day = DayManifest.of(DAY, results, plan(now))
    assert {h.hour: h.events for h in day.hours if h.events} == {20: 2}


def test_a_planned_window_without_a_result_is_missing() -> None:
    """Hours that an older plan's result would cover do not replace it."""
    old = records(DAY, 24, {20: 7})
    with pytest.raises(FileMissing, match="00–11") as raised:
        DayManifest.of(DAY, records(DAY, 12, {})[:1] + old, plan(12))
    assert "plan_windows" in raised.value.do


def test_an_hour_has_the_time_of_its_export() -> None:
    """Also where the windows have different times, or none, as up to 0.6; gaps are added up."""
    first, second = (to_record(Manifest(window, [])) for window in plan_windows(DAY, 12))
    times = [f"2026-09-25T03:00:{second:02}Z" for second in range(12)]
    day = DayManifest.of(DAY, [first | {"exported_at": times, "gaps": [7, 3]}, second])
    assert day.exported_at == {
        second: datetime(2026, 9, 25, 3, 0, second, tzinfo=UTC) for second in range(12)
    }
    assert day.gaps == [3, 7]
    assert DayManifest.of(DAY, [first, second]).exported_at == {}


@pytest.mark.parametrize(
    ("parts", "found"),
    [
        pytest.param([], "there are: none", id="none"),
        pytest.param(
            records(DAY, 12, {})[:1], "there are: 2026-09-24 00–11", id="a window is missing"
        ),
        pytest.param(
            [records(DAY, 12, {})[0], None],
            "there are: 2026-09-24 00–11",
            id="a window without a manifest",
        ),
        pytest.param(
            records(DAY, 12, {}) + records(DAY, 24, {}),
            "00–11, 2026-09-24 12–23, 2026-09-24 00–23",
            id="hours twice",
        ),
    ],
)
def test_an_incomplete_day_is_refused(parts: list[dict[str, Any] | None], found: str) -> None:
    """The message names the windows that exist, and the task to clear."""
    with pytest.raises(FileMissing, match=found) as raised:
        DayManifest.of(DAY, parts)
    assert "plan_windows" in raised.value.do


FOREIGN: dict[str, dict[str, Any]] = {
    "the key of another day": {"key": f"python-import/2026-09-23/1_{DAY}_03_0.json"},
    "the key of another prefix": {"key": f"python-import/doctor/1_{DAY}_03_0.json"},
    "a key outside": {"key": "other/1.json"},
    "another day": {"file": "1_2026-09-23_03_0.json"},
    "another hour": {"hour": 4},
    "an hour outside of the window": {
        "hour": 12,
        "file": f"1_{DAY}_12_0.json",
        "key": f"python-import/{DAY}/1_{DAY}_12_0.json",
    },
    "a path": {"file": f"../1_{DAY}_03_0.json", "key": f"python-import/{DAY}/../1_{DAY}_03_0.json"},
    "a folder": {
        "file": f"a/1_{DAY}_03_0.json",
        "key": f"python-import/{DAY}/a/1_{DAY}_03_0.json",
    },
    "another ending": {
        "file": f"1_{DAY}_03_0.parquet",
        "key": f"python-import/{DAY}/1_{DAY}_03_0.parquet",
    },
    "a negative count": {"events": -1},
    "half an event": {"events": 0.5},
    "no events": {"events": None},
    "a count beyond all": {"bytes": 2**80},
}


@pytest.mark.parametrize("kind", ["files", "set_aside"])
@pytest.mark.parametrize("foreign", FOREIGN.values(), ids=FOREIGN)
def test_a_manifest_by_hand_names_no_file_of_others(foreign: dict[str, Any], kind: str) -> None:
    """Neither to upload nor to copy."""
    first, second = records(DAY, 12, {3: 1})
    crafted = first | {"files": [], kind: [first["files"][0] | foreign]}
    for record in (crafted, [crafted, second]):
        with pytest.raises(RecordInvalid):
            DayManifest.of(DAY, record)


def test_a_manifest_of_another_day_is_refused() -> None:
    """The message names both days."""
    with pytest.raises(RecordInvalid, match="2026-09-25, and the run's day is 2026-09-24"):
        DayManifest.of(DAY, records(date(2026, 9, 25), 24, {}))


@pytest.mark.parametrize(
    "crafted", [{"gaps": [24]}, {"gaps": [1] * 25}, {"exported_at": ["2026-09-25T03:00:00"]}]
)
def test_gaps_and_times_by_hand_are_refused(crafted: dict[str, Any]) -> None:
    """Hours are 0 to 23, and a time has its zone."""
    (whole,) = records(DAY, 24, {})
    with pytest.raises(RecordInvalid):
        DayManifest.of(DAY, whole | crafted)


@pytest.mark.parametrize("results", [5, 1.5, True, "text", [5], ["text"]], ids=repr)
def test_results_by_hand_that_are_none_are_refused(results: Any) -> None:
    """A retry would read the same."""
    with pytest.raises(RecordInvalid):
        DayManifest.of(DAY, results)


@pytest.mark.parametrize("day", [None, 5, "", "today", ["2026-09-24"]], ids=repr)
def test_a_day_by_hand_that_is_none_is_refused(day: Any) -> None:
    """By the first task that reads it."""
    with pytest.raises(RecordInvalid):
        plan_task.plan_windows.function(day, "24")
