"""The two ends, each a process of its own: a server of one archive, and an S3 that keeps nothing.

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
        """Nothing: the log would be part of what is measured."""

    def _head(self, length: int, headers: dict[str, str]) -> None:
        self.send_response(200)
        for name, value in {**headers, "Content-Length": str(length)}.items():
            self.send_header(name, value)
        self.end_headers()


class ArchiveHandler(_Quiet):
    """Answers any GET with the archive."""

    archive: Path

    def do_GET(self) -> None:
        """The archive, sent by the kernel."""
        with self.archive.open("rb") as file:
            self._head(self.archive.stat().st_size, {"Content-Type": "application/zip"})
            self.wfile.flush()
            self.connection.sendfile(file)


class SinkHandler(_Quiet):
    """Takes PUT object and multipart uploads as boto3 sends them over http, and forgets them.

    Bodies are not looked into: the sink has to be faster than whoever writes to it. A GET says what
    came since the last GET.
    """

    latency: float
    came: Counter[str] = Counter()
    lock = threading.Lock()

    def do_PUT(self) -> None:
        """An object, or a part of one."""
        self._take(objects="uploadId" not in self._query())
        self._head(0, {"ETag": '"00000000000000000000000000000000"'})

    def do_POST(self) -> None:
        """The beginning or the end of a multipart upload."""
        begins = "uploads" in self._query()
        self._take(objects=not begins)
        name = "InitiateMultipartUploadResult" if begins else "CompleteMultipartUploadResult"
        self._say(f"<{name}><UploadId>1</UploadId><ETag>&quot;0&quot;</ETag></{name}>")

    def do_GET(self) -> None:
        """Objects that are complete and bytes of all of them, as JSON."""
        with self.lock:
            self._say(json.dumps({"objects": self.came["objects"], "bytes": self.came["bytes"]}))
            self.came.clear()

    def _query(self) -> dict[str, list[str]]:
        return parse_qs(urlsplit(self.path).query, keep_blank_values=True)

    def _say(self, text: str) -> None:
        self._head(len(text), {})
        self.wfile.write(text.encode())

    def _take(self, objects: bool) -> None:
        size = int(self.headers.get("Content-Length", 0))
        self._skip(size)
        with self.lock:
            self.came.update(objects=objects, bytes=size * (self.command == "PUT"))
        time.sleep(self.latency)

    def _skip(self, size: int) -> None:
        """All threads read into the same memory: nobody looks at it."""
        while size:
            read = self.rfile.readinto(memoryview(_scratch)[: min(size, _PIECE)])
            if not read:
                raise EOFError("the client left in the middle of a body")
            size -= read


_scratch = bytearray(_PIECE)


@contextmanager
def serving(kind: str, argument: str) -> Iterator[str]:
    """The base URL of a server that lives as long as the block."""
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
    """Serves until the process is ended."""
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
