"""An independent reader of archives, written with the standard library only.

It shares no code with the unpacking on purpose: `verify` compares the results of both. Only the
record of lines that Snowflake refused is the same, and how a file is opened.
"""

from __future__ import annotations

import gzip
import json
import re
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, BinaryIO, cast

from amplitude_export.refused_lines import digest
from amplitude_export.volume import open_file
from amplitude_export.zip_file import LimitedFile

# What zipfile and gzip raise for damaged archives: the last five for damaged numbers and names.
ARCHIVE_ERRORS = (
    zipfile.BadZipFile,
    gzip.BadGzipFile,
    EOFError,
    zlib.error,
    RuntimeError,
    ValueError,
    IndexError,
    OverflowError,
    struct.error,
)
# `<project>/<project>_2026-09-24_7#0.json.gz`: the hour is not padded.
_MEMBER = re.compile(r"_(\d{1,2})#\d+\.json\.gz$")
NO_UUID = "(no uuid)"
# Bytes: the size limit of a VARIANT.
_MAX_BYTES = 16 * 2**20


@dataclass
class ExportedHour:
    """The events of one hour by uuid, with repeats; the numbers of other lines, and of files.

    A file without an event does not count: nothing of it lands.
    """

    uuids: Counter[str] = field(default_factory=Counter)
    bad_lines: int = 0
    files: int = 0


def exported_hour(
    archives: Iterable[Path], hour: int, refused: Container[str] = ()
) -> ExportedHour:
    """Read one hour, 0 to 23, of a day's archives. Memory grows with the hour's events.

    Lines whose digest is in `refused` are not events. Raises ARCHIVE_ERRORS and OSError if an
    archive cannot be read to its end, ArchiveRefused for a directory that is too large, and
    VolumeRefused.
    """
    found = ExportedHour()
    for lines in _members(archives, hour):
        before = found.uuids.total()
        for line in _not_blank(lines):
            uuid = None if refused and digest(line) in refused else _uuid(line)
            if uuid is None:
                found.bad_lines += 1
            else:
                found.uuids[uuid] += 1
        found.files += found.uuids.total() > before
    return found


def _members(archives: Iterable[Path], hour: int) -> Iterator[IO[bytes]]:
    for path in archives:
        with open_file(path) as file, zipfile.ZipFile(_limited(file)) as archive:
            for member in archive.infolist():
                match = _MEMBER.search(member.filename)
                if match and int(match[1]) == hour:
                    with archive.open(member) as packed, gzip.open(packed) as lines:
                        yield cast("IO[bytes]", lines)


def _limited(file: BinaryIO) -> IO[bytes]:
    return cast("IO[bytes]", LimitedFile(file))


def _not_blank(file: IO[bytes]) -> Iterator[bytes]:
    for number, line in enumerate(_bounded(file)):
        text = line if number else line.removeprefix(b"\xef\xbb\xbf")
        if text.strip(b" \t\r\n") or _is_too_long(text):
            yield text


def _bounded(file: IO[bytes]) -> Iterator[bytes]:
    """Yield the lines, of one that is too long only the beginning: it can have gigabytes."""
    most = len(b"\xef\xbb\xbf") + _MAX_BYTES + 1
    while line := file.readline(most):
        yield line
        while len(line) == most and not line.endswith(b"\n"):
            line = file.readline(most)


def _uuid(line: bytes) -> str | None:
    """Return the event's uuid; None for a line that Snowflake would not load as an event."""
    if _is_too_long(line):
        return None
    try:
        event = json.loads(
            line.decode(), object_pairs_hook=_unique, parse_constant=_refuse, parse_int=_number
        )
    except (ValueError, RecursionError):
        return None
    return str(event.get("uuid") or NO_UUID) if isinstance(event, dict) else None


def _is_too_long(line: bytes) -> bool:
    return len(line.removesuffix(b"\n")) > _MAX_BYTES


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(found := dict(pairs)) < len(pairs):
        raise ValueError("a key comes twice")
    return found


def _number(digits: str) -> float:
    # As Snowflake: DOUBLE beyond 38 digits. Python raises for an integer of more than 4,300.
    return int(digits) if len(digits) <= 38 else float(digits)


def _refuse(constant: str) -> None:
    raise ValueError(constant)
