"""Amplitude's zip: its members, and the check of its bytes against their checksums.

A member's name is data. It is parsed and never used as a path; the name of the landed file is made
of the parsed parts, so that no name can lead out of the workspace.
"""

from __future__ import annotations

import re
import struct
import zipfile
import zlib
from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import BinaryIO, cast

import msgspec
from isal import igzip
from isal.isal_zlib import IsalError

from amplitude_export.errors import AmplitudeUnavailable, NotAnArchive
from amplitude_export.redaction import excerpt
from amplitude_export.volume import open_file
from amplitude_export.window import Window
from amplitude_export.zip_file import has_directory, open_archive, refused, require_limits

_CHUNK_BYTES = 1 << 20
EXCERPT_BYTES = 200
# What reading a broken member raises: OverflowError for a gzip header of more than half a megabyte.
# isal's type stub declares its error as a value, not a class.
_ISAL_ERROR = cast("type[Exception]", IsalError)
BROKEN = (
    EOFError,
    igzip.BadGzipFile,
    OverflowError,
    zipfile.BadZipFile,
    zlib.error,
    _ISAL_ERROR,
)
# A local file header; and the end of the directory, with which a zip without members begins.
_ZIP_BEGINS = (b"PK\x03\x04", b"PK\x05\x06")
# Bits 0, 5 and 6 of a member's general purpose flags (APPNOTE 4.4.4).
_ENCRYPTED_OR_PATCHED = 0x61
# A gzip header of 10 bytes and a trailer of 8 (RFC 1952).
_MIN_GZIP_BYTES = 18

# <project id>/<project id>_YYYY-MM-DD_H#N.json.gz, the hour without a leading zero.
_MEMBER = re.compile(
    r"(?:[^/\\\0:]+/)*(?P<project>[A-Za-z0-9-]{1,64})_(?P<day>\d{4}-\d{2}-\d{2})"
    r"_(?P<hour>\d{1,2})#(?P<part>\d{1,9})\.json\.gz",
    re.ASCII,
)


class ArchiveRecord(msgspec.Struct, frozen=True):
    """One response of the Export API; `file` is None when there are no events.

    `bytes` and `crc32` are the file's size and CRC-32, `exported_at` the time of the response (UTC,
    by Amplitude's clock). Versions up to 0.6 have neither checksum nor time.
    """

    window: Window
    file: str | None
    bytes: int
    crc32: int | None = None
    exported_at: datetime | None = None


class Exported(msgspec.Struct, frozen=True):
    """The result of `export`: the archives that together cover the window, and their host.

    `gaps` are the hours, 0 to 23 UTC, that usually have events and were confirmed as empty.
    """

    window: Window
    archives: list[ArchiveRecord]
    host: str
    gaps: list[int] = []

    def __post_init__(self) -> None:
        """Raise ValueError unless each hour of the window is in one archive."""
        windows = [archive.window for archive in self.archives]
        hours = sorted(hour for each in windows for hour in each.hours)
        if hours != self.window.hours or any(each.day != self.window.day for each in windows):
            raise ValueError("its archives do not make up its window")

    @property
    def exported_at(self) -> list[datetime]:
        """The time of the response of each hour, in order; empty if one of them is unknown."""
        times = {hour: each.exported_at for each in self.archives for hour in each.window.hours}
        known = [time for hour in self.window.hours if (time := times.get(hour))]
        return known if len(known) == len(self.window.hours) else []


@dataclass(frozen=True)
class Member:
    """One gzipped part of one hour."""

    info: zipfile.ZipInfo
    project: str
    day: date
    hour: int
    part: int

    @property
    def stem(self) -> str:
        """The landed file's name without its ending: `<project>_<YYYY-MM-DD>_<HH>_<part>`."""
        return f"{self.project}_{self.day:%Y-%m-%d}_{self.hour:02}_{self.part}"


def check_archive(path: Path, name: str = "") -> int:
    """Read the archive once and return its number of members.

    `name` is its name in messages, by default the file's. Raises NotAnArchive (with an excerpt)
    when it does not begin like a zip, AmplitudeUnavailable when its end is missing, so that it was
    cut short, ArchiveDamaged when a member's checksum is wrong, and ArchiveRefused for encryption,
    unknown compression and, before a member is read, what `require_limits` refuses.
    """
    name = name or path.name
    with open_file(path) as file:
        require_zip(file.read(EXCERPT_BYTES), name)
        if not has_directory(file):
            raise AmplitudeUnavailable(
                f"The archive {name} has no directory at its end, so it was cut short after "
                f"{path.stat().st_size:,} bytes."
            )
    with open_archive(path) as archive:
        require_limits(archive)
        for info in archive.infolist():
            _require_readable(info)
            _read_to_the_end(archive, info)
        return len(archive.infolist())


def require_zip(head: bytes, name: str) -> None:
    """Raise NotAnArchive, with an excerpt, unless a body that begins with `head` can be a zip."""
    if not head.startswith(_ZIP_BEGINS) and not _ZIP_BEGINS[0].startswith(head):
        raise NotAnArchive(
            f"Amplitude returned 200 with a body that is not a zip for {name}; it begins with "
            f"{excerpt(head, EXCERPT_BYTES)!r}.",
            "check whether a proxy or a login page responds in Amplitude's place.",
        )


def file_crc32(file: BinaryIO) -> int:
    """Return the CRC-32 of an open file, which is at its start afterwards."""
    crc = 0
    file.seek(0)
    while chunk := file.read(_CHUNK_BYTES):
        crc = zlib.crc32(chunk, crc)
    file.seek(0)
    return crc


def _read_to_the_end(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> None:
    # At a member's end, zipfile compares its CRC-32 with the directory's.
    with archive.open(info) as member:
        while member.read(_CHUNK_BYTES):
            pass


def _require_readable(info: zipfile.ZipInfo) -> None:
    if info.flag_bits & _ENCRYPTED_OR_PATCHED:
        raise refused(f"has the encrypted or patched member {info.filename!r}")
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise refused(
            f"compresses {info.filename!r} with the unsupported method {info.compress_type}"
        )


def members(archive: zipfile.ZipFile, window: Window) -> list[Member]:
    """Return the archive's members in the order of hour and part.

    Raises ArchiveRefused for anything that no export has: names of another shape, hours outside the
    window, the same part twice, encryption, unknown compression, and what `require_limits` refuses.
    """
    require_limits(archive)
    # Not `is_dir`, which raises for a member without a name.
    infos = [i for i in archive.infolist() if i.file_size or not i.filename.endswith("/")]
    found = sorted((_member(info, window) for info in infos), key=lambda m: (m.hour, m.part))
    stems = Counter(member.stem for member in found)
    if twice := [stem for stem, count in stems.items() if count > 1]:
        raise refused(f"holds {twice[0]} {stems[twice[0]]} times")
    return found


def unpacked_bytes(path: Path, member: Member) -> int:
    """Return the unpacked size of the member by its gzip trailer: an estimate, not a promise.

    The trailer holds the size modulo 4 GiB. A member that the zip itself compressed counts as 0,
    because its trailer cannot be read without unpacking it.
    """
    info = member.info
    if info.compress_type != zipfile.ZIP_STORED or info.compress_size < _MIN_GZIP_BYTES:
        return 0
    with open_file(path) as file:
        # A zip's local header: 26 bytes, the lengths of name and extra field, both, then the data.
        file.seek(info.header_offset + 26)
        name, extra = struct.unpack("<HH", file.read(4))
        file.seek(info.header_offset + 30 + name + extra + info.compress_size - 4)
        return int.from_bytes(file.read(4), "little")


def _member(info: zipfile.ZipInfo, window: Window) -> Member:
    # orig_filename: zipfile cuts a name at a NUL before it becomes `filename`.
    match = _MEMBER.fullmatch(info.orig_filename)
    if not match or ".." in info.orig_filename.split("/"):
        raise refused(f"has a member named {info.orig_filename!r}")
    _require_readable(info)
    if match["day"] != f"{window.day}" or int(match["hour"]) not in window.hours:
        raise refused(f"holds {info.filename!r}, outside of {window.day} {window.label}")
    return Member(info, match["project"], window.day, int(match["hour"]), int(match["part"]))
