"""Summarize all days for the header of the page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from statistics import median

from amplitude_export.page.days import Cell, Day
from amplitude_export.page.states import State

# The events of these hours are not in the table, unless an earlier load put them there.
ABSENT = frozenset({State.MISSING, State.FAILED, State.EXPORTED, State.RUNNING})
_NO_GAP = frozenset({State.UNKNOWN, State.QUARANTINED})


@dataclass(frozen=True)
class Volume:
    """Events of the newest complete day, and the median of the same weekday among `of_days`."""

    day: date
    events: int
    median: float | None
    of_days: int


@dataclass(frozen=True)
class Summary:
    """The facts of the header.

    `loaded_through` is the end of the newest complete day, in UTC, even if it is being loaded
    again. `first_gap` is the oldest due day before it that lacks events; a day is not a gap if it
    has no record, was loaded without some lines, or is being loaded again. Only due days count;
    `hours_missing` are hours whose events are not in the table.
    """

    loaded_through: datetime | None
    behind_hours: float | None
    first_gap: date | None
    days_due: int
    days_complete: int
    days_unknown: int
    hours_missing: int
    last_day: Volume | None


def summary_of(days: Sequence[Day], now: datetime) -> Summary:
    """Summarize the days, which are ordered newest first."""
    due = [day for day in days if day.due]
    complete = [day for day in due if day.complete]
    through = next((day.end for day in due if day.complete or _is_loaded_again(day)), None)
    return Summary(
        loaded_through=through,
        behind_hours=round((now - through).total_seconds() / 3600, 1) if through else None,
        first_gap=_first_gap(due, through),
        days_due=len(due),
        days_complete=len(complete),
        days_unknown=sum(day.state is State.UNKNOWN for day in due),
        hours_missing=sum(_is_absent(cell) for day in due for cell in day.cells),
        last_day=_volume(complete),
    )


def _is_absent(cell: Cell) -> bool:
    return cell.state in ABSENT and cell.loaded is None


def _first_gap(due: Sequence[Day], through: datetime | None) -> date | None:
    gaps = (day for day in reversed(due) if through and day.end < through and _is_gap(day))
    return next((day.day for day in gaps), None)


def _is_gap(day: Day) -> bool:
    return not (day.complete or day.state in _NO_GAP or _is_loaded_again(day))


def _is_loaded_again(day: Day) -> bool:
    return day.state is State.RUNNING and day.loaded is not None


def _volume(complete: Sequence[Day]) -> Volume | None:
    if not complete:
        return None
    last, earlier = complete[0], complete[1:]
    same_weekday = [day.events or 0 for day in earlier if day.day.weekday() == last.day.weekday()]
    return Volume(
        last.day,
        last.events or 0,
        median(same_weekday) if same_weekday else None,
        len(same_weekday),
    )
