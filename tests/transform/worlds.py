"""Generated worlds: what visitors do on a few devices, and how it is exported.

Hypothesis draws visits, then changes to single events. Expected tables are not computed here.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import cycle
from typing import TYPE_CHECKING, Any, TypeVar

from hypothesis import Phase, given, seed, settings
from hypothesis import strategies as st

from tests.transform import alphabets
from tests.transform.alphabets import DAYS, Values
from tests.transform.visits import CLICK, VIEW, Action, Event, Visit

if TYPE_CHECKING:
    from tests.transform.warehouse import Contents, Line

T = TypeVar("T")
Days = dict[date, list[Event]]

# The projects, with Amplitude's numbers, which are in the names of their files.
PROJECTS = {"default": "123", "app": "456"}

_OTHERS = ("session_start", "[Amplitude] Form Submitted", "server_job", "session_end")
_gaps = st.sampled_from(alphabets.GAPS)


def _one(values: Sequence[Any]) -> st.SearchStrategy[Any]:
    return st.sampled_from(values)


@st.composite
def _views(draw: st.DrawFn) -> list[Action]:
    """Draw a page, a reload, or back and forth between two."""
    here, there = draw(_one(alphabets.PAGES)), draw(_one(alphabets.PAGES))
    seen = draw(_one(((here,), (here,), (here, here), (here, there, here))))
    arrival = draw(_one(alphabets.ARRIVALS))
    return [(VIEW, draw(_gaps), page | arrival) for page in seen]


@st.composite
def _burst(draw: st.DrawFn) -> list[Action]:
    """Draw clicks on one element."""
    element = draw(_one(alphabets.PAGES)) | draw(_one(alphabets.ELEMENTS))
    gaps, places = (draw(_gaps), *draw(_one(alphabets.BURSTS))), draw(_one(alphabets.PLACES))
    return [
        (CLICK, gap, element | {"Element Position Left": left, "Element Position Top": top})
        for gap, (left, top) in zip(gaps, cycle(places), strict=False)
    ]


@st.composite
def _click(draw: st.DrawFn) -> list[Action]:
    """Draw one click, often on a link."""
    return [(CLICK, draw(_gaps), draw(_one(alphabets.PAGES)) | draw(_one(alphabets.ELEMENTS)))]


@st.composite
def _other(draw: st.DrawFn) -> list[Action]:
    """Draw an event that is neither a page nor a click, such as an end in the middle."""
    return [(draw(_one(_OTHERS)), draw(_gaps), {})]


@st.composite
def _menu(draw: st.DrawFn) -> list[Action]:
    """Draw the menu opened and closed, with or without something in between."""
    page = draw(_one(alphabets.PAGES))
    between = draw(st.one_of(st.just([]), st.just([]), _click(), _views(), _other()))
    opened = (CLICK, draw(_gaps), page | draw(_one(alphabets.OPENING)))
    closed = (CLICK, draw(_gaps), page | draw(_one(alphabets.CLOSING)))
    return [opened, *between, closed]


_actions = st.lists(
    st.one_of(_views(), _views(), _burst(), _click(), _menu(), _other()), min_size=2, max_size=8
)


_visits = st.builds(
    Visit,
    device_id=_one(alphabets.DEVICES),
    session_id=_one(alphabets.SESSIONS),
    start=_one(alphabets.STARTS),
    home=_one(alphabets.HOMES),
    user_id=_one(alphabets.USERS),
    anonymous=st.integers(0, 6),
    first_upload=st.integers(0, 12),
    day=_one(DAYS),
    next_day=_one(DAYS),
    actions=_actions,
    ends_at=st.one_of(st.none(), _one(alphabets.HOMES)),
    ends_first=_one((False, False, True)),
)


@st.composite
def days(draw: st.DrawFn, first: int = 0) -> Days:
    """Draw a world as export days with events; `first` is its first event's number."""
    rows: list[tuple[date, Event]] = []
    for visit in draw(st.lists(_visits, min_size=2, max_size=9)):
        rows += visit.events(first + len(rows))
    which = st.integers(0, len(rows) - 1)
    corrupted = st.tuples(which, _one(alphabets.CORRUPTIONS))
    for number, values in draw(st.lists(corrupted, min_size=2, max_size=10)):
        rows[number] = rows[number][0], _changed(rows[number][1], values)
    repeated = st.tuples(which, _one(alphabets.REPEATS), _one(DAYS))
    rows += [
        (day, _changed(rows[number][1], values))
        for number, values, day in draw(st.lists(repeated, min_size=2, max_size=8))
    ]
    found: Days = defaultdict(list)
    for day, event in rows:
        found[day].append(event)
    return dict(found)


def _changed(event: Event, values: Values) -> Event:
    return {name: value for name, value in (event | values).items() if value is not ...}


@dataclass(frozen=True)
class Change:
    """A change of the raw table: the new events of these export days."""

    what: str
    days: Days = field(default_factory=dict)


@st.composite
def changes(draw: st.DrawFn, max_changes: int = 5) -> list[Change]:
    """Draw a first load, and at most that many changes after it."""
    held, coming = draw(days()), list(draw(days(first=1000)).values())
    found = [Change("first", dict(held))]
    kinds = st.lists(_one(("new", "replaced", "emptied", "late")), min_size=1, max_size=max_changes)
    for what in draw(kinds):
        some = draw(_one(coming))
        day = max(held) + timedelta(days=1) if what == "new" else draw(_one(sorted(held)))
        contents = {"new": some, "replaced": [*held.get(day, [])[::2], *some[1:]], "emptied": []}
        held[day] = contents.get(what, [*held.get(day, []), *some[:3]])
        found.append(Change(what, {day: held[day]}))
    return found


def projects(found: Iterable[Days]) -> dict[str, Contents]:
    """Return the rows of two projects, which get the worlds in turn.

    Worlds 2 and 3 have the same devices, users and uuids, which begin with w1, and so on; those of
    world 0 look like keys of world 1, in the other project.
    """
    held: dict[str, Days] = {project: {} for project in PROJECTS}
    for (number, world), project in zip(enumerate(found), cycle(PROJECTS), strict=False):
        for day, events in _apart(world, f"w{number // 2}" if number else "project:app/w0").items():
            held[project].setdefault(day, []).extend(events)
    return {
        project: {day: _lines(day, events, PROJECTS[project]) for day, events in days.items()}
        for project, days in held.items()
    }


def _apart(found: Days, name: str) -> Days:
    """Give the world its own devices, users and events, which begin with the name."""
    own = ("uuid", "device_id", "user_id")
    return {
        day: [
            event
            | {
                key: f"{name}-{event[key]}"
                for key in own
                if isinstance(event.get(key), str) and event[key] != "EMPTY"
            }
            for event in events
        ]
        for day, events in found.items()
    }


def _lines(day: date, events: Iterable[Event], project_id: str) -> list[Line]:
    """Return the events of an export day, distributed to three files."""
    parts = ("02_0", "14_0", "14_1")
    keys = [f"python-import/{day}/{project_id}_{day}_{part}.json" for part in parts]
    return [
        (keys[number % 3], number // 3 + 1, json.loads(json.dumps(event)))
        for number, event in enumerate(events)
    ]


def some(strategy: st.SearchStrategy[T], count: int) -> list[T]:
    """Return that many dissimilar examples, the same ones every time."""
    return [_example(strategy, number) for number in range(count)]


def _example(strategy: st.SearchStrategy[T], number: int) -> T:
    """Return the last of a few: the first is the simplest, and the second can resemble it."""
    found: list[T] = []

    @seed(number)
    @settings(max_examples=3, phases=[Phase.generate], database=None)
    @given(strategy)
    def collect(example: T) -> None:
        found.append(example)

    collect()
    return found[-1]
