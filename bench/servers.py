"""Two servers, each in its own process: one serves an archive, one is an S3 that stores nothing.

`python -m bench.servers archive FILE` and `python -m bench.servers s3 LATENCY` print their port
when they listen on the loopback, and serve until they are ended.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import IO, cast
from urllib.parse import parse_qs, urlsplit

from bench import ROOT

_PIECE = 1 << 20


class _Quiet(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Head and body in two small packets would wait for the client's delayed acknowledgement.
    disable_nagle_algorithm = True

    def log_message(self, format: str, *args: object) -> None:
        """Log nothing: the log would be part of what is measured."""

    def _head(self, length: int, headers: dict[str, str]) -> None:
        self.send_response(200)
        for name, value in {**headers, "Content-Length": str(length)}.items():
            self.send_header(name, value)
        self.end_headers()


class ArchiveHandler(_Quiet):
    """Respond to every GET with the archive."""

    archive: Path

    def do_GET(self) -> None:
        """Send the archive with sendfile."""
        with self.archive.open("rb") as file:
            self._head(self.archive.stat().st_size, {"Content-Type": "application/zip"})
            self.wfile.flush()
            self.connection.sendfile(file)


class SinkHandler(_Quiet):
    """Accept PUT object and multipart uploads as boto3 sends them over HTTP, and discard them.

    Bodies are not inspected: the sink has to be faster than its clients. A GET reports what has
    arrived since the last GET.
    """

    latency: float
    received: Counter[str] = Counter()
    lock = threading.Lock()

    def do_PUT(self) -> None:
        """Accept an object, or a part of one."""
        self._take(objects="uploadId" not in self._query())
        self._head(0, {"ETag": '"00000000000000000000000000000000"'})

    def do_POST(self) -> None:
        """Begin or complete a multipart upload."""
        begins = "uploads" in self._query()
        self._take(objects=not begins)
        name = "InitiateMultipartUploadResult" if begins else "CompleteMultipartUploadResult"
        self._respond(f"<{name}><UploadId>1</UploadId><ETag>&quot;0&quot;</ETag></{name}>")

    def do_GET(self) -> None:
        """Send the number of complete objects and the bytes of all objects, as JSON."""
        with self.lock:
            self._respond(
                json.dumps({"objects": self.received["objects"], "bytes": self.received["bytes"]})
            )
            self.received.clear()

    def _query(self) -> dict[str, list[str]]:
        return parse_qs(urlsplit(self.path).query, keep_blank_values=True)

    def _respond(self, text: str) -> None:
        self._head(len(text), {})
        self.wfile.write(text.encode())

    def _take(self, objects: bool) -> None:
        size = int(self.headers.get("Content-Length", 0))
        self._skip(size)
        with self.lock:
            self.received.update(objects=objects, bytes=size * (self.command == "PUT"))
        time.sleep(self.latency)

    def _skip(self, size: int) -> None:
        """Read the body into memory that all threads share: its content does not matter."""
        while size:
            read = self.rfile.readinto(memoryview(_scratch)[: min(size, _PIECE)])
            if not read:
                raise EOFError("the client disconnected in the middle of a body")
            size -= read


_scratch = bytearray(_PIECE)


@contextmanager
def serving(kind: str, argument: str) -> Iterator[str]:
    """Start a server for the length of the block, and yield its base URL."""
    command = [sys.executable, "-m", "bench.servers", kind, argument]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT, text=True)
    try:
        port = cast("IO[str]", server.stdout).readline().strip()
        if not port:
            raise RuntimeError(f"{' '.join(command)} ended with status {server.wait()}")
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait()


def main(kind: str, argument: str) -> None:
    """Serve until the process is terminated."""
    handler: type[_Quiet]
    if kind == "archive":
        handler = ArchiveHandler
        ArchiveHandler.archive = Path(argument)
    else:
        handler = SinkHandler
        SinkHandler.latency = float(argument)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        print(server.server_port, flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
