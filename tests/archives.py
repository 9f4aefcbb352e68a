"""Build archives as Amplitude does, and break them in every way that tests need."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from amplitude_export.window import Window

DAY = "2026-09-24"
WHOLE_DAY = Window(f"{DAY}T00", f"{DAY}T23")
PROJECT = "123456"

# Offsets of (flags, method) within a zip's local header and its directory entry (APPNOTE 4.3).
_HEADERS = {b"PK\x03\x04": (6, 8), b"PK\x01\x02": (8, 10)}


def events(count: int, start: int = 0) -> bytes:
    """Return `count` events as newline-delimited JSON, with text beyond ASCII."""
    rows = (
        {"event_id": n, "event_type": "Ansicht – größer", "uuid": f"u{n}"}
        for n in _range(count, start)
    )
    return b"".join(json.dumps(row, ensure_ascii=False).encode() + b"\n" for row in rows)


def _range(count: int, start: int) -> range:
    return range(start, start + count)


def gz(text: bytes) -> bytes:
    """Return one gzip stream, with the same bytes every time."""
    return gzip.compress(text, mtime=0)


def name(hour: int = 2, part: int = 0, day: str = DAY, project: str = PROJECT) -> str:
    """Return a member's name as Amplitude writes it: the hour without a leading zero."""
    return f"{project}/{project}_{day}_{hour}#{part}.json.gz"


def zipped(
    path: Path,
    members: dict[str, bytes] | Iterable[tuple[str, bytes]],
    method: int = zipfile.ZIP_STORED,
) -> Path:
    """Return a zip of names and contents; the same name can occur twice."""
    pairs = members.items() if isinstance(members, dict) else members
    with zipfile.ZipFile(path, "w", method) as archive:
        for member, content in pairs:
            archive.writestr(zipfile.ZipInfo(member, (2026, 9, 24, 0, 0, 0)), content, method)
    return path


class _Pipe(io.RawIOBase):
    """A stream that only goes forward, so a writer cannot fill in sizes and checksums later."""

    def __init__(self) -> None:
        self.sent = b""

    def writable(self) -> bool:
        return True

    def write(self, piece: Any) -> int:
        self.sent += bytes(piece)
        return len(piece)


def streamed(
    path: Path,
    members: Iterable[tuple[str, bytes]],
    method: int = zipfile.ZIP_DEFLATED,
    comment: bytes = b"",
    zip64: bool = False,
) -> Path:
    """Return a zip as a server writes it while it sends: sizes are behind each member's data."""
    pipe = _Pipe()
    with zipfile.ZipFile(pipe, "w", method) as archive:
        archive.comment = comment
        for member, content in members:
            with archive.open(member, "w", force_zip64=zip64) as file:
                file.write(content)
    path.write_bytes(pipe.sent)
    return path


def hours(path: Path, counts: dict[int, int]) -> Path:
    """Return a complete archive with one part for each hour, with that many events."""
    return zipped(path, {name(h): gz(events(n, h * 1000)) for h, n in counts.items()})


def renamed(path: Path, old: bytes, new: bytes) -> Path:
    """Replace a name in the archive's bytes, for names that zipfile refuses to write."""
    if len(old) != len(new):
        raise ValueError("the new name must have the old one's length")
    path.write_bytes(path.read_bytes().replace(old, new))
    return path


def flagged(
    path: Path, flags: int = 0, method: int | None = None, version: int | None = None
) -> Path:
    """Set flags, or another method or version, in all headers of the archive."""
    data = bytearray(path.read_bytes())
    for magic, (flag_at, method_at) in _HEADERS.items():
        at = data.find(magic)
        while at >= 0:
            data[at + flag_at] |= flags
            if method is not None:
                data[at + method_at : at + method_at + 2] = method.to_bytes(2, "little")
            if version is not None:
                data[at + flag_at - 2] = version
            at = data.find(magic, at + 4)
    path.write_bytes(data)
    return path


def flipped(path: Path, inside: bytes) -> Path:
    """Flip one bit of the archive, in the middle of the bytes `inside`."""
    data = bytearray(path.read_bytes())
    data[data.index(inside) + len(inside) // 2] ^= 1
    path.write_bytes(data)
    return path


def cut(path: Path, size: int) -> Path:
    """Return the first `size` bytes of the archive; a negative size counts from its end."""
    path.write_bytes(path.read_bytes()[:size])
    return path


def bomb(megabytes: int) -> bytes:
    """Return a gzip stream that unpacks to that many MB of one repeated event."""
    packer = zlib.compressobj(9, wbits=31)
    piece = b'{"a": "' + b"x" * (2**20 - 10) + b'"}\n'
    return b"".join(packer.compress(piece) for _ in range(megabytes)) + packer.flush()
