"""Who owns which addresses: the public package of IP networks, as rows for IP_NETWORKS.

Files and columns are described in the package's own README. A key is an IPv4 address as a number,
or the first 64 bits of an IPv6 address as one. Of IPv6 only what is public, 2000::/3, is taken:
there the numbers cannot meet those of IPv4. AS 0 owns nothing (RFC 7607): its rows are left out.

**Where ranges meet on a key, it belongs to the one that begins last.** That is so for the parts of
one /64, of which the last one is the largest (others begin at its first addresses), and for ranges
that overlap by mistake: a network inside another one is the more specific. What of the other one
lies behind belongs to nobody, since no owner is better than a wrong one.
"""

from __future__ import annotations

import csv
import logging
import tarfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from gzip import BadGzipFile
from io import TextIOWrapper
from pathlib import Path
from socket import AF_INET, AF_INET6, inet_pton

import msgspec
from isal import igzip

from amplitude_export.errors import NetworksRefused
from amplitude_export.volume import atomic_write, volume_errors

log = logging.getLogger(__name__)

PACKAGE = "@ip-location-db/asn"
# A few mistakes are usual (one of 412,000 in June 2026). Where more of a file's ranges overlap than
# this share, it is not made as this module believes. Parts of one /64 don't count.
MAX_OVERLAPS = 0.001
_LARGEST_ASN = 2**32 - 1
_REPORT = (
    "the table is as it was, and a later version may be right: run the DAG again when there is "
    "one. If it stays, look at the file, and compare with the package's README."
)


class Network(msgspec.Struct, frozen=True):
    """One row: both keys inclusive; `asn` and `name` are of the autonomous system that owns it."""

    first_key: int
    last_key: int
    asn: int
    name: str


def write_networks(tarball: Path, path: Path) -> int:
    """Writes the package's networks as gzipped JSON lines, whole or not at all; returns how many.

    Raises NetworksRefused for a package that is not as described above, VolumeFull, VolumeRefused.
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
    """The package's networks in the order of their keys, none of them overlapping.

    Memory does not grow with the package. Raises NetworksRefused.
    """
    try:
        with volume_errors(tarball), tarfile.open(tarball, "r:gz") as package:
            for name, key in _KEYS.items():
                yield from _disjoint(_networks(package, name, key), name)
    except (tarfile.TarError, EOFError, zlib.error, BadGzipFile) as error:
        raise NetworksRefused(f"The package is no whole tarball: {error}.", _REPORT) from error


def _ipv4_key(text: str) -> int:
    return int.from_bytes(inet_pton(AF_INET, text))


def _ipv6_key(text: str) -> int:
    return int.from_bytes(inet_pton(AF_INET6, text)[:8])


_KEYS = {"asn-ipv4.csv": _ipv4_key, "asn-ipv6.csv": _ipv6_key}


def _networks(package: tarfile.TarFile, name: str, key: Callable[[str], int]) -> Iterator[Network]:
    """The file's rows that are about public addresses with an owner."""
    for line, row in _rows(package, name):
        try:
            first, last, asn_text, owner = row
            low, high, asn = key(first), key(last), int(asn_text)
            if low > high or not 0 <= asn <= _LARGEST_ASN:
                raise ValueError("the range ends before it begins, or there is no such AS")
        except (OSError, ValueError) as error:
            raise NetworksRefused(f"{name}, line {line}: {row} ({error}).", _REPORT) from error
        if asn and (key is _ipv4_key or _is_public(low, high)):
            yield Network(low, high, asn, " ".join(owner.split()) or f"AS{asn}")


def _is_public(low: int, high: int) -> bool:
    """Whether the keys are of 2000::/3, whose first three bits are 001."""
    return low >> 61 == high >> 61 == 1


def _rows(package: tarfile.TarFile, name: str) -> Iterator[tuple[int, list[str]]]:
    """The lines of a file of the package, each with its number."""
    try:
        content = package.extractfile(f"package/{name}")
    except KeyError:
        content = None
    if content is None:
        raise NetworksRefused(f"The package has no file {name}.", _REPORT)
    lines = csv.reader(TextIOWrapper(content, "utf-8", newline=""), strict=True)
    try:
        for row in lines:
            yield lines.line_num, row
    except (csv.Error, UnicodeDecodeError) as error:
        raise NetworksRefused(f"{name}, line {lines.line_num + 1}: {error}.", _REPORT) from error


def _disjoint(networks: Iterable[Network], name: str) -> Iterator[Network]:
    """The networks without the keys that belong to a later one, see above."""
    count = overlaps = 0
    held: Network | None = None
    for network in networks:
        count += 1
        if held and network.first_key < held.first_key:
            raise NetworksRefused(
                f"{name} is not in order: {network} comes after {held}.",
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
