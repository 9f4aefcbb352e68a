"""The process of the warehouse, from its command line until SIGTERM."""

from __future__ import annotations

import argparse
import asyncio
import logging
import signal
import socket
import sys
import warnings
from pathlib import Path
from types import FrameType

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from local.warehouse import presence, server
from local.warehouse.answers import TRANSPORT
from local.warehouse.sessions import connections
from local.warehouse.store import Store
from local.warehouse.trust import Trust

HOST = "127.0.0.1"


class WatchedProtocol(HttpToolsProtocol):
    """A protocol that reports lost connections to sessions; answers.Dropped can end it."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Store the transport of a new connection."""
        super().connection_made(transport)
        self.app_state = self.app_state | {TRANSPORT: transport}

    def connection_lost(self, exc: Exception | None) -> None:
        """Report the end of a connection, whichever side ended it."""
        if self.client:
            for connection in connections():
                connection.transactions.presence.disconnected(self.client)
        super().connection_lost(exc)


class Server(uvicorn.Server):
    """A server that reports when it is ready, and wakes all waits when it ends."""

    def __init__(self, config: uvicorn.Config, closing: asyncio.Event) -> None:
        super().__init__(config)
        self._closing = closing

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Print the line that the launcher waits for."""
        await super().startup(sockets)
        if sockets:
            print(f"ready http://{HOST}:{sockets[0].getsockname()[1]}", flush=True)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Wake all waits at a signal."""
        self._closing.set()
        for connection in connections():
            connection.transactions.closed = True
        super().handle_exit(sig, frame)


def main() -> None:
    """Serve until a signal ends it, then close the files; exit with 0."""
    arguments = _arguments()
    _quieten()
    presence.GONE_SECONDS = arguments.gone_seconds
    store = Store(arguments.file, Trust(arguments.s3_endpoint))
    # uvicorn sends itself the signal again once it has ended: this must not kill the process
    # before the files are closed.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    signal.signal(signal.SIGINT, lambda *_: sys.exit(0))
    closing = asyncio.Event()
    config = uvicorn.Config(
        server.app(store, closing),
        http=WatchedProtocol,
        log_level="warning",
        # Clients keep their connection open: its end means that they are gone.
        timeout_keep_alive=86400,
        timeout_graceful_shutdown=2,
    )
    try:
        Server(config, closing).run(sockets=[_listening(arguments.port)])
    finally:
        for connection in connections():
            connection.close()
        store.close()


def _quieten() -> None:
    """Silence fakesnow and sqlglot, which log unusual statements; the client gets the error."""
    logging.getLogger("fakesnow.server").setLevel(logging.ERROR)
    logging.getLogger("sqlglot").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", message="Arrow output on a DB-API result")


def _listening(port: int) -> socket.socket:
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind((HOST, port))
    return listening


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m local.warehouse", description=__doc__)
    parser.add_argument("--file", type=Path, required=True, help="the DuckDB catalogue file")
    parser.add_argument("--s3-endpoint", required=True, help="URL of the S3 and STS API")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument(
        "--gone-seconds",
        type=float,
        default=presence.GONE_SECONDS,
        help="seconds for which a client without a connection keeps its locks",
    )
    return parser.parse_args()
