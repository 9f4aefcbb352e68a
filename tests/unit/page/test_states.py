"""The state of a cell: the table of cases."""

from __future__ import annotations

from typing import Any

import pytest
from amplitude_export.manifest import Hour
from amplitude_export.page.states import COMPLETE, LEGEND, State, day_state, hour_state

FULL = Hour(7, "loaded", files=2, events=812, bytes=90_000)
EMPTY = Hour(7, "empty", files=0, events=0, bytes=0)
WITH_BAD_LINES = Hour(7, "incomplete", files=2, events=811, bytes=90_000, quarantined=1)

CASES: dict[str, tuple[dict[str, Any], State]] = {
    "loaded by a green run": ({"run": "success", "loaded": FULL}, State.LOADED),
    "loaded, and its run purged": ({"loaded": FULL}, State.LOADED),
    "confirmed empty": ({"run": "success", "loaded": EMPTY}, State.EMPTY),
    "quarantined lines": ({"run": "success", "loaded": WITH_BAD_LINES}, State.QUARANTINED),
    "loaded, clean_up failed": (
        {"run": "failed", "loaded": FULL, "exported": 812},
        State.LOADED,
    ),
    "loaded, a later run failed before it landed": (
        {"run": "failed", "loaded": FULL},
        State.LOADED,
    ),
    "loaded, a later run landed more": (
        {"run": "failed", "loaded": FULL, "exported": 815},
        State.DIFFERS,
    ),
    "empty, a later run landed some": (
        {"run": "failed", "loaded": EMPTY, "exported": 3},
        State.DIFFERS,
    ),
    "counted as loaded": ({"run": "success", "loaded": FULL, "rows": 812}, State.LOADED),
    "counted as empty": ({"run": "success", "loaded": EMPTY, "rows": 0}, State.EMPTY),
    "fewer rows than loaded": ({"run": "success", "loaded": FULL, "rows": 811}, State.DIFFERS),
    "rows without a load": ({"rows": 4}, State.DIFFERS),
    "counted, and nothing there": ({"rows": 0}, State.MISSING),
    "quarantined lines, and the rows agree": (
        {"loaded": WITH_BAD_LINES, "rows": 811},
        State.QUARANTINED,
    ),
    "queued": ({"run": "queued"}, State.RUNNING),
    "being loaded": ({"run": "running"}, State.RUNNING),
    "being loaded again": ({"run": "running", "loaded": FULL}, State.RUNNING),
    "running before it is due": ({"run": "running", "due": False}, State.RUNNING),
    "landed, the load failed": ({"run": "failed", "exported": 812}, State.EXPORTED),
    "landed as empty, the load failed": ({"run": "failed", "exported": 0}, State.EXPORTED),
    "failed before it landed": ({"run": "failed"}, State.FAILED),
    "failed before it was due": ({"run": "failed", "due": False}, State.FAILED),
    "never run": ({}, State.MISSING),
    "never run, or purged": ({"known": False}, State.UNKNOWN),
    "green, and its event purged": ({"run": "success", "known": False}, State.UNKNOWN),
    "before the first day of the file": ({"wanted": False, "due": False}, State.NOT_WANTED),
    "before it, and loaded": ({"wanted": False, "due": False, "loaded": FULL}, State.LOADED),
    "before it, and failed": ({"wanted": False, "run": "failed"}, State.FAILED),
    "today": ({"due": False}, State.NOT_DUE),
    "today, nothing on record yet": ({"due": False, "known": False}, State.NOT_DUE),
}


@pytest.mark.parametrize(("facts", "state"), CASES.values(), ids=CASES.keys())
def test_a_cell_shows_the_state_of_its_hour(facts: dict[str, Any], state: State) -> None:
    """One state for each combination of facts."""
    nothing = {"due": True, "known": True, "run": None, "loaded": None}
    assert hour_state(**{**nothing, **facts}) is state


def test_every_state_differs_without_its_colour() -> None:
    """Each has its own glyph, label and meaning in the legend."""
    assert LEGEND.keys() == set(State)
    glyphs, labels, meanings = zip(*LEGEND.values(), strict=True)
    assert len(set(glyphs)) == len(set(labels)) == len(set(meanings)) == len(State)
    assert all(len(glyph) == 1 for glyph in glyphs)


DAYS = {
    "loaded and empty hours": ([State.EMPTY, State.LOADED], State.LOADED),
    "no event all day": ([State.EMPTY, State.EMPTY], State.EMPTY),
    "one hour differs": ([State.LOADED, State.DIFFERS], State.DIFFERS),
    "a window failed, another landed": ([State.EXPORTED, State.FAILED], State.FAILED),
    "one quarantined line": ([State.LOADED, State.QUARANTINED], State.QUARANTINED),
    "one hour missing": ([State.LOADED, State.MISSING], State.MISSING),
}


@pytest.mark.parametrize(("hours", "state"), DAYS.values(), ids=DAYS.keys())
def test_a_day_has_the_most_urgent_state_of_its_hours(hours: list[State], state: State) -> None:
    """In any order of the hours; only fully loaded days are complete."""
    assert day_state(hours) is state
    assert day_state(reversed(hours)) is state
    assert (state in COMPLETE) == all(hour in COMPLETE for hour in hours)
