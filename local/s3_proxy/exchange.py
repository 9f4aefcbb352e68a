"""One request and its response on the wire; misbehaviour.py breaks them with the same parts."""

from __future__ import annotations

import contextlib
import socket
import struct
from collections.abc import Iterator, Mapping
from http.client import HTTPConnection, HTTPResponse
from http.server import BaseHTTPRequestHandler
from threading import Event

from local.s3_proxy.request import PIECE, Body

# Headers of one connection only. The proxy handles "Expect: 100-continue" itself.
HOP_BY_HOP = {"connection", "keep-alive", "te", "trailer", "upgrade", "expect"}


class Exchange(BaseHTTPRequestHandler):
    """An HTTP/1.1 request handler that forwards requests to S3 and relays the responses."""

    protocol_version = "HTTP/1.1"
    # Head and body are two writes; with Nagle the second would wait for an ACK.
    disable_nagle_algorithm = True
    body: Body

    @property
    def s3(self) -> str:
        """Return host and port of the S3 behind the proxy."""
        raise NotImplementedError

    @property
    def closing(self) -> Event:
        """Return the event that is set when the proxy stops; waits end with it."""
        raise NotImplementedError

    def record(self, status: int) -> None:
        """Record the response's status before its first byte, or 0 when there will be none."""
        raise NotImplementedError

    @contextlib.contextmanager
    def forwarded(self) -> Iterator[HTTPResponse]:
        """Yield S3's response to the request; raise OSError or HTTPException if there is none."""
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
        """Relay S3's response; raise OSError or HTTPException when it ends too early."""
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
        """Respond in place of S3; the rest of the request's body is read first, to stay in step."""
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
        """Do not log: `S3Proxy.requests` is the log."""

    def _relay_body(self, answer: HTTPResponse) -> None:
        while piece := answer.read(PIECE):
            self.wfile.write(piece)
        if answer.length:
            raise ConnectionError(f"S3 ended {answer.length} bytes early")

    def _relay_in_chunks(self, answer: HTTPResponse) -> None:
        while piece := answer.read(PIECE):
            self.wfile.write(b"%X\r\n%b\r\n" % (len(piece), piece))
        self.wfile.write(b"0\r\n\r\n")
