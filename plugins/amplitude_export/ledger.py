"""Records of days: the reports of a load and of a second look, the ledger, counts of files."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

import msgspec

from amplitude_export.record import Moment, Number

# The project of a deployment without include/amplitude.yaml, and of what earlier versions loaded.
DEFAULT_PROJECT = "default"

HOURS = list(range(24))


class Hour(msgspec.Struct, frozen=True):
    """One hour of a day.

    `state` is "loaded", "empty", or "incomplete" when `quarantined` lines of it were not loaded.
    Asset events of version 0.1 have no `quarantined`.
    """

    hour: int
    state: str
    files: Number
    events: Number
    bytes: Number
    quarantined: Number = 0

    @property
    def lines(self) -> int:
        """Lines of the export: events and quarantined lines."""
        return self.events + self.quarantined


class LoadedDay(msgspec.Struct, frozen=True):
    """A day as a load has committed it: the result of `load`, and its asset event.

    `hours` has 24 entries, in order. Version 0.1 has no `quarantined`; up to 0.6 there was one
    project.
    """

    day: date
    run_id: str
    files: int
    events: int
    bytes: int
    query_ids: list[str]
    hours: list[Hour]
    quarantined: int = 0
    project: str = DEFAULT_PROJECT

    def __post_init__(self) -> None:
        """Raise ValueError unless the hours are those of a day."""
        if [hour.hour for hour in self.hours] != HOURS:
            raise ValueError(f"these {len(self.hours)} hours are not the 24 of a day")


class LookedHour(msgspec.Struct, frozen=True):
    """One hour, 0 to 23 UTC: its lines when it was loaded (`before`) and `now`.

    `new` and `gone` are those that only one of the two has. A quarantined line is a line.
    """

    hour: Annotated[int, msgspec.Meta(ge=0, le=23)]
    before: Number
    now: Number
    new: Number = 0
    gone: Number = 0

    @property
    def differs(self) -> bool:
        """True if the events are not the same."""
        return bool(self.new or self.gone)


class LookedAgain(msgspec.Struct, frozen=True):
    """The result of a second look at a day, and its asset event.

    `outcome` is "same", "changed", "not_loaded", or "superseded": a newer export is loaded.
    `compared_run_id` is the run that had loaded what was compared; without a comparison, `hours` is
    empty.
    """

    day: date
    run_id: str
    project: str
    outcome: Literal["same", "changed", "not_loaded", "superseded"]
    compared_run_id: str | None = None
    hours: Annotated[list[LookedHour], msgspec.Meta(max_length=24)] = []

    @property
    def new(self) -> int:
        """Lines that Amplitude has, and the load had not."""
        return sum(hour.new for hour in self.hours)

    @property
    def gone(self) -> int:
        """Lines that the load had, and Amplitude has no longer."""
        return sum(hour.gone for hour in self.hours)


class ProvisionalHour(msgspec.Struct, frozen=True):
    """One provisional hour, which has events; `exported_at` is by Amplitude's clock."""

    day: date
    hour: Annotated[int, msgspec.Meta(ge=0, le=23)]
    files: Number
    events: Number
    bytes: Number
    exported_at: Moment


class LoadedHours(msgspec.Struct, frozen=True):
    """Provisional hours as an hourly load has committed them: its result, and its asset event."""

    run_id: str
    project: str
    hours: Annotated[list[ProvisionalHour], msgspec.Meta(max_length=24 * 7)]


class RecordedDay(msgspec.Struct, frozen=True):
    """One day of the ledger; each list has 24 entries, one for each hour.

    `rows` is what the table holds, the other numbers are the ledger's. What the ledger does not
    have is None: the `state` of an hour, `run_id`, `loaded_at` and `verified_at` (UTC) of a day.
    Versions up to 0.6 have no `verified_at`.
    """

    day: date
    run_id: str | None
    loaded_at: Moment | None
    state: list[str | None]
    files: list[Number]
    events: list[Number]
    bytes: list[Number]
    quarantined: list[Number]
    rows: list[Number]
    verified_at: Moment | None = None

    def __post_init__(self) -> None:
        """Raise ValueError unless each list has an entry for each hour."""
        columns = (self.state, self.files, self.events, self.bytes, self.quarantined, self.rows)
        if any(len(column) != len(HOURS) for column in columns):
            raise ValueError("a column does not have the 24 hours of a day")


class Recorded(msgspec.Struct, frozen=True):
    """The days from `first_day` to `last_day`, both inclusive, that ledger or table have.

    The days are in ascending order. `read_at` (UTC) is before the reading began: what is loaded
    later is newer. Up to 0.6 there was one project.
    """

    read_at: Moment
    first_day: date
    last_day: date
    days: list[RecordedDay]
    project: str = DEFAULT_PROJECT


class KindCount(msgspec.Struct, frozen=True):
    """The number of objects in the `bucket`, or of files on the `volume`, of one kind."""

    place: str
    kind: str
    count: Number
    bytes: Number


class CountedDay(msgspec.Struct, frozen=True):
    """What an inventory found of one day; `project` is None where nobody's ledger has its id."""

    project: str | None
    day: date
    kinds: list[KindCount]


class Counted(msgspec.Struct, frozen=True):
    """What an inventory counted: of all days or from `first_day` to `last_day`, both inclusive.

    `taken_at` (UTC) is before the reading began. `project` is None for all of them. `total` also
    has what belongs to no day; `days` are in ascending order, of the newest 400 at most.
    """

    taken_at: Moment
    first_day: date | None
    last_day: date | None
    project: str | None
    total: list[KindCount]
    days: list[CountedDay]
