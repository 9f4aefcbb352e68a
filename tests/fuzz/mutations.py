"""Mutations of real archives: the same seed makes the same bytes."""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from tests.archives import events, gz, hours, name, streamed, zipped

SAMPLE = Path(__file__).parents[2] / "local/samples/export_20260924T00_20260924T23.zip"
# What begins the parts of a zip and of a gzip stream: most mutations are close behind one of them.
PARTS = (b"PK\x01\x02", b"PK\x03\x04", b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x07", b"\x1f\x8b")
ODD = (0, 1, 0x7F, 0x80, 0xFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 2**63, 2**64 - 1)
# The length of the longest part without its name, the end record of zip64.
PART_BYTES = 60

Mutate = Callable[[Random, bytearray], None]


def mutated_zip(seed: int) -> bytes:
    """Return an archive with some wrong bytes, or a whole one of members that have some."""
    random = Random(seed)
    if random.random() < 0.3:
        member = random.choice([gz(events(9)), gzip.compress(_mutated(random, events(9)))])
        members = {name(): _mutated(random, member), name(3): gz(events(2))}
        with TemporaryDirectory() as folder:
            method = random.choice([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
            return zipped(Path(folder) / "a.zip", members, method).read_bytes()
    return _mutated(random, random.choice(_zips()))


def mutated_tarball(seed: int) -> bytes:
    """Return a package of IP networks with some wrong bytes: of the tar, or of its packing."""
    random = Random(seed)
    tar = _mutated(random, _tar())
    return (
        _mutated(random, gzip.compress(tar, 1)) if random.random() < 0.2 else gzip.compress(tar, 1)
    )


@cache
def _zips() -> list[bytes]:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "a.zip"
        pairs = [(name(hour), gz(events(5))) for hour in (2, 3)]
        return [
            SAMPLE.read_bytes(),
            hours(path, {1: 3, 2: 2, 23: 1}).read_bytes(),
            zipped(path, dict(pairs), zipfile.ZIP_DEFLATED).read_bytes(),
            streamed(path, pairs, comment=b"a comment").read_bytes(),
            streamed(path, pairs, zipfile.ZIP_STORED, zip64=True).read_bytes(),
            zipped(path, {"123456/": b"", name(): b"", "größer/" + name(4): gz(b"")}).read_bytes(),
        ]


@cache
def _tar() -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as package:
        for file, text in (
            ("asn-ipv4.csv", "192.0.2.0,192.0.2.9,1,One\n"),
            ("größer", "of pax"),
            ("asn-ipv6.csv", '2001:db8::,2001:db8::1,2,"Two, Inc"\n'),
        ):
            info = tarfile.TarInfo(f"package/{file}")
            info.size = len(text)
            package.addfile(info, io.BytesIO(text.encode()))
    return packed.getvalue()


def _mutated(random: Random, data: bytes) -> bytes:
    changed = bytearray(data)
    for _ in range(random.choice((1, 1, 1, 2, 3, 8))):
        if changed:
            random.choice(MUTATIONS)(random, changed)
    return bytes(changed)


def _place(random: Random, data: bytearray) -> int:
    part = random.choice(PARTS)
    if random.random() < 0.7 and (count := data.count(part)):
        at = -1
        for _ in range(random.randint(1, count)):
            at = data.find(part, at + 1)
        return min(at + random.randrange(PART_BYTES), len(data) - 1)
    return random.randrange(len(data))


def _flip(random: Random, data: bytearray) -> None:
    data[_place(random, data)] ^= 1 << random.randrange(8)


def _odd_number(random: Random, data: bytearray) -> None:
    at, size = _place(random, data), random.choice((1, 2, 4, 8))
    data[at : at + size] = (random.choice(ODD) % 256**size).to_bytes(size, "little")


def _odd_text(random: Random, data: bytearray) -> None:
    at = _place(random, data)
    piece = random.choice((b"\0", b"-1", b"\xff\xff", b"../", b"{}\n", b"9" * 20, *PARTS))
    data[at : at + len(piece) * random.randrange(2)] = piece


def _cut(random: Random, data: bytearray) -> None:
    at = _place(random, data)
    del data[at : at + random.choice((1, 4, 30, len(data)))]


def _repeat(random: Random, data: bytearray) -> None:
    at, size = _place(random, data), random.choice((1, 8, 46, 200))
    data[at:at] = data[at : at + size]


MUTATIONS: tuple[Mutate, ...] = (_flip, _odd_number, _odd_number, _odd_text, _cut, _repeat)
