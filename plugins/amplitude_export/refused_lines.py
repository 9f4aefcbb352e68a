"""The lines that Snowflake's COPY refused and the check had accepted: `load` finds them.

The record is stored beside an archive of the day. `decompress` quarantines its lines, in every
window and run of the day, and `verify` expects them there. A line is known by its content: line
numbers change when a line before it is quarantined.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

from amplitude_export.record import read_record, to_record
from amplitude_export.volume import atomic_write

# The digests of lines, by the name of their landed file without its ending.
Digests = dict[str, frozenset[str]]


class RefusedLines(msgspec.Struct, frozen=True):
    """The record: the digests of each file's refused lines, by the file's name without ending."""

    digests: dict[str, list[str]]


def digest(line: bytes) -> str:
    """Return the SHA-256 of a line without its end, in hex; `select_refused_lines` computes it too.

    A byte order mark before the first line of a file is not part of the line.
    """
    return hashlib.sha256(line.rstrip(b"\r\n")).hexdigest()


def read_refused(path: Path) -> Digests:
    """Return the refused lines of the record; none without a record. Raises RecordInvalid."""
    record = read_record(RefusedLines, path, "remove it; the load finds the lines again.")
    found = record.digests if record else {}
    return {stem: frozenset(digests) for stem, digests in found.items()}


def add_refused(path: Path, found: Mapping[str, Iterable[str]]) -> None:
    """Add refused lines to the record. Those that were quarantined before stay in it."""
    known = read_refused(path)
    stems = known.keys() | found.keys()
    digests = {
        stem: sorted(known.get(stem, frozenset()).union(found.get(stem, ()))) for stem in stems
    }
    with atomic_write(path) as file:
        file.write(json.dumps(to_record(RefusedLines(digests))).encode())
