"""Sorts a member's lines when a manual run quarantines bad ones instead of failing.

Only a member that has a bad line is sorted: it is read again, line by line.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from amplitude_export.decompress.lines import excerpt, fault_of
from amplitude_export.errors import InvalidEvent
from amplitude_export.fetched import BOM, is_continued, is_event
from amplitude_export.refused_lines import digest

log = logging.getLogger(__name__)

# More bad lines than this in one file mean a bad file, which must not be loaded.
MAX_BAD_LINES = 1000
_REFUSED = "was refused by Snowflake's COPY"


@dataclass(frozen=True)
class Piece:
    """A line, newline included, or a part of one that is too long.

    `events` is 1 for an event, and for the first piece of a bad line; 0 for blank lines.
    """

    text: bytes
    is_bad: bool
    events: int


def sort_lines(
    lines: Iterable[bytes], name: str, refused: frozenset[str] = frozenset()
) -> Iterator[Piece]:
    """Yield each line with its verdict; a line over LONGEST_PIECE bytes yields several pieces.

    Lines whose digest is in `refused` are bad, too. Raises InvalidEvent when more than
    MAX_BAD_LINES are bad.
    """
    missing = set(refused)
    number = bad = 0
    goes_on = False
    for text in lines:
        if goes_on:
            yield Piece(text, is_bad=True, events=0)
        else:
            number += 1
            line = text.removeprefix(BOM) if number == 1 else text
            line = line.removesuffix(b"\n")
            counts = is_event(line)
            fault = fault_of(line) if counts else None
            if refused and (known := digest(line)) in refused:
                missing.discard(known)
                fault = fault or _REFUSED
            if fault:
                bad += 1
                _log_bad_line(name, number, line, fault, bad)
            yield Piece(text, is_bad=fault is not None, events=int(counts))
        goes_on = is_continued(text)
    if missing:
        log.warning(
            "%s: %d lines that Snowflake refused are not in it any more.", name, len(missing)
        )


def _log_bad_line(name: str, number: int, line: bytes, fault: str, bad: int) -> None:
    begins = excerpt(line)
    if bad > MAX_BAD_LINES:
        log.error("%s, line %d, begins %s.", name, number, begins)
        raise InvalidEvent(
            f"{name} has more than {MAX_BAD_LINES:,} bad lines. Line {number} {fault}; the log has "
            "its beginning.",
            "so many are not quarantined: look at the archive, and ask Amplitude's support.",
        )
    log.warning("%s, line %d, is quarantined: it %s. It begins %s.", name, number, fault, begins)
