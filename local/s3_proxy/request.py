"""A request as the proxy records it and faults match it, and its body as it arrives."""

from __future__ import annotations

from dataclasses import dataclass
from email.message import Message
from io import BufferedIOBase
from urllib.parse import urlsplit

# Bodies of any size pass through in pieces of this many bytes.
PIECE = 256 * 1024


@dataclass(frozen=True, slots=True)
class Request:
    """A request with `path` and `query` as sent; `status` is 0 without a response."""

    method: str
    path: str
    query: str
    status: int = 0

    @classmethod
    def of(cls, method: str, target: str) -> Request:
        """Return the request of a request line, without a response yet."""
        url = urlsplit(target)
        return cls(method, url.path, url.query)


class Body:
    """A request's body: with a Content-Length, in chunks, or absent."""

    def __init__(self, headers: Message, stream: BufferedIOBase) -> None:
        self.chunked = "chunked" in headers.get("Transfer-Encoding", "").lower()
        self._stream = stream
        # Bytes to come, in all or in this chunk.
        self._left = 0 if self.chunked else int(headers.get("Content-Length", 0))
        self._more_chunks = self.chunked

    def read(self, size: int = PIECE) -> bytes:
        """Return up to `size` bytes, none at the end; raise ConnectionError if it ends early."""
        if not self._left and self._more_chunks:
            self._begin_chunk()
        piece = self._stream.read(min(size, self._left))
        if self._left and not piece:
            raise ConnectionError("the client hung up")
        self._left -= len(piece)
        if self._more_chunks and not self._left:
            self._line()
        return piece

    def _begin_chunk(self) -> None:
        self._left = int(self._line().split(b";")[0], 16)
        if not self._left:
            self._more_chunks = False
            while self._line():
                pass

    def _line(self) -> bytes:
        line = self._stream.readline()
        if not line:
            raise ConnectionError("the client hung up")
        return line.strip()
