"""One request and its answer on the wire; misbehaviour.py uses the same parts to do it badly."""

from __future__ import annotations

import contextlib
import socket
import struct
from collections.abc import Iterator, Mapping
from http.client import HTTPConnection, HTTPResponse
from http.server import BaseHTTPRequestHandler
from threading import Event

from local.s3_proxy.request import PIECE, Body

# What is said of one connection only. The proxy does its own "Expect: 100-continue".
HOP_BY_HOP = {"connection", "keep-alive", "te", "trailer", "upgrade", "expect"}


class Exchange(BaseHTTPRequestHandler):
    """An HTTP/1.1 request handler that asks S3 and relays what it says."""

    protocol_version = "HTTP/1.1"
    # Head and body go out in two writes; with Nagle the second would wait for an ACK.
    disable_nagle_algorithm = True
    body: Body

    @property
    def s3(self) -> str:
        """Host and port of the S3 behind the proxy."""
        raise NotImplementedError

    @property
    def closing(self) -> Event:
        """Set when the proxy stops, so that nothing sleeps on."""
        raise NotImplementedError

    def record(self, status: int) -> None:
        """Called before an answer's first byte, or with 0 when there will be none."""
        raise NotImplementedError

    @contextlib.contextmanager
    def forwarded(self) -> Iterator[HTTPResponse]:
        """What S3 answers to the request. Raises OSError or HTTPException when it does not."""
        with contextlib.closing(HTTPConnection(self.s3, blocksize=PIECE)) as connection:
            # The Host stays the client's, as its signature covers it.
            connection.putrequest(
                self.command, self.path, skip_host=True, skip_accept_encoding=True
            )
            for name, value in self.headers.items():
                if name.lower() not in HOP_BY_HOP:
                    connection.putheader(name, value)
            connection.endheaders(self.body, encode_chunked=self.body.chunked)
            yield connection.getresponse()

    def relay(self, answer: HTTPResponse) -> None:
        """Send S3's answer on. Raises OSError or HTTPException when it ends too early."""
        self.record(answer.status)
        self.send_response_only(answer.status, answer.reason)
        for name, value in answer.getheaders():
            if name.lower() not in HOP_BY_HOP | {"transfer-encoding"}:
                self.send_header(name, value)
        if answer.length is None:
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self._relay_in_chunks(answer)
        else:
            self.end_headers()
            self._relay_body(answer)

    def send(self, status: int, text: str, headers: Mapping[str, str]) -> None:
        """Answer for S3; what is left of the request's body is read, to stay in step."""
        self.drain()
        self.record(status)
        self.send_response(status)
        data = text.encode()
        for name, value in ({"Content-Length": str(len(data))} | dict(headers)).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def drain(self) -> None:
        """Read the rest of the request's body."""
        while self.body.read():
            pass

    def reset(self) -> None:
        """End the connection with a TCP reset."""
        # Lingering for 0 s makes close() send RST; detach() as the handler's files hold it open.
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        socket.close(self.connection.detach())
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:
        """Quiet: `S3Proxy.requests` is the log."""

    def _relay_body(self, answer: HTTPResponse) -> None:
        while piece := answer.read(PIECE):
            self.wfile.write(piece)
        if answer.length:
            raise ConnectionError(f"S3 ended {answer.length} bytes early")

    def _relay_in_chunks(self, answer: HTTPResponse) -> None:
        while piece := answer.read(PIECE):
            self.wfile.write(b"%X\r\n%b\r\n" % (len(piece), piece))
        self.wfile.write(b"0\r\n\r\n")
