"""The day as its new archives have it: lines and checksums of each hour, and the uuids of one.

Memory does not grow with the archives: they are read line by line, and again for the uuids.
"""

from __future__ import annotations

import zipfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from isal import isal_zlib

from amplitude_export.archive import Exported, Member
from amplitude_export.fetched import (
    BOM,
    by_line,
    fetched_members,
    is_continued,
    is_event,
    max_text_bytes,
    member_text,
    ratio_from,
)
from amplitude_export.manifest import crc32_text
from amplitude_export.workspace import Workspace
from amplitude_export.zip_file import open_archive

# In the place of the uuid of a line that is not JSON.
UNREADABLE = "(not JSON)"


class FileSum(NamedTuple):
    """The lines of one file's JSON, its bytes, and their CRC-32 as S3 writes it."""

    events: int
    bytes: int
    crc32: str


@dataclass
class ExportedHour:
    """The lines of an hour, and its files in any order. A file without a line does not count."""

    lines: int = 0
    files: Counter[FileSum] = field(default_factory=Counter)


class _Event(msgspec.Struct):
    uuid: Any = None


_decode = msgspec.json.Decoder(_Event).decode


class ExportedDay:
    """The archives that an export of the day has left on the volume.

    All methods raise what `fetched_members` and `member_text` raise.
    """

    def __init__(self, exported: Exported, workspace: Workspace) -> None:
        self._members = fetched_members(exported, workspace)
        self._ratio_from = ratio_from(len(self._members))

    def hours(self) -> dict[int, ExportedHour]:
        """Read everything once; an hour, 0 to 23 UTC, without a line is missing."""
        found: dict[int, ExportedHour] = {}
        for archive, member in _opened(self._members):
            if (file := self._sum(archive, member)).events:
                hour = found.setdefault(member.hour, ExportedHour())
                hour.lines += file.events
                hour.files[file] += 1
        return found

    def uuids(self, hour: int) -> Iterator[str | None]:
        """Yield the uuid of each line of the hour; None for an event that has none."""
        of_hour = [each for each in self._members if each[1].hour == hour]
        for archive, member in _opened(of_hour):
            for piece, is_line in _lines(self._pieces(archive, member)):
                if is_line:
                    yield _uuid(piece)

    def _sum(self, archive: zipfile.ZipFile, member: Member) -> FileSum:
        events = size = crc = 0
        for piece, is_line in _lines(self._pieces(archive, member)):
            events += is_line
            size += len(piece)
            crc = isal_zlib.crc32(piece, crc)
        return FileSum(events, size, crc32_text(crc))

    def _pieces(self, archive: zipfile.ZipFile, member: Member) -> Iterator[bytes]:
        limit = max_text_bytes(member.info, self._ratio_from)
        with archive.open(member.info) as packed:
            yield from member_text(packed, member.info, limit, by_line)


def _opened(members: Sequence[tuple[Path, Member]]) -> Iterator[tuple[zipfile.ZipFile, Member]]:
    """Yield the members with their open archive; those of one archive are adjacent."""
    for path, share in groupby(members, key=lambda each: each[0]):
        with open_archive(path) as archive:
            yield from ((archive, member) for _, member in share)


def _lines(pieces: Iterator[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Yield each piece, and whether a line that is not blank begins with it."""
    before: bytes | None = None
    for piece in pieces:
        line = piece.removeprefix(BOM) if before is None else piece
        begins = before is None or not is_continued(before)
        yield piece, begins and is_event(line.removesuffix(b"\n"))
        before = piece


def _uuid(line: bytes) -> str | None:
    try:
        uuid = _decode(line.removeprefix(BOM)).uuid
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return UNREADABLE
    return None if uuid is None else str(uuid)
