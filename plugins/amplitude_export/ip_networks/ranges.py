"""Reads the public package of IP networks and their owners as rows for IP_NETWORKS.

The package's own README describes its files and columns. A key is an IPv4 address, or the first 64
bits of an IPv6 address, as a number. Only public IPv6 addresses, 2000::/3, are used: their keys
differ from all keys of IPv4. Rows of AS 0 are omitted, since it owns nothing (RFC 7607).

**If ranges share a key, it belongs to the range that begins last.** That is right for the parts of
one /64, of which the last is the largest (the others take its first addresses), and for ranges that
overlap by mistake, where a network inside another one is the more specific. The part of the outer
range behind the inner one gets no owner: no owner is better than a wrong one.
"""

from __future__ import annotations

import csv
import gzip
import logging
import tarfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from io import TextIOWrapper
from pathlib import Path
from socket import AF_INET, AF_INET6, inet_pton
from typing import IO, cast

import msgspec
from isal import igzip

from amplitude_export.errors import NetworksRefused
from amplitude_export.volume import atomic_write, open_file, volume_errors

log = logging.getLogger(__name__)

PACKAGE = "@ip-location-db/asn"
# A few mistakes are usual (one in 412,000 in June 2026). If a larger share of a file's ranges
# overlaps, the file is not what this module assumes. Parts of one /64 do not count.
MAX_OVERLAPS = 0.001
_LARGEST_ASN = 2**32 - 1
# The package has 10 MB, and 60 MB unpacked, in a few files; a line has two addresses and a name.
MAX_TARBALL_BYTES, MAX_UNPACKED_BYTES = 256 * 2**20, 2**30
MAX_FILES, MAX_LINE_CHARACTERS = 1000, 4096
# Characters of a line in a message.
_EXCERPT_CHARACTERS = 200
# tarfile reads what describes a file in one piece, and a file's content in smaller ones.
_MAX_PIECE_BYTES = 2**16
# What reading a broken package raises; tarfile takes damaged numbers for sizes and offsets.
_BROKEN = (
    tarfile.TarError,
    EOFError,
    zlib.error,
    gzip.BadGzipFile,
    ValueError,
    OverflowError,
    RecursionError,
)
_REPORT = (
    "the table is unchanged. A later version can be right: run the DAG again when there is one. If "
    "the error persists, compare the file with the package's README."
)


class Network(msgspec.Struct, frozen=True):
    """One row; both keys are inclusive, `asn` and `name` are the owning autonomous system's."""

    first_key: int
    last_key: int
    asn: int
    name: str


def write_networks(tarball: Path, path: Path) -> int:
    """Write the package's networks as gzipped JSON lines, atomically; return their number.

    Raises NetworksRefused for a package that is not as described above, VolumeFull and
    VolumeRefused.
    """
    encode = msgspec.json.Encoder().encode
    count = 0
    with atomic_write(path) as file, igzip.IGzipFile(fileobj=file, mode="wb", mtime=0) as lines:
        for network in read_networks(tarball):
            lines.write(encode(network) + b"\n")
            count += 1
    log.info("The package has %s networks.", f"{count:,}")
    return count


def read_networks(tarball: Path) -> Iterator[Network]:
    """Yield the package's networks in the order of their keys, without overlaps.

    Memory does not grow with the package. Raises NetworksRefused, and VolumeRefused for what
    `volume.open_file` refuses.
    """
    try:
        with (
            volume_errors(tarball),
            open_file(tarball) as packed,
            gzip.open(packed) as unpacked,
            tarfile.open(fileobj=cast("IO[bytes]", _Limited(unpacked)), mode="r:") as package,
        ):
            for name, key in _KEYS.items():
                yield from _disjoint(_networks(package, name, key), name)
    except _BROKEN as error:
        raise NetworksRefused(
            f"The package is not a complete tarball: {error}.", _REPORT
        ) from error


class _Limited:
    """The unpacked tarball as tarfile reads it: never much at once, and not beyond a limit."""

    def __init__(self, file: gzip.GzipFile) -> None:
        self._file = file
        self.tell, self.seekable = file.tell, file.seekable

    def seek(self, offset: int) -> int:
        """Go to the offset, which costs the time of unpacking up to there."""
        _require_at_most(offset, MAX_UNPACKED_BYTES, "unpacked bytes")
        return self._file.seek(offset)

    def read(self, size: int) -> bytes:
        """Return the next bytes."""
        _require_at_most(size, _MAX_PIECE_BYTES, "bytes that describe one file")
        piece = self._file.read(size)
        _require_at_most(self._file.tell(), MAX_UNPACKED_BYTES, "unpacked bytes")
        return piece


def _require_at_most(number: int, most: int, what: str) -> None:
    if number > most:
        raise NetworksRefused(f"The package has more than {most:,} {what}.", _REPORT)


def _ipv4_key(text: str) -> int:
    return int.from_bytes(inet_pton(AF_INET, text))


def _ipv6_key(text: str) -> int:
    return int.from_bytes(inet_pton(AF_INET6, text)[:8])


_KEYS = {"asn-ipv4.csv": _ipv4_key, "asn-ipv6.csv": _ipv6_key}


def _networks(package: tarfile.TarFile, name: str, key: Callable[[str], int]) -> Iterator[Network]:
    """Yield the file's rows that have public addresses and an owner."""
    for line, row in _rows(package, name):
        try:
            first, last, asn_text, owner = row
            low, high, asn = key(first), key(last), int(asn_text)
            if low > high or not 0 <= asn <= _LARGEST_ASN:
                raise ValueError(
                    "the range ends before it begins, or its AS number is out of range"
                )
        except (OSError, ValueError) as error:
            row_text = f"{row}"[:_EXCERPT_CHARACTERS]
            raise NetworksRefused(f"{name}, line {line}: {row_text} ({error}).", _REPORT) from error
        if asn and (key is _ipv4_key or _is_public(low, high)):
            yield Network(low, high, asn, " ".join(owner.split()) or f"AS{asn}")


def _is_public(low: int, high: int) -> bool:
    """Return True if the keys are in 2000::/3, whose first three bits are 001."""
    return low >> 61 == high >> 61 == 1


def _rows(package: tarfile.TarFile, name: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the lines of one file of the package with their numbers."""
    lines = csv.reader(_lines(_content(package, name), name), strict=True)
    try:
        for row in lines:
            yield lines.line_num, row
    except (csv.Error, UnicodeDecodeError) as error:
        raise NetworksRefused(f"{name}, line {lines.line_num + 1}: {error}.", _REPORT) from error


def _content(package: tarfile.TarFile, name: str) -> IO[bytes]:
    for count, info in enumerate(package, 1):
        _require_at_most(count, MAX_FILES, "files")
        # tarfile would go back by a negative size, and never come to an end.
        if info.size < 0:
            raise tarfile.ReadError(f"{info.name!r} has the size {info.size}")
        if info.name == f"package/{name}" and info.isfile() and not info.issparse():
            return cast("IO[bytes]", package.extractfile(info))
    raise NetworksRefused(f"The package does not contain the file {name}.", _REPORT)


def _lines(content: IO[bytes], name: str) -> Iterator[str]:
    text = TextIOWrapper(content, "utf-8", newline="")
    number = 0
    while line := text.readline(MAX_LINE_CHARACTERS):
        number += 1
        if len(line) == MAX_LINE_CHARACTERS:
            raise NetworksRefused(
                f"{name}, line {number} has {MAX_LINE_CHARACTERS:,} characters or more.", _REPORT
            )
        yield line


def _disjoint(networks: Iterable[Network], name: str) -> Iterator[Network]:
    """Yield the networks without the keys that belong to a later one, see above."""
    count = overlaps = 0
    held: Network | None = None
    for network in networks:
        count += 1
        if held and network.first_key < held.first_key:
            raise NetworksRefused(
                f"{name} is not sorted: {network} comes after {held}.",
                _REPORT,
            )
        if held and network.first_key <= held.last_key:
            overlaps += network.first_key < held.last_key
            held = msgspec.structs.replace(held, last_key=network.first_key - 1)
        if held and held.first_key <= held.last_key:
            yield held
        held = network
    if held is None:
        raise NetworksRefused(f"{name} has no network.", _REPORT)
    yield held
    if overlaps > count * MAX_OVERLAPS:
        raise NetworksRefused(
            f"{name}: {overlaps:,} of {count:,} ranges overlap the next one.", _REPORT
        )
    log.info("%s: of %s ranges %d overlap the next one.", name, f"{count:,}", overlaps)
