"""The files that land: counted, and their checksums computed, while they are written."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import IO, Any, BinaryIO

from isal import isal_zlib

from amplitude_export.archive import Member
from amplitude_export.manifest import LandedFile, crc32_text


@dataclass
class _Sum:
    """Number and CRC-32 of bytes that stream by."""

    size: int = 0
    _crc: int = 0

    def add(self, piece: bytes) -> None:
        """Count the piece."""
        self._crc = isal_zlib.crc32(piece, self._crc)
        self.size += len(piece)

    @property
    def crc32(self) -> str:
        """The CRC-32 as S3 writes it."""
        return crc32_text(self._crc)


class Landing:
    """A file that lands; counts its bytes and computes their CRC-32 while they are written.

    `text` counts what it has ungzipped: the same bytes, or those that the caller adds.
    """

    def __init__(self, file: BinaryIO, is_gzipped: bool) -> None:
        self._file = file
        self._landed = _Sum()
        self.text = _Sum() if is_gzipped else self._landed

    def write(self, piece: bytes) -> None:
        """Write the bytes, and count them."""
        self._file.write(piece)
        self._landed.add(piece)

    def file(self, member: Member, name: str, key: str, events: int) -> LandedFile:
        """Return the record of the file that was written."""
        return LandedFile(
            hour=member.hour,
            part=member.part,
            file=name,
            key=key,
            events=events,
            bytes=self._landed.size,
            crc32=self._landed.crc32,
            json_bytes=self.text.size,
            json_crc32=self.text.crc32,
        )


class Tee(io.RawIOBase):
    """A gzipped member that lands as it is while it is read for the check."""

    def __init__(self, packed: IO[bytes], landing: Landing) -> None:
        self._packed = packed
        self._landing = landing

    def readable(self) -> bool:
        """Return True: the check reads from here."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read into the buffer what lands as well; return its number of bytes."""
        piece = self._packed.read(len(buffer))
        self._landing.write(piece)
        buffer[: len(piece)] = piece
        return len(piece)
