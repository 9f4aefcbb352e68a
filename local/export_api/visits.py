"""Visits: journeys with a device, a clock and an upload, cut into hours."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from itertools import islice
from random import Random

from local.export_api.devices import Device, devices_on, traits
from local.export_api.journeys import MAX_ACTS, Act, journey
from local.export_api.projects import Project
from local.export_api.rhythm import FIRST_DAY, HOUR_WEIGHTS, is_quiet
from local.export_api.world import PLACE_WEIGHTS, PLACES, Place

HOUR_MS = 3_600_000
# The mean number of `steps`, measured over many days.
EVENTS_PER_VISIT = 9.6
# The longest visit; one that starts before an empty hour ends before it.
LONGEST_MS = 30 * 60_000
# The longest that a device collects events before it sends them.
LAST_UPLOAD_MS = 2_500
# Room for one visit's event ids, so that they never run backwards from visit to visit.
EVENT_IDS = 2 * MAX_ACTS


@dataclass(frozen=True, slots=True)
class Visit:
    """A visit; `start` is the time of its first event by the server's clock, in epoch ms.

    `lag` is the number of ms by which the device delays its events: offline, it sends them later.
    """

    device: Device
    day: date
    start: int
    lag: int
    place: Place
    address: str

    @property
    def session_id(self) -> int:
        """Return the session's start on the device in epoch ms."""
        return self.start - self.lag


@dataclass(frozen=True, slots=True)
class Step:
    """An act with its times in epoch ms: `at` on the device, `upload` at the server."""

    visit: Visit
    act: Act
    at: int
    upload: int
    event_id: int
    session_id: int


def visit_on(device: Device, day: date) -> Visit:
    """Return the device's one visit of the day, drawn from the two alone."""
    rng = Random(f"visit/{device.key}/{day}")
    hour = rng.choices(range(24), HOUR_WEIGHTS)[0]
    room = HOUR_MS - LONGEST_MS if is_quiet(hour + 1) else HOUR_MS
    place = traits(device).home
    if rng.random() < 0.2:
        place = rng.choices(PLACES, PLACE_WEIGHTS)[0]
    return Visit(
        device=device,
        day=day,
        start=hour_ms(day, hour) + rng.randrange(room),
        lag=_lag(device, rng),
        place=place,
        address=place.network.format(rng.randrange(1, 255)),
    )


def _lag(device: Device, rng: Random) -> int:
    """Return mostly 0; up to two days for rare visitors, whose last visit is longer ago."""
    offline = (device.period or 0) >= 7 and rng.random() < 0.05
    return rng.randrange(HOUR_MS, 48 * HOUR_MS) if offline else 0


def hour_ms(day: date, hour: int) -> int:
    """Return the start of a UTC hour in epoch ms."""
    return int(datetime(day.year, day.month, day.day, hour, tzinfo=UTC).timestamp()) * 1000


def steps(visit: Visit) -> Iterator[Step]:
    """Yield all steps that a visit uploads, first the end of the session before it."""
    period = visit.device.period
    first = (visit.day - FIRST_DAY).days // period * EVENT_IDS if period else 0
    timed = list(_timed(visit))
    yield from _session_end(visit, upload=timed[0][2], event_id=first)
    for number, (act, at, upload) in enumerate(timed):
        yield Step(visit, act, at - visit.lag, upload, first + 2 + number, visit.session_id)


def _session_end(visit: Visit, upload: int, event_id: int) -> Iterator[Step]:
    """Yield the end of the session before, with this visit's upload, place and browser."""
    day = visit.device.day_before(visit.day)
    if day is None:
        return
    before = visit_on(visit.device, day)
    *_, (act, at, _) = _timed(before)
    closing = act._replace(kind="session_end", element=None)
    yield Step(visit, closing, at - before.lag, upload, event_id, before.session_id)


def _timed(visit: Visit) -> Iterator[tuple[Act, int, int]]:
    """Yield each act with its time and its upload; acts before the next upload share it."""
    rng = Random(f"journey/{visit.device.key}/{visit.day}")
    at = visit.start
    upload = 0
    for act in islice(journey(rng), MAX_ACTS):
        at += act.gap_ms
        if at > visit.start + LONGEST_MS - LAST_UPLOAD_MS:
            return
        if at >= upload:
            upload = at + rng.randrange(1_000, LAST_UPLOAD_MS)
        yield act, at, upload


@lru_cache(maxsize=6)
def visits_by_hour(day: date, events: int, project: Project) -> tuple[list[Visit], ...]:
    """Return a day's visits by hour of start; `events` is the number of a normal weekday."""
    hours: tuple[list[Visit], ...] = tuple([] for _ in range(24))
    for device in devices_on(day, events / EVENTS_PER_VISIT, project):
        visit = visit_on(device, day)
        hours[(visit.start - hour_ms(day, 0)) // HOUR_MS].append(visit)
    return hours
