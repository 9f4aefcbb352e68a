"""The HTTP server: routes, the archive of a window, and the list of requests."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import chain
from threading import Event, Lock
from urllib.parse import parse_qsl, urlsplit

from local.export_api.answers import Answer, Refused
from local.export_api.archive import zip_of
from local.export_api.changes import Change
from local.export_api.credentials import project_of
from local.export_api.export import Export
from local.export_api.faults import FAULTS, NO_EVENTS, Fault
from local.export_api.misbehaviour import KINDS
from local.export_api.projects import DEFAULT, Project
from local.export_api.sender import PIECE, Sender
from local.export_api.window import Window
from local.faulty_server import FaultyServer

EXPORT_PATH = "/api/2/export"
FAULTS_PATH = "/faults"
CHANGES_PATH = "/changes"
REQUESTS_PATH = "/requests"


@dataclass(frozen=True, slots=True)
class Request:
    """An export request as it was sent; `status` is 0 without a response.

    `accepts` is its Accept-Encoding.
    """

    start: str | None
    end: str | None
    status: int
    accepts: str | None = None


class AtOnce:
    """The requests in progress and their peak number; thread-safe."""

    def __init__(self) -> None:
        self.most = 0
        self._now: set[object] = set()
        self._lock = Lock()

    def enter(self, who: object) -> None:
        """Add a request."""
        with self._lock:
            self._now.add(who)
            self.most = max(self.most, len(self._now))

    def leave(self, who: object) -> None:
        """Remove a request, if it is still in progress."""
        with self._lock:
            self._now.discard(who)


class ExportServer(FaultyServer[Fault]):
    """A server of these exports, each of another project; `now` None is the real clock."""

    def __init__(self, port: int, exports: Iterable[Export], now: datetime | None = None) -> None:
        super().__init__(port, Handler, FAULTS)
        self.exports = {export.project: export for export in exports}
        self.now = now
        self.at_once = AtOnce()

    @property
    def counts(self) -> dict[str, int]:
        """Return the export requests so far, those that met a fault, and the peak at a time."""
        return {
            "requests": len(self.requests),
            "failed": sum(fault.kind != "slow" for fault in self.struck),
            "most_at_once": self.at_once.most,
        }

    def change(self, day: str, kind: str, hour: int | None = None, project: str = "") -> None:
        """Let a day (YYYY-MM-DD) of the named project, or of `default`, be another one.

        Raises ValueError for what is not a change, and KeyError for an unknown project.
        """
        by_name = {export.project.name: export for export in self.exports.values()}
        change = Change(date.fromisoformat(day), kind, hour)
        by_name[project or DEFAULT.name].changes.append(change)

    def archive(self, project: Project, window: Window) -> Answer:
        """Return the window's zip, or a 404 if no complete hour of the window has events."""
        members = self.exports[project].window(window, self.now or datetime.now(UTC))
        first = next(members, None)
        if first is None:
            return Answer.of(404, NO_EVENTS)
        return Answer(200, zip_of(chain([first], members)), "application/zip")


class Handler(Sender):
    """A handler of exports and counts (GET) and of faults (POST, DELETE)."""

    server: ExportServer

    @property
    def closing(self) -> Event:
        """Return the server's event."""
        return self.server.closing

    def do_GET(self) -> None:
        """Send an export, or misbehave if a fault is due; or send the counts so far."""
        try:
            if urlsplit(self.path).path == REQUESTS_PATH:
                self.send(Answer.of(200, json.dumps(self.server.counts), "application/json"))
            else:
                self._export()
        except Refused as refused:
            self.send(refused.answer)
        except ConnectionError:
            # The client hung up: there is no connection left for a response.
            self.close_connection = True
        finally:
            self.server.at_once.leave(self)

    def do_POST(self) -> None:
        """Queue a fault, from a JSON object of its `name` and the fields to change; or a change."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        try:
            self._at(FAULTS_PATH, CHANGES_PATH)
            changes = urlsplit(self.path).path == CHANGES_PATH
            (self.server.change if changes else self.server.faults.add)(**json.loads(body))
        except Refused as refused:
            self.send(refused.answer)
        except (KeyError, TypeError, ValueError) as error:
            self.send(Answer.of(400, f"No such fault, or change: {error!r}"))
        else:
            self.send(Answer.of(204, ""))

    def do_DELETE(self) -> None:
        """Remove all faults."""
        try:
            self._at(FAULTS_PATH)
        except Refused as refused:
            self.send(refused.answer)
        else:
            self.server.faults.clear()
            self.send(Answer.of(204, ""))

    def send(self, answer: Answer) -> None:
        """Send all of it; the request ends before its last piece, after which the next can come."""
        size = answer.size
        if size <= PIECE:
            self.server.at_once.leave(self)
        self.begin(answer)
        while piece := answer.body.read(PIECE):
            if answer.body.tell() == size:
                self.server.at_once.leave(self)
            self.wfile.write(piece)

    def record(self, status: int) -> None:
        """Record an export request; other paths are not recorded."""
        if urlsplit(self.path).path == EXPORT_PATH:
            query = self._query()
            accepts = self.headers.get("Accept-Encoding")
            request = Request(query.get("start"), query.get("end"), status, accepts)
            self.server.requests.append(request)

    def date_time_string(self, timestamp: float | None = None) -> str:
        """Return the Date header, by the stopped clock if there is one."""
        now = self.server.now
        return super().date_time_string(now.timestamp() if now and timestamp is None else timestamp)

    def _export(self) -> None:
        self._at(EXPORT_PATH)
        self.server.at_once.enter(self)
        project = project_of(self.headers.get("Authorization"), self.server.exports)
        window = Window.of_query(self._query())
        fault = self.server.draw(window)
        answer = self.server.archive(project, window)
        with answer.body:
            if fault is None:
                self.send(answer)
            else:
                KINDS[fault.kind](self, fault, answer)

    def _at(self, *paths: str) -> None:
        if urlsplit(self.path).path not in paths:
            raise Refused(404, "Not found")

    def _query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.path).query))
