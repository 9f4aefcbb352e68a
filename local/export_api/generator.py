"""Generated days as archive members, an hour at a time: the same bytes for a date each time.

`events` is always the number of a normal weekday.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from itertools import islice
from random import Random

from local.export_api.archive import Member, member_name
from local.export_api.devices import Device, new_id, traits
from local.export_api.events import JOB_UPLOAD_MS, Event, Job, event, server_job
from local.export_api.projects import DEFAULT, Project
from local.export_api.rhythm import hour_share
from local.export_api.visits import HOUR_MS, LONGEST_MS, Step, hour_ms, steps, visits_by_hour

EVENTS_PER_PART = 400
JOB_SHARE = 0.02
# Shares of repeated rows: the same row again, or the same event sent again.
REPEAT_SHARE = 0.002
RESEND_SHARE = 0.002

_encode = json.JSONEncoder(separators=(",", ":")).encode


def generate_day(day: date, events: int) -> Iterator[Member]:
    """Yield the members of a UTC day."""
    for hour in range(24):
        yield from generate_hour(day, hour, events)


def generate_hour(
    day: date, hour: int, events: int, project: Project = DEFAULT
) -> Iterator[Member]:
    """Yield the members of the hour in which the server got the events; none if it is empty."""
    rows = _rows(day, hour, events, project)
    part = 0
    while batch := list(islice(rows, EVENTS_PER_PART)):
        yield _member(member_name(day, hour, part, project.number), batch)
        part += 1


def _member(name: str, rows: list[Event]) -> Member:
    lines = "".join(_encode(row) + "\n" for row in rows)
    # Without mtime=0 the header would hold the current time.
    data = gzip.compress(lines.encode("ascii"), compresslevel=4, mtime=0)
    return Member(name, data, tuple(str(row["uuid"]) for row in rows))


def _rows(day: date, hour: int, events: int, project: Project) -> Iterator[Event]:
    """Yield the hour's rows, not in order of time, the repeated ones last."""
    rng = Random(f"{project.seed}rows/{day}/{hour}/{events}")
    happened: list[Step | Job] = [
        *_steps(day, hour, events, project),
        *_jobs(day, hour, events, project, rng),
    ]
    rng.shuffle(happened)
    again: list[Event] = []
    for source in happened:
        row = event(source, rng) if isinstance(source, Step) else server_job(source, rng)
        row["app"] = project.number
        again.extend(_repeats(row, rng))
        yield row
    yield from again


def _repeats(row: Event, rng: Random) -> Iterator[Event]:
    chance = rng.random()
    if chance < REPEAT_SHARE:
        yield row
    elif chance < REPEAT_SHARE + RESEND_SHARE:
        yield row | {"uuid": new_id(rng)}


def _steps(day: date, hour: int, events: int, project: Project) -> Iterator[Step]:
    """Yield the steps uploaded in the hour, also of visits that began in the hour before."""
    start = hour_ms(day, hour)
    before = day - timedelta(days=hour == 0)
    for visit in visits_by_hour(before, events, project)[hour - 1]:
        if visit.start + LONGEST_MS > start:
            yield from _uploaded(steps(visit), start)
    for visit in visits_by_hour(day, events, project)[hour]:
        yield from _uploaded(steps(visit), start)


def _uploaded(all_steps: Iterable[Step], start: int) -> Iterator[Step]:
    return (step for step in all_steps if start <= step.upload < start + HOUR_MS)


def _jobs(day: date, hour: int, events: int, project: Project, rng: Random) -> Iterator[Job]:
    """Yield the servers' actions in the hour, for devices that are known from visits."""
    number = round(JOB_SHARE * events * project.day_share(day) * hour_share(hour))
    for _ in range(number):
        device = Device(rng.randrange(1 + events // 100), 31, project=project)
        yield Job(traits(device), hour_ms(day, hour) + rng.randrange(HOUR_MS - JOB_UPLOAD_MS))
