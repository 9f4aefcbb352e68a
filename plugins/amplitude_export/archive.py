"""Amplitude's zip: which members it has, and that its bytes are what their checksums say.

A member's name is data. It is parsed, never used as a path; the name of the landed file is put
together from the parsed parts, so that no name can lead out of the workspace.
"""

from __future__ import annotations

import errno
import re
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TypedDict

from amplitude_export.errors import (
    AmplitudeUnavailable,
    ArchiveDamaged,
    ArchiveRefused,
    EmptyArchive,
    NotAnArchive,
    excerpt,
)
from amplitude_export.window import Window, WindowRecord

# A year of hours in a hundred parts each would be fewer; a zip with more is not an export.
MAX_MEMBERS = 100_000
_CHUNK = 1 << 20
_EXCERPT = 200
_ZIP_BEGINS = (b"PK\x03\x04", b"PK\x05\x06")
# Bits 0, 5 and 6 of a member's general purpose flags (APPNOTE 4.4.4).
_ENCRYPTED_OR_PATCHED = 0x61
_MIN_GZIP_BYTES = 18

# <project id>/<project id>_YYYY-MM-DD_H#N.json.gz, the hour without a leading zero.
_MEMBER = re.compile(
    r"(?:[^/\\\0:]+/)*(?P<project>[A-Za-z0-9-]{1,64})_(?P<day>\d{4}-\d{2}-\d{2})"
    r"_(?P<hour>\d{1,2})#(?P<part>\d{1,9})\.json\.gz",
    re.ASCII,
)


class ArchiveRecord(TypedDict):
    """One answer of the Export API; `file` is None when it said that there is nothing."""

    window: WindowRecord
    file: str | None
    bytes: int


class Exported(TypedDict):
    """What `export` leaves: the archives that together cover the window, and who wrote them."""

    window: WindowRecord
    archives: list[ArchiveRecord]
    host: str


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


@contextmanager
def open_archive(path: Path) -> Iterator[zipfile.ZipFile]:
    """The archive, to read from.

    Raises ArchiveDamaged when its directory, or what is read inside the block, does not hold, and
    ArchiveRefused when it asks for a feature that no export needs.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except (NotImplementedError, UnicodeDecodeError) as error:
        raise _refused(f"cannot be read ({error})") from error
    except (zipfile.BadZipFile, EOFError, zlib.error) as error:
        raise _damaged(path, error) from error
    except OSError as error:
        if error.errno != errno.EINVAL:  # a directory that points in front of the file
            raise
        raise _damaged(path, error) from error


def check_archive(path: Path, name: str = "") -> int:
    """Reads the archive once and returns its number of members.

    `name` is what messages call it, if not by its own name. Raises NotAnArchive (with an excerpt)
    when it does not begin like a zip, EmptyArchive when it has no member, AmplitudeUnavailable when
    its end is missing, so that it was cut short, ArchiveDamaged when a member's checksum does not
    hold, and ArchiveRefused for encryption and unknown compression.
    """
    name = name or path.name
    with path.open("rb") as file:
        head = file.read(_EXCERPT)
    if not head.startswith(_ZIP_BEGINS) and not _ZIP_BEGINS[0].startswith(head):
        raise NotAnArchive(
            f"Amplitude answered 200 with something that is not a zip for {name}; it begins with "
            f"{excerpt(head, _EXCERPT)!r}.",
            "look whether a proxy or a login page answers in Amplitude's place.",
        )
    if not zipfile.is_zipfile(path):
        raise AmplitudeUnavailable(
            f"The archive {name} has no directory at its end, so it was cut short after "
            f"{path.stat().st_size:,} bytes."
        )
    with open_archive(path) as archive:
        for info in archive.infolist():
            _require_readable(info)
            _read_to_the_end(archive, info)
        if not archive.infolist():
            raise EmptyArchive(f"Amplitude answered 200 with a zip without members for {name}.")
        return len(archive.infolist())


def _read_to_the_end(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> None:
    """At a member's end, zipfile compares its CRC-32 with the directory's."""
    with archive.open(info) as member:
        while member.read(_CHUNK):
            pass


def _require_readable(info: zipfile.ZipInfo) -> None:
    if info.flag_bits & _ENCRYPTED_OR_PATCHED:
        raise _refused(f"has the encrypted or patched member {info.filename!r}")
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise _refused(f"packs {info.filename!r} by the unknown method {info.compress_type}")


def members(archive: zipfile.ZipFile, window: Window) -> list[Member]:
    """The archive's members in the order of hour and part.

    Raises ArchiveRefused for whatever no export has: names of another shape, hours outside the
    window, the same part twice, encryption, unknown compression, more members than MAX_MEMBERS,
    or members that overlap in the file.
    """
    infos = [info for info in archive.infolist() if not info.is_dir() or info.file_size]
    if len(infos) > MAX_MEMBERS:
        raise _refused(f"has {len(infos):,} members, more than {MAX_MEMBERS:,}")
    found = sorted((_member(info, window) for info in infos), key=lambda m: (m.hour, m.part))
    stems = Counter(member.stem for member in found)
    if twice := [stem for stem, count in stems.items() if count > 1]:
        raise _refused(f"holds {twice[0]} {stems[twice[0]]} times")
    if sum(info.compress_size for info in infos) > _size(archive):
        raise _refused("declares more bytes than it has, so that members overlap")
    return found


def unpacked_bytes(path: Path, member: Member) -> int:
    """What the member's gzip trailer says it unpacks to: to plan with, not to rely on.

    The trailer holds the size modulo 4 GiB. A member that the zip itself compressed counts nothing:
    its trailer cannot be read without unpacking it.
    """
    info = member.info
    if info.compress_type != zipfile.ZIP_STORED or info.compress_size < _MIN_GZIP_BYTES:
        return 0
    with path.open("rb") as file:
        # A zip's local header: 26 bytes, the lengths of name and extra field, both, then the data.
        file.seek(info.header_offset + 26)
        name, extra = struct.unpack("<HH", file.read(4))
        file.seek(info.header_offset + 30 + name + extra + info.compress_size - 4)
        return int.from_bytes(file.read(4), "little")


def _member(info: zipfile.ZipInfo, window: Window) -> Member:
    # orig_filename: zipfile cuts a name at a NUL before it becomes `filename`.
    match = _MEMBER.fullmatch(info.orig_filename)
    if not match or ".." in info.orig_filename.split("/"):
        raise _refused(f"has a member named {info.orig_filename!r}")
    _require_readable(info)
    if match["day"] != f"{window.day}" or int(match["hour"]) not in window.hours:
        raise _refused(f"holds {info.filename!r}, outside of {window.day} {window.label}")
    return Member(info, match["project"], window.day, int(match["hour"]), int(match["part"]))


def _size(archive: zipfile.ZipFile) -> int:
    return Path(str(archive.filename)).stat().st_size


def _refused(why: str) -> ArchiveRefused:
    return ArchiveRefused(
        f"The archive {why}; no export looks like that, so nothing of it was unpacked.",
        "look at the archive on the volume; clear stage_window.export to ask for it again.",
    )


def _damaged(path: Path, error: Exception) -> ArchiveDamaged:
    return ArchiveDamaged(
        f"The archive {path.name} is damaged: {error}.",
        "clear stage_window.export to ask Amplitude again; if it comes again, ask its support.",
    )
