"""Realistic events in any number: the sample events with other ids and times.

The same seed gives the same bytes. An event has about 2 kB and gzips to about a tenth.
"""

from __future__ import annotations

import gzip
import re
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

# The parts that differ between two events of a kind: ids, minutes and seconds, numbers, positions.
_UUID = rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_CLOCK = rb"(?<= \d\d:)\d\d:\d\d\.\d{6}"
_NUMBER = rb'(?<="event_id":)\d+|(?<="amplitude_id":)\d+|(?<="session_id":)\d+'
_POSITION = rb'(?<= Left":)\d+|(?<= Top":)\d+'
_VARYING = re.compile(b"(" + b"|".join([_UUID, _CLOCK, _NUMBER, _POSITION]) + b")")

_Slot = Callable[[Random], bytes]


def sample_lines(archive: Path) -> list[bytes]:
    """Return the lines of the sample archive's members, each with its newline."""
    with zipfile.ZipFile(archive) as samples:
        members = [gzip.decompress(samples.read(info)) for info in samples.infolist()]
    return [line for member in members for line in member.splitlines(keepends=True)]


def vary(lines: list[bytes], count: int, seed: int) -> Iterator[bytes]:
    """Yield `count` lines, each one of `lines` with fresh values."""
    rng = Random(seed)
    templates = [_template(line) for line in lines]
    for _ in range(count):
        yield b"".join(
            [part if isinstance(part, bytes) else part(rng) for part in rng.choice(templates)]
        )


def _template(line: bytes) -> list[bytes | _Slot]:
    return [_slot(part) if index % 2 else part for index, part in enumerate(_VARYING.split(line))]


def _slot(value: bytes) -> _Slot:
    if b"-" in value:
        return _uuid
    return _clock if b":" in value else _number(value)


def _uuid(rng: Random) -> bytes:
    digits = b"%032x" % rng.getrandbits(128)
    return b"-".join([digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]])


def _clock(rng: Random) -> bytes:
    return b"%02d:%02d.%03d000" % (rng.randrange(60), rng.randrange(60), rng.randrange(1000))


def _number(value: bytes) -> _Slot:
    """Return a slot of as many digits as `value` has, of which the last three vary."""
    head = value[:-3]
    return lambda rng: head + b"%d" % rng.randrange(100, 1000)
