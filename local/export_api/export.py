"""A project's data: the members of any hour, cached in memory."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from datetime import date, datetime
from threading import Lock

from local.export_api.archive import Member
from local.export_api.changes import Change
from local.export_api.generator import generate_hour
from local.export_api.projects import DEFAULT, Project
from local.export_api.rhythm import FIRST_DAY, SAMPLE_DAY
from local.export_api.sample import sample_hours
from local.export_api.window import Window

EVENTS_PER_DAY = 20_000
# A few days of the default size; days of any size fit, as the oldest hours make room.
CACHE_BYTES = 48 * 2**20
# Bytes in memory for one uuid, beside the member's data.
_UUID_BYTES = 90


class Export:
    """The events of one project by hour; thread-safe.

    `events_per_day` is a normal weekday's number of `default`; another project has its share.
    """

    def __init__(self, events_per_day: int = EVENTS_PER_DAY, project: Project = DEFAULT) -> None:
        self.project = project
        self.events_per_day = round(events_per_day * project.share)
        # Applied in their order; a list grows atomically.
        self.changes: list[Change] = []
        self._kept: OrderedDict[tuple[date, int], list[Member]] = OrderedDict()
        self._lock = Lock()

    def hour(self, day: date, hour: int) -> list[Member]:
        """Return the members of a UTC hour as they are by now; an empty list for an empty hour."""
        members = self._unchanged(day, hour)
        for change in self.changes:
            if change.day == day:
                members = change.applied(members, hour, self.project.number)
        return members

    def _unchanged(self, day: date, hour: int) -> list[Member]:
        if day < FIRST_DAY:
            return []
        if day == SAMPLE_DAY and self.project.has_sample:
            return sample_hours().get(hour, [])
        with self._lock:
            if (day, hour) not in self._kept:
                members = generate_hour(day, hour, self.events_per_day, self.project)
                self._keep((day, hour), list(members))
            self._kept.move_to_end((day, hour))
            return self._kept[day, hour]

    def window(self, window: Window, now: datetime) -> Iterator[Member]:
        """Yield the members of the window's hours that are complete at `now`."""
        for start in window.complete_hours(now):
            yield from self.hour(start.date(), start.hour)

    def expected_uuids(self, day: date) -> dict[int, list[str]]:
        """Return the uuids of all exported rows, repeats included, by UTC hour; no empty hours."""
        hours = {hour: self.hour(day, hour) for hour in range(24)}
        return {
            hour: [uuid for member in members for uuid in member.uuids]
            for hour, members in hours.items()
            if members
        }

    def expected_events(self, day: date) -> dict[int, int]:
        """Return the number of exported rows by UTC hour, without empty hours."""
        return {hour: len(uuids) for hour, uuids in self.expected_uuids(day).items()}

    def _keep(self, key: tuple[date, int], members: list[Member]) -> None:
        self._kept[key] = members
        while len(self._kept) > 1 and self._weight() > CACHE_BYTES:
            self._kept.popitem(last=False)

    def _weight(self) -> int:
        return sum(
            len(member.data) + _UUID_BYTES * member.events
            for members in self._kept.values()
            for member in members
        )


def expected_uuids(
    day: date, events_per_day: int = EVENTS_PER_DAY, project: Project = DEFAULT
) -> dict[int, list[str]]:
    """Return `Export.expected_uuids` without a server."""
    return Export(events_per_day, project).expected_uuids(day)


def expected_events(day: date, events_per_day: int = EVENTS_PER_DAY) -> dict[int, int]:
    """Return `Export.expected_events` without a server."""
    return Export(events_per_day).expected_events(day)
