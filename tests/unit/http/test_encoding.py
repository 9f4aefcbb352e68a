"""Content-Encoding undone: piece by piece, within bounds, and only where a body is packed."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator

import pytest
from amplitude_export.http.encoding import (
    MAX_ENCODINGS,
    DecodeFailed,
    decoded,
    unknown_encoding,
)
from hypothesis import given
from hypothesis import strategies as st

TEXT = b"".join(b"line %d\n" % number for number in range(5_000))


def pieces(body: bytes, size: int) -> Iterator[bytes]:
    return (body[start : start + size] for start in range(0, len(body), size))


def unpacked(body: bytes, header: str | None, size: int = 700, content: bytes = b"") -> bytes:
    return b"".join(decoded(pieces(body, size), header, content))


@pytest.mark.parametrize("size", [1, 7, 4096, 1 << 20])
@pytest.mark.parametrize(
    ("header", "body"),
    [
        ("gzip", gzip.compress(TEXT)),
        ("gzip", gzip.compress(TEXT[:50]) + gzip.compress(TEXT[50:])),
        ("deflate", zlib.compress(TEXT)),
        ("gzip, gzip", gzip.compress(gzip.compress(TEXT))),
        ("identity", TEXT),
        ("", TEXT),
        (None, TEXT),
    ],
)
def test_the_sizes_of_the_pieces_do_not_matter(header: str | None, body: bytes, size: int) -> None:
    """Bytes arrive as the network delivers them."""
    assert unpacked(body, header, size) == TEXT


@given(st.binary(max_size=9_000), st.integers(1, 9_000))
def test_packed_bytes_are_restored(body: bytes, size: int) -> None:
    """Whatever they are: an archive is not text."""
    assert unpacked(gzip.compress(body), "gzip", size) == body
    assert unpacked(zlib.compress(body), "deflate", size) == body


@given(st.binary(max_size=9_000), st.sampled_from(["br", "zstd", "utf-8", "aws-chunked"]))
def test_an_unknown_encoding_changes_nothing(body: bytes, header: str) -> None:
    """The check of the file decides."""
    assert unpacked(body, header) == body
    assert unknown_encoding(header) == header


@pytest.mark.parametrize("header", ["gzip", "deflate", "x-gzip", "identity", "", None])
def test_a_known_encoding_is_not_reported(header: str | None) -> None:
    """Messages name only what could not be undone."""
    assert unknown_encoding(header) == ""


def test_a_package_that_is_gzip_itself_is_unpacked_only_if_it_is_packed_once_more() -> None:
    """Servers take .tgz for an encoding; the checksum is about the .tgz."""
    tarball = gzip.compress(TEXT)
    assert unpacked(tarball, "gzip", content=b"\x1f\x8b") == tarball
    assert unpacked(gzip.compress(tarball), "gzip", content=b"\x1f\x8b") == tarball


def test_a_bomb_is_unpacked_in_pieces() -> None:
    """A megabyte that unpacks to a thousand is never in memory at once."""
    bomb = gzip.compress(bytes(1 << 26))
    sizes = [len(piece) for piece in decoded([bomb], "gzip")]
    assert (sum(sizes), max(sizes)) == (1 << 26, 1 << 20)


@pytest.mark.parametrize("header", ["gzip", "deflate"])
@pytest.mark.parametrize("cut", [1, 4, 5_000])
def test_a_stream_without_its_end_is_an_error(header: str, cut: int) -> None:
    """A response without a length would end there unnoticed."""
    pack = gzip.compress if header == "gzip" else zlib.compress
    with pytest.raises(DecodeFailed, match=f"'{header}' ends early"):
        unpacked(pack(TEXT)[:-cut], header)


@pytest.mark.parametrize("coding", ["gzip", "br"])
def test_many_encodings_are_an_error(coding: str) -> None:
    """A header has room for thousands, whose steps within each other are beyond the stack."""
    assert unpacked(TEXT, ",".join([coding] * MAX_ENCODINGS)) == TEXT
    for number in (MAX_ENCODINGS + 1, 10_000):
        with pytest.raises(DecodeFailed, match=f"has {number:,} encodings"):
            unpacked(TEXT, ",".join([coding] * number))


def test_a_damaged_stream_is_an_error() -> None:
    """Its checksum is that of the bytes that were packed."""
    body = gzip.compress(TEXT)
    with pytest.raises(DecodeFailed, match="'gzip' is damaged"):
        unpacked(body[:-8] + bytes(4) + body[-4:], "gzip")
