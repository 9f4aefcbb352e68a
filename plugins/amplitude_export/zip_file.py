"""Opens a zip within limits that no export reaches: before a member is read, and while it is.

zipfile reads a directory of any size, and members that overlap or unpack to thousands of times
their size. The limits are checked on what zipfile itself has found: a second parser could find
another directory in the same bytes.
"""

from __future__ import annotations

import errno
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, BinaryIO, cast

from amplitude_export.errors import ArchiveDamaged, ArchiveRefused
from amplitude_export.volume import open_file

# Amplitude returns 400 instead of an archive over 4 GB, whichever way these are counted.
MAX_ARCHIVE_BYTES = 5 * 10**9
# A day has 24 hours of a few parts each: a zip with more members than this is not an export.
MAX_MEMBERS = 100_000
# Characters of a member's name, which messages quote. That of an export has 40.
MAX_NAME = 256
# An entry of an export's directory has 46 bytes, a name of 40, and 28 more in a large archive.
MAX_DIRECTORY_BYTES = MAX_MEMBERS * 256
# Members are gzip streams, which the zip itself hardly makes smaller.
MAX_ZIP_RATIO = 10
# What unpacks to less than this takes no time or room worth a limit.
RATIO_FROM_BYTES = 64 * 2**20
# A local header, and an entry of the directory, without the name (APPNOTE 4.3.7 and 4.3.12).
_HEADER_BYTES, _ENTRY_BYTES = 30, 46
_ENTRY_BEGINS = b"PK\x01\x02"


class LimitedFile:
    """The file as zipfile reads it: a directory is refused before zipfile takes it apart."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.name = file.name
        self.seek, self.tell, self.seekable = file.seek, file.tell, file.seekable

    def read(self, size: int = -1) -> bytes:
        """Return bytes of the directory or of a member; zipfile reads the former in one piece."""
        if size > MAX_DIRECTORY_BYTES:
            raise refused(f"has a directory of {size:,} bytes, more than {MAX_DIRECTORY_BYTES:,}")
        piece = self._file.read(size)
        if len(piece) > MAX_MEMBERS * _ENTRY_BYTES:
            _require_few(piece.count(_ENTRY_BEGINS))
        return piece


@contextmanager
def open_archive(path: Path, file: BinaryIO | None = None) -> Iterator[zipfile.ZipFile]:
    """Open the archive for reading; `file` is it if it is open already.

    Raises ArchiveDamaged when its directory, or what the block reads, is damaged, ArchiveRefused
    when it needs a feature that no export uses or has more members than MAX_MEMBERS, and what
    `volume.open_file` raises.
    """
    with ExitStack() as stack:
        opened = file or stack.enter_context(open_file(path))
        try:
            yield stack.enter_context(_read_directory(opened, path))
        except (NotImplementedError, UnicodeDecodeError) as error:
            raise refused(f"cannot be read ({error})") from error
        except (zipfile.BadZipFile, EOFError, zlib.error) as error:
            raise damaged(path, error) from error


def _read_directory(file: BinaryIO, path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(cast("IO[bytes]", LimitedFile(file)))
    except UnicodeDecodeError:
        raise
    except (ValueError, IndexError, OverflowError, struct.error) as error:
        # Numbers of a damaged directory that zipfile takes for sizes, offsets and times.
        raise damaged(path, error) from error
    except OSError as error:
        # EINVAL: the directory points in front of the file.
        if error.errno != errno.EINVAL:
            raise
        raise damaged(path, error) from error


def has_directory(file: BinaryIO) -> bool:
    """Return False for a zip that was cut short: its directory is at its end."""
    try:
        return zipfile.is_zipfile(file)
    except zipfile.BadZipFile:
        # It is there, and damaged.
        return True


def require_limits(archive: zipfile.ZipFile) -> None:
    """Raise ArchiveRefused for what no export declares; nothing but the directory is read.

    That is more members than MAX_MEMBERS, members that overlap or are not within the file, and
    sizes and names beyond the limits above. Raises BadZipFile for a directory that has lost its
    members.
    """
    infos = archive.infolist()
    if not infos and archive.start_dir:
        raise zipfile.BadZipFile("it has bytes, and a directory without members")
    _require_few(len(infos))
    if (longest := max((len(info.orig_filename) for info in infos), default=0)) > MAX_NAME:
        raise refused(f"has a member whose name has {longest:,} characters")
    end = 0
    for info in sorted(infos, key=lambda info: info.header_offset):
        if info.header_offset < end:
            raise refused(f"has members that overlap, such as {info.filename!r}")
        end = info.header_offset + _HEADER_BYTES + info.compress_size
    if end > archive.start_dir:
        raise refused("declares more bytes than it has, so that members overlap its directory")
    packed, declared = sum(i.compress_size for i in infos), sum(i.file_size for i in infos)
    limit = min(MAX_ARCHIVE_BYTES, max(RATIO_FROM_BYTES, packed * MAX_ZIP_RATIO))
    if declared > limit:
        raise refused(f"declares members of {declared:,} bytes in {packed:,}, more than {limit:,}")


def refused(why: str) -> ArchiveRefused:
    """Return the error for an archive that no export looks like."""
    return ArchiveRefused(
        f"The archive {why}; no export looks like that, so nothing of it was unpacked.",
        "look at the archive, which stays on the volume (in export, as ….zip.damaged); clear "
        "stage_window.export to request it again.",
    )


def damaged(path: Path, error: Exception) -> ArchiveDamaged:
    """Return the error for an archive whose bytes are not those that were sent."""
    return ArchiveDamaged(
        f"The archive {path.name} is damaged: {str(error)[:MAX_NAME]}.",
        "clear stage_window.export to request it again; if it is damaged again, ask Amplitude's "
        "support.",
    )


def _require_few(members: int) -> None:
    if members > MAX_MEMBERS:
        raise refused(f"has {members:,} members, more than {MAX_MEMBERS:,}")
