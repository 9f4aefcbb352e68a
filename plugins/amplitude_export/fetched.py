"""The archives that `export` has fetched, as the tasks after it read them: checked, within limits.

An archive is read only if it is the file that was fetched, and a member only as far as an export's
member can go.
"""

from __future__ import annotations

import os
import socket
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, BinaryIO

from isal import igzip

from amplitude_export.archive import (
    BROKEN,
    ArchiveRecord,
    Exported,
    Member,
    file_crc32,
    members,
)
from amplitude_export.errors import ArchiveDamaged, ArchiveRefused, FileMissing
from amplitude_export.volume import open_file
from amplitude_export.workspace import Workspace
from amplitude_export.zip_file import RATIO_FROM_BYTES, open_archive

# The size that a VARIANT holds in every Snowflake table; Amplitude accepts events of up to 1 MB.
MAX_LINE_BYTES = 16 * 2**20
BOM = b"\xef\xbb\xbf"
# A line of these alone is not an event, as for Snowflake's COPY.
BLANKS = b" \t\r"
# Bytes of a line to read at once: any line that can land comes in one piece.
LONGEST_PIECE = len(BOM) + MAX_LINE_BYTES + 1
# Events compress to a tenth; only a bomb, or one event a million times, to a five-hundredth.
MAX_RATIO = 500
# The bytes to which the members of a window together can unpack beyond MAX_RATIO.
FREE_BYTES = 2**30


def fetched_members(exported: Exported, workspace: Workspace) -> list[tuple[Path, Member]]:
    """Return the members of the window's archives, each with the path of its archive.

    Raises FileMissing when an archive was removed, ArchiveDamaged when it is not the one that was
    fetched, and what `archive.members` raises.
    """
    archives = [record for record in exported.archives if record.file]
    return [each for record in archives for each in _members(record, exported.host, workspace)]


def ratio_from(members: int) -> int:
    """Return the bytes to which each of so many members can unpack, whatever its packed size."""
    return min(RATIO_FROM_BYTES, FREE_BYTES // max(members, 1))


def max_text_bytes(info: zipfile.ZipInfo, ratio_from: int) -> int:
    """Return the bytes to which the member can unpack."""
    return max(ratio_from, info.compress_size * MAX_RATIO)


def member_text(
    packed: IO[bytes],
    info: zipfile.ZipInfo,
    max_bytes: int,
    read: Callable[[igzip.GzipFile], bytes],
) -> Iterator[bytes]:
    """Yield the member's text in the pieces that `read` returns.

    Raises ArchiveDamaged, also for an empty member, which decoders accept, and ArchiveRefused for a
    bomb.
    """
    total = 0
    try:
        with igzip.GzipFile(fileobj=packed, mode="rb") as text:
            while piece := read(text):
                total += len(piece)
                if total > max_bytes:
                    raise ArchiveRefused(
                        f"{info.filename!r} unpacks to more than {max_bytes:,} bytes from "
                        f"{info.compress_size:,}; no export looks like that.",
                        "look at the archive on the volume; clear stage_window.export to request "
                        "it again.",
                    )
                yield piece
        if info.file_size == 0:
            raise EOFError("it has no bytes at all")
    except BROKEN as error:
        raise ArchiveDamaged(
            f"{info.filename!r} is not one whole gzip stream: {error}.",
            "clear stage_window.export to request the archive again.",
        ) from error


def is_event(line: bytes) -> bool:
    """Return True unless the line, without its newline and a BOM, is blank."""
    return bool(line.strip(BLANKS)) or len(line) > MAX_LINE_BYTES


def is_continued(piece: bytes) -> bool:
    """Return True if the next piece of `by_line` belongs to the same line."""
    return len(piece) == LONGEST_PIECE and not piece.endswith(b"\n")


def by_line(text: igzip.GzipFile) -> bytes:
    """Read a line; one that is too long comes in several pieces."""
    line: bytes = text.readline(LONGEST_PIECE)
    return line


def _members(
    record: ArchiveRecord, host: str, workspace: Workspace
) -> Iterator[tuple[Path, Member]]:
    path = workspace.archive(record.window)
    try:
        opened = open_file(path)
    except FileNotFoundError as error:
        raise FileMissing(
            f"{path} is not on the volume of {socket.gethostname()}; {host} wrote it there.",
            "if that is another machine, mount the same volume on both. If the archive was removed "
            "after amplitude_archive_days, clear stage_window.export as well.",
        ) from error
    with opened as file:
        _require_fetched(file, record, host)
        # The same open file: members of another one would not have these checksums.
        with open_archive(path, file) as archive:
            found = members(archive, record.window)
    yield from ((path, member) for member in found)


def _require_fetched(file: BinaryIO, record: ArchiveRecord, host: str) -> None:
    """Raise ArchiveDamaged unless this is the file that export has fetched.

    Records of versions up to 0.6 have only its size.
    """
    size = os.fstat(file.fileno()).st_size
    crc32 = None if record.crc32 is None else file_crc32(file)
    if (size, crc32) != (record.bytes, record.crc32):
        raise ArchiveDamaged(
            f"{file.name} is not the archive that stage_window.export fetched on {host}: it has "
            f"{_described(size, crc32)}, the fetched one {_described(record.bytes, record.crc32)}. "
            "It was damaged, or another attempt or deployment has written its own in its place.",
            "clear stage_window.export of this window. If two deployments share the volume, give "
            "each a folder of its own (Airflow Variable amplitude_data_dir).",
        )


def _described(size: int, crc32: int | None) -> str:
    return f"{size:,} bytes" + ("" if crc32 is None else f" and the CRC-32 {crc32:08x}")
