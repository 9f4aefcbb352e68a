"""Saves an archive from a response of the Export API."""

from __future__ import annotations

import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from isal import igzip

from amplitude_export.archive import (
    BROKEN,
    Member,
    check_archive,
    file_crc32,
    members,
)
from amplitude_export.errors import (
    AmplitudeUnavailable,
    ArchiveDamaged,
    ArchiveRefused,
    DownloadDamaged,
    NotAnArchive,
)
from amplitude_export.http.download import Body, Limits, save_body
from amplitude_export.http.encoding import unknown_encoding
from amplitude_export.volume import open_file, rename
from amplitude_export.window import Window
from amplitude_export.zip_file import MAX_ARCHIVE_BYTES, open_archive

# For the whole body. 4 GB, the largest archive, need 1.2 MB/s.
DEADLINE = timedelta(hours=1)
# A slower body only keeps the connection open.
MIN_BYTES_PER_MINUTE = 1_000_000
# Of a member that begins with so many blanks, `decompress` counts the events.
_HEAD_BYTES = 1 << 16


@dataclass(frozen=True)
class SavedArchive:
    """An archive on the volume: its size, its CRC-32, and the hours, 0 to 23, with events in it."""

    bytes: int
    crc32: int
    hours: frozenset[int]


@dataclass(frozen=True)
class Fetched:
    """A response: its time (UTC, by Amplitude's clock), and its archive; None without events."""

    at: datetime
    archive: SavedArchive | None = None

    @property
    def hours(self) -> frozenset[int]:
        """The hours of the day, 0 to 23 UTC, that came with events."""
        return self.archive.hours if self.archive else frozenset()


class _NoMember(Exception):
    """The zip has no member; its file is not kept."""


def save_archive(
    body: Body,
    path: Path,
    window: Window,
    announced: int | None,
    clock: Callable[[], float] = time.monotonic,
    encoding: str | None = None,
) -> SavedArchive | None:
    """Write the body to `path`; the file gets its name after the archive is checked.

    `announced` is the Content-Length and `encoding` the Content-Encoding, if there are any. Returns
    None, and keeps no file, when the zip has no member. Raises VolumeFull, AmplitudeUnavailable
    when the body is cut short, too slow or packed and damaged, DownloadDamaged, and what
    `check_archive` and `members` raise. A damaged or refused archive stays beside `path` as
    `<name>.damaged`.
    """
    limits = Limits(DEADLINE, MIN_BYTES_PER_MINUTE, MAX_ARCHIVE_BYTES, _too_large)
    checked: list[SavedArchive] = []

    def check(part: Path) -> None:
        try:
            checked.append(_checked(part, path.name, window))
        except ArchiveDamaged as error:
            _keep(part, path)
            raise DownloadDamaged(error.what.replace(part.name, path.name), _DAMAGED) from error
        except ArchiveRefused:
            _keep(part, path)
            raise
        except NotAnArchive as error:
            if unknown := unknown_encoding(encoding):
                error.what += f" Its Content-Encoding is {unknown!r}, which cannot be undone."
                error.args = (error.what, *error.args[1:])
            raise

    try:
        save_body(
            body, path, announced, limits, AmplitudeUnavailable, check, clock, encoding=encoding
        )
    except _NoMember:
        return None
    return checked[0]


_DAMAGED = (
    "if it is damaged on each try, look for what changes bytes between Amplitude and the workers, "
    "and ask Amplitude's support; clear stage_window.export to request it again. The last one is "
    "on the volume, as ….zip.damaged."
)


def _checked(part: Path, name: str, window: Window) -> SavedArchive:
    check_archive(part, name)
    with open_archive(part) as archive:
        if not (found := members(archive, window)):
            raise _NoMember
        hours = frozenset(member.hour for member in found if _has_text(archive, member))
    with open_file(part) as file:
        return SavedArchive(part.stat().st_size, file_crc32(file), hours)


def _has_text(archive: zipfile.ZipFile, member: Member) -> bool:
    """Return False for a member without any event: its hour is a gap, as without the member."""
    with archive.open(member.info) as packed:
        try:
            # The standard library reads zeros behind the data byte by byte, half a second a MB.
            head = igzip.GzipFile(fileobj=packed).read(_HEAD_BYTES)
        except BROKEN:
            # It is broken, which `decompress` reports.
            return True
    return len(head) == _HEAD_BYTES or bool(head.strip())


def _too_large(why: str) -> ArchiveRefused:
    return ArchiveRefused(
        f"The archive {why}: Amplitude returns 400 instead of one over 4 GB. Nothing was kept.",
        "find out what responds in Amplitude's place; clear stage_window.export to request the "
        "hours again.",
    )


def _keep(part: Path, path: Path) -> None:
    rename(part, f"{path.name}.damaged")
