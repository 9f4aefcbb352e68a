"""Responses that a proxy has packed, or has labelled as packed, although identity was requested."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from amplitude_export.errors import AmplitudeUnavailable, ExportRefused, NotAnArchive, PipelineError

from local.export_api import SECRET_KEY
from tests.archives import events, gz, name, zipped
from tests.faults.matrix import Row, Stage

HTML = b"<html><title>Just a moment</title></html>"
# Bytes as a brotli stream has them: neither text nor a magic number.
BROTLI = bytes(range(0x8B, 0xFF)) + bytes(range(40))


def raw_deflate(body: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(body) + packer.flush()


def as_it_is(body: bytes) -> bytes:
    return body


# The Content-Encoding of a response, and what was done to its body.
PACKED: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "gzip": ("gzip", gzip.compress),
    "x-gzip": ("x-gzip", gzip.compress),
    "GZIP": ("GZIP", gzip.compress),
    "deflate": ("deflate", zlib.compress),
    "deflate without zlib's header": ("deflate", raw_deflate),
    "two": ("deflate, gzip", lambda body: gzip.compress(zlib.compress(body))),
    "gzip of two members": ("gzip", lambda b: gzip.compress(b[:99]) + gzip.compress(b[99:])),
    "gzip with bytes after its end": ("gzip", lambda body: gzip.compress(body) + bytes(9)),
    "gzip that is not packed": ("gzip", as_it_is),
    "deflate that is not packed": ("deflate", as_it_is),
    "identity": ("identity", as_it_is),
    "a charset": ("utf-8", as_it_is),
}


@pytest.mark.parametrize("how", PACKED)
def test_a_packed_archive_is_unpacked(stage: Stage, tmp_path: Path, how: str) -> None:
    """The archive on the volume is Amplitude's own, and the day is loaded from it."""
    encoding, pack = PACKED[how]
    archive = zipped(tmp_path / "a.zip", {name(2): gz(events(20))}).read_bytes()
    headers = {"Content-Encoding": encoding}
    stage.api.fail("status", status=200, body=pack(archive), headers=headers, times=None)
    assert stage.run(until="decompress") is None
    (path,) = stage.day.volume.rglob("*.zip")
    assert path.read_bytes() == archive
    assert stage.run() is None
    stage.require_loaded({2: 20})


def test_nothing_but_identity_is_requested(stage: Stage) -> None:
    """Otherwise a server could pack by itself."""
    assert stage.run() is None
    assert {request.accepts for request in stage.api.requests} == {"identity"}


# Status, Content-Encoding, body; the error and parts of its message.
REFUSED: dict[str, tuple[int, str, bytes, type[PipelineError], tuple[str, ...]]] = {
    "a packed page": (200, "gzip", gzip.compress(HTML), NotAnArchive, ("Just a moment", "proxy")),
    "an unknown encoding": (200, "br", BROTLI, NotAnArchive, ("binary", "'br'", "proxy")),
    "binary": (200, "", BROTLI, NotAnArchive, ("binary", "8b 8c 8d 8e")),
    "a cut stream": (
        200,
        "gzip",
        gzip.compress(HTML * 99)[:-9],
        AmplitudeUnavailable,
        ("'gzip' ends early",),
    ),
    "a damaged stream": (
        200,
        "gzip",
        gzip.compress(HTML * 99)[:-8] + bytes(8),
        AmplitudeUnavailable,
        ("'gzip' is damaged", "proxy"),
    ),
    "401, packed": (401, "gzip", gzip.compress(b"who?"), ExportRefused, ("who?", "check login")),
    "401, not packed": (401, "gzip", b"who?", ExportRefused, ("who?", "check login")),
    "401, unknown": (401, "br", BROTLI, ExportRefused, ("binary", "'br'", "check login")),
    "401, damaged": (
        401,
        "gzip",
        gzip.compress(b"who?")[:12],
        ExportRefused,
        ("'gzip' ends early",),
    ),
    "401, many encodings": (
        401,
        ",".join(["br"] * 10_000),
        BROTLI,
        ExportRefused,
        ("10,000 encodings", "check login"),
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_no_message_has_binary_data(stage: Stage, case: str) -> None:
    """It has the text that was packed, or the encoding; what the status means stays."""
    status, encoding, body, expected, message = REFUSED[case]
    headers = {"Content-Encoding": encoding} if encoding else {}
    stage.api.fail("status", status=status, body=body, headers=headers, times=None)
    error = stage.require(Row(error=expected, message=message))
    assert "\ufffd" not in str(error)
    assert str(error).isprintable()


def test_a_secret_in_a_packed_body_is_masked(stage: Stage) -> None:
    """A server can echo what it received, and pack it."""
    body = gzip.compress(f"bad key {SECRET_KEY}".encode())
    headers = {"Content-Encoding": "gzip"}
    stage.api.fail("status", status=403, body=body, headers=headers, times=None)
    stage.require(Row(error=ExportRefused, message=("bad key ***",)))
