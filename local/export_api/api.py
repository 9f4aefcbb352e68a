"""The stand-in in a thread of a test, with facts that a client does not know."""

from __future__ import annotations

from datetime import date, datetime

from local.export_api.changes import Change
from local.export_api.export import EVENTS_PER_DAY, Export
from local.export_api.projects import DEFAULT, PROJECTS, Project
from local.export_api.server import ExportServer, Request
from local.faulty_server import InThread


class ExportApi(InThread[ExportServer]):
    """The Export API of PROJECTS on a free port of 127.0.0.1.

    `events_per_day` is a normal weekday's number of `default`. `now` (aware) stops the clock by
    which hours become complete; None is the real clock. Assign `api.now` to move it.
    """

    def __init__(self, events_per_day: int = EVENTS_PER_DAY, now: datetime | None = None) -> None:
        exports = [Export(events_per_day, project) for project in PROJECTS]
        super().__init__(ExportServer(0, exports, now))

    @property
    def requests(self) -> list[Request]:
        """Return a copy of the export requests so far, in the order of their responses."""
        return list(self._server.requests)

    @property
    def most_at_once(self) -> int:
        """Return the peak number of export requests in progress at the same time."""
        return self._server.at_once.most

    @property
    def now(self) -> datetime | None:
        """Return the stopped clock (aware), or None for the real one."""
        return self._server.now

    @now.setter
    def now(self, now: datetime | None) -> None:
        self._server.now = now

    def change(self, day: date, kind: str, hour: int | None = None) -> None:
        """Let a day of `default`, or one hour of it, be another one from now on: see `changes`."""
        self._server.exports[DEFAULT].changes.append(Change(day, kind, hour))

    def expected_uuids(self, day: date, project: Project = DEFAULT) -> dict[int, list[str]]:
        """Return the uuids of all rows, repeats included, by UTC hour: `Export.expected_uuids`."""
        return self._server.exports[project].expected_uuids(day)

    def expected_events(self, day: date) -> dict[int, int]:
        """Return the number of rows of `default` by UTC hour, without empty hours."""
        return self._server.exports[DEFAULT].expected_events(day)
