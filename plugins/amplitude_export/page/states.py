"""What one hour of the grid is, and what a day is when its hours are not all the same."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from amplitude_export.ledger import Hour

UNDER_WAY = ("queued", "running")


class State(StrEnum):
    """Of an hour; its value is its name in the endpoint and in the page's style sheet."""

    RUNNING = "running"
    DIFFERS = "differs"
    FAILED = "failed"
    EXPORTED = "exported"
    MISSING = "missing"
    UNKNOWN = "unknown"
    QUARANTINED = "quarantined"
    LOADED = "loaded"
    EMPTY = "empty"
    NOT_DUE = "not_due"


COMPLETE = frozenset({State.LOADED, State.EMPTY})

# In the order of the page's legend: glyph, label, meaning.
LEGEND: dict[State, tuple[str, str, str]] = {
    State.LOADED: ("●", "loaded", "All events that Amplitude exported are in the table."),
    State.EMPTY: ("○", "empty", "Amplitude confirmed that the hour has no event."),
    State.RUNNING: ("▶", "running", "A run of the day is queued or under way."),
    State.EXPORTED: ("◐", "exported, not loaded", "The files lie in the bucket; the load failed."),
    State.FAILED: ("✕", "failed", "The day's newest run failed before these hours were landed."),
    State.DIFFERS: ("≠", "counts differ", "The table does not hold what was exported."),
    State.QUARANTINED: ("◍", "lines set aside", "Loaded without lines that are not JSON."),
    State.MISSING: ("▢", "missing", "Due, and no run has loaded it."),
    State.UNKNOWN: (
        "?",
        "no record",
        "Airflow knows nothing of it: never run here, or purged. "
        "The DAG amplitude_doctor reads the ledger again.",
    ),
    State.NOT_DUE: ("·", "not due yet", "Amplitude has the whole day at 02:30 UTC of the next."),
}


def hour_state(
    *,
    due: bool,
    known: bool,
    run: str | None,
    loaded: Hour | None,
    exported: int | None = None,
    rows: int | None = None,
) -> State:
    """What to show for one hour.

    `due`: Amplitude has all of the day. `known`: a load of the day would be on record, so that
    none means that there was none. `run`: the state of the newest run about the day. `loaded`: the
    hour as it was loaded last. `exported`: the events that a later run landed and has not loaded.
    `rows`: what the table held when it was last counted, after that load.
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
    if not due:
        return State.NOT_DUE
    return State.MISSING if known else State.UNKNOWN


def _loaded_state(loaded: Hour, exported: int | None) -> State:
    if exported is not None and exported != loaded.events:
        return State.DIFFERS
    if loaded.quarantined:
        return State.QUARANTINED
    return State.LOADED if loaded.events else State.EMPTY


def day_state(hours: Iterable[State]) -> State:
    """What stands for the whole day: of its hours' states the one to look at first."""
    order = list(State)
    return min(hours, key=order.index)
