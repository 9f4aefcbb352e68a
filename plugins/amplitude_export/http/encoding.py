"""Unpacks bodies that come with a Content-Encoding, although none was requested.

Proxies that open TLS and content networks pack responses whatever the request accepts. Some name an
encoding and leave the body as it is: a body that is not packed is passed on unchanged, as is one
whose encoding is unknown, because what reads it knows better what it has to look like.
"""

from __future__ import annotations

import logging
import zlib
from collections.abc import Iterable, Iterator
from itertools import chain

log = logging.getLogger(__name__)

# The header of a request, sent to Amplitude and to the registry alike.
IDENTITY = {"Accept-Encoding": "identity"}
_PIECE_BYTES = 1 << 20
# Each is a step for every piece. Servers apply one, and proxies another one.
MAX_ENCODINGS = 5
# The beginning tells whether a body is packed; a gzip header can hold a file's name.
_HEAD_BYTES = 4096
_BEGINNING_BYTES = 16
_GZIP, _ZLIB, _RAW = 16 + zlib.MAX_WBITS, zlib.MAX_WBITS, -zlib.MAX_WBITS
_WINDOW_BITS = {"gzip": (_GZIP,), "x-gzip": (_GZIP,), "deflate": (_ZLIB, _RAW)}


class DecodeFailed(Exception):
    """A body is packed, and its packing is damaged or incomplete."""


def decoded(pieces: Iterable[bytes], header: str | None, content: bytes = b"") -> Iterator[bytes]:
    """Yield the body's bytes without the encodings that the header Content-Encoding names.

    `content` is how the body begins when it is unpacked, if that is known: a package that is a gzip
    file itself is not unpacked because a server takes its ending for an encoding. Raises
    DecodeFailed, also for more than MAX_ENCODINGS, and what reading the pieces raises.
    """
    pieces = iter(pieces)
    codings = _codings(header)
    if len(codings) > MAX_ENCODINGS:
        raise DecodeFailed(f"Content-Encoding has {len(codings):,} encodings")
    # The encodings are listed in the order in which they were applied.
    for coding in reversed(codings):
        pieces = _without(pieces, coding, content)
    return pieces


def unknown_encoding(header: str | None) -> str:
    """Return the first encoding of the header that cannot be undone; empty if there is none."""
    return next((coding for coding in _codings(header) if coding not in _WINDOW_BITS), "")


def _codings(header: str | None) -> list[str]:
    codings = [coding.strip().lower() for coding in (header or "").split(",")]
    return [coding for coding in codings if coding not in ("", "identity")]


def _without(pieces: Iterator[bytes], coding: str, content: bytes) -> Iterator[bytes]:
    head = b""
    for piece in pieces:
        head += piece
        if len(head) >= _HEAD_BYTES:
            break
    window_bits = _recognised(head, coding, content)
    if window_bits is None:
        log.warning("A body with Content-Encoding %r is taken as it came.", coding)
        yield from chain([head], pieces)
    else:
        yield from _inflated(chain([head], pieces), window_bits, coding)


def _recognised(head: bytes, coding: str, content: bytes) -> int | None:
    """Return zlib's parameter for the body that begins like this; None if it is not packed so."""
    for window_bits in _WINDOW_BITS.get(coding, ()):
        try:
            # gzip and zlib have a header, after which an error is damage; raw deflate has none.
            tried = _HEAD_BYTES if window_bits == _RAW else _BEGINNING_BYTES
            begins = zlib.decompressobj(window_bits).decompress(head, tried)
        except zlib.error:
            continue
        if head and begins[: len(content)] == content:
            return window_bits
    return None


def _inflated(pieces: Iterable[bytes], window_bits: int, coding: str) -> Iterator[bytes]:
    stream, members = zlib.decompressobj(window_bits), 1
    for piece in pieces:
        data = piece
        while data:
            if stream.eof and window_bits != _GZIP:
                break
            if stream.eof:
                stream, members = zlib.decompressobj(window_bits), members + 1
            try:
                unpacked = stream.decompress(data, _PIECE_BYTES)
            except zlib.error as error:
                if members == 1:
                    raise DecodeFailed(
                        f"Content-Encoding {coding!r} is damaged: {error}"
                    ) from error
                # Bytes after the end of a gzip stream are not a part of it.
                break
            data = stream.unconsumed_tail or stream.unused_data
            if unpacked:
                yield unpacked
    yield stream.flush()
    if not stream.eof and members == 1:
        raise DecodeFailed(f"Content-Encoding {coding!r} ends early")
