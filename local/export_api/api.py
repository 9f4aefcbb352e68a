"""The stand-in inside a test: a server in a thread for as long as the `with` lasts."""

from __future__ import annotations

from datetime import date, datetime
from threading import Thread
from typing import Self

from local.export_api.export import EVENTS_PER_DAY, Export
from local.export_api.server import ExportServer, Request


class ExportApi:
    """The Export API on a free port of 127.0.0.1.

    `events_per_day` is a normal weekday's number. `now` (aware) stops the clock by which hours
    become complete; None is the real clock. Assign `api.now` to move it.
    """

    def __init__(self, events_per_day: int = EVENTS_PER_DAY, now: datetime | None = None) -> None:
        self._server = ExportServer(0, Export(events_per_day), now)
        # Twenty looks a second for the order to stop, in place of two.
        self._thread = Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._server.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        """Scheme, host and port, with no slash at the end."""
        return self._server.url

    @property
    def requests(self) -> list[Request]:
        """The export requests so far, in the order of their answers, as a copy."""
        return list(self._server.requests)

    @property
    def most_at_once(self) -> int:
        """The peak number of export requests that were being answered at the same time."""
        return self._server.at_once.most

    @property
    def now(self) -> datetime | None:
        """The stopped clock (aware), or None for the real one."""
        return self._server.now

    @now.setter
    def now(self, now: datetime | None) -> None:
        self._server.now = now

    def fail(self, name: str, **changes: object) -> None:
        """Queue a fault of faults.FAULTS, with fields changed: `fail("unavailable", times=3)`."""
        self._server.faults.add(name, **changes)

    def recover(self) -> None:
        """Forget all faults."""
        self._server.faults.clear()

    def expected_uuids(self, day: date) -> dict[int, list[str]]:
        """Every row's uuid, repeats included, by UTC hour, as `Export.expected_uuids`."""
        return self._server.export.expected_uuids(day)

    def expected_events(self, day: date) -> dict[int, int]:
        """The number of rows by UTC hour; empty hours are left out."""
        return self._server.export.expected_events(day)
