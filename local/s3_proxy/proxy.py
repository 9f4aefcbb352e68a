"""The proxy inside a test: a server in a thread for as long as the `with` lasts."""

from __future__ import annotations

from threading import Thread
from typing import Self

from local.s3_proxy.request import Request
from local.s3_proxy.server import ProxyServer


class S3Proxy:
    """A proxy on a free port of 127.0.0.1 in front of `endpoint`, the http URL of an S3."""

    def __init__(self, endpoint: str) -> None:
        self._server = ProxyServer(0, endpoint)
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
        """The requests so far, in the order of their answers, as a copy."""
        return list(self._server.requests)

    def fail(self, name: str, **changes: object) -> None:
        """Queue a fault of faults.FAULTS, with fields changed: `fail("slow_down", times=3)`."""
        self._server.faults.add(name, **changes)

    def recover(self) -> None:
        """Forget all faults."""
        self._server.faults.clear()
