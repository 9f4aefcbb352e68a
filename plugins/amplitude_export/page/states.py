"""Decide the state of an hour of the grid, and of a day whose hours differ."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from amplitude_export.ledger import Hour

UNDER_WAY = ("queued", "running")


class State(StrEnum):
    """The state of an hour; its value is the name in the endpoint and in the style sheet.

    In the order of urgency: the first one among a day's hours is the state of the day.
    """

    RUNNING = "running"
    DIFFERS = "differs"
    FAILED = "failed"
    EXPORTED = "exported"
    MISSING = "missing"
    UNKNOWN = "unknown"
    QUARANTINED = "quarantined"
    LOADED = "loaded"
    EMPTY = "empty"
    PROVISIONAL = "provisional"
    NOT_DUE = "not_due"
    NOT_WANTED = "not_wanted"


COMPLETE = frozenset({State.LOADED, State.EMPTY})

# In the order of the page's legend: glyph, label, meaning.
LEGEND: dict[State, tuple[str, str, str]] = {
    State.LOADED: ("●", "loaded", "All events that Amplitude exported are in the table."),
    State.EMPTY: ("○", "empty", "Amplitude confirmed that the hour has no event."),
    State.RUNNING: ("▶", "running", "A run of the day is queued or running."),
    State.EXPORTED: ("◐", "exported, not loaded", "The files are in the bucket; the load failed."),
    State.FAILED: (
        "✕",
        "failed",
        "The day's newest run failed before these hours were uploaded, or never starts.",
    ),
    State.DIFFERS: ("≠", "counts differ", "The table does not hold what was exported."),
    State.QUARANTINED: ("◍", "lines quarantined", "Loaded without lines that are not JSON."),
    State.MISSING: ("▢", "missing", "Due, and no run has loaded it."),
    State.UNKNOWN: (
        "?",
        "no record",
        "Airflow has no record of it: never run here, or purged. "
        "The DAG amplitude_doctor reads the ledger again.",
    ),
    State.PROVISIONAL: (
        "◔",
        "provisional",
        "An hourly run has loaded it for AMPLITUDE_RAW_FRESH; the day's own load replaces it.",
    ),
    State.NOT_DUE: (
        "·",
        "not due yet",
        "Amplitude has the whole day at 02:30 UTC of the next day.",
    ),
    State.NOT_WANTED: (
        "–",
        "not to be loaded",
        "It is before the project's first_day, or the project was removed before it.",
    ),
}


def hour_state(
    *,
    due: bool,
    known: bool,
    run: str | None,
    loaded: Hour | None,
    wanted: bool = True,
    exported: int | None = None,
    rows: int | None = None,
    provisional: bool = False,
) -> State:
    """Return the state of one hour.

    `due`: Amplitude has the whole day. `wanted`: the file of projects wants the day loaded.
    `known`: a load of the day would be on record, so that no record means no load. `run`: the state
    of the newest run of the day. `loaded`: the hour of the last load. `exported`: the events that a
    later run uploaded and did not load. `rows`: the rows in the table when they were last counted,
    after that load. `provisional`: an hourly run has loaded the hour; it is shown until the day is
    due.
    """
    if run in UNDER_WAY:
        return State.RUNNING
    events = loaded.events if loaded else 0
    if rows is not None and rows != events:
        return State.DIFFERS
    if loaded:
        return _loaded_state(loaded, exported)
    if exported is not None:
        return State.EXPORTED
    if run == "failed":
        return State.FAILED
    if not wanted:
        return State.NOT_WANTED
    if not due:
        return State.PROVISIONAL if provisional else State.NOT_DUE
    return State.MISSING if known else State.UNKNOWN


def _loaded_state(loaded: Hour, exported: int | None) -> State:
    if exported is not None and exported != loaded.events:
        return State.DIFFERS
    if loaded.quarantined:
        return State.QUARANTINED
    return State.LOADED if loaded.events else State.EMPTY


def day_state(hours: Iterable[State]) -> State:
    """Return the most urgent of the states of the day's hours."""
    order = list(State)
    return min(hours, key=order.index)
