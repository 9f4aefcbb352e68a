"""The proxy in a thread of a test."""

from __future__ import annotations

from local.faulty_server import InThread
from local.s3_proxy.request import Request
from local.s3_proxy.server import ProxyServer


class S3Proxy(InThread[ProxyServer]):
    """A proxy on a free port of 127.0.0.1 in front of `endpoint`, the http URL of an S3."""

    def __init__(self, endpoint: str) -> None:
        super().__init__(ProxyServer(0, endpoint))

    @property
    def requests(self) -> list[Request]:
        """Return a copy of the requests so far, in the order of their responses."""
        return list(self._server.requests)
