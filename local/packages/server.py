"""The HTTP server: metadata, tarballs, and faults on demand."""

from __future__ import annotations

import json
from collections.abc import Callable
from threading import Event
from urllib.parse import unquote, urlsplit

from local.export_api.answers import Answer
from local.export_api.misbehaviour import KINDS
from local.export_api.sender import Sender
from local.faulty_server import FaultyServer
from local.packages.faults import FAULTS, Fault
from local.packages.owners import IPV4, IPV6
from local.packages.package import PACKAGE, Release, metadata

FIRST = Release("1.0.0", {"asn-ipv4.csv": IPV4, "asn-ipv6.csv": IPV6})


class PackageServer(FaultyServer[Fault]):
    """A server of `releases`, the newest last, at paths that begin with `below`.

    `tarball_url` replaces the server's own address in the metadata.
    """

    def __init__(self, port: int) -> None:
        super().__init__(port, Handler, FAULTS)
        self.releases = [FIRST]
        self.tarball_url = self.url
        self.below = ""
        self.repacked: dict[str, Callable[[bytes], bytes]] = {}

    def answer(self, path: str) -> Answer:
        """Return the response to a GET of the path, packed where a proxy does so."""
        answer = self._answer(path)
        for ending, pack in self.repacked.items():
            if path.endswith(ending):
                body = pack(answer.body.read())
                headers = {"Content-Encoding": "gzip"}
                return Answer.of(answer.status, body, answer.content_type, headers)
        return answer

    def _answer(self, path: str) -> Answer:
        if path == f"{self.below}/{PACKAGE}":
            body = json.dumps(metadata(self.releases, self.tarball_url + self.below))
            return Answer.of(200, body, "application/json")
        for release in self.releases:
            if path == self.below + release.path:
                return Answer.of(200, release.tarball, "application/octet-stream")
        return Answer.of(404, '{"error": "Not found"}', "application/json")


class Handler(Sender):
    """A handler of GET alone: the stand-in has no publishing over HTTP."""

    server: PackageServer

    @property
    def closing(self) -> Event:
        """Return the server's event."""
        return self.server.closing

    def do_GET(self) -> None:
        """Send the response, or misbehave if a fault is due."""
        path = unquote(urlsplit(self.path).path)
        fault = self.server.draw(path)
        answer = self.server.answer(path)
        if fault is None:
            self.send(answer)
        else:
            KINDS[fault.kind](self, fault, answer)

    def record(self, status: int) -> None:
        """Record path and status."""
        self.server.requests.append((unquote(self.path), status))
