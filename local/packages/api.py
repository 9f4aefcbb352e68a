"""The stand-in in a thread of a test."""

from __future__ import annotations

from collections.abc import Callable

from local.faulty_server import InThread
from local.packages.package import Release
from local.packages.server import PackageServer


class Packages(InThread[PackageServer]):
    """The registry on a free port of 127.0.0.1."""

    def __init__(self) -> None:
        super().__init__(PackageServer(0))

    @property
    def requests(self) -> list[tuple[str, int]]:
        """Return path and status of each request so far, as a copy."""
        return list(self._server.requests)

    def publish(self, release: Release) -> None:
        """Publish a release as the newest version."""
        self._server.releases.append(release)

    def serve_below(self, path: str) -> None:
        """Serve everything below this path, such as `/npm`, and nothing beside it."""
        self._server.below = path

    def name_tarballs_at(self, url: str) -> None:
        """Let the metadata name this scheme, host and port instead of the registry's own."""
        self._server.tarball_url = url

    def repack(self, path: str, pack: Callable[[bytes], bytes]) -> None:
        """Pack the bodies of paths with this ending, as a proxy does, and call them gzip."""
        self._server.repacked[path] = pack
