"""Sorting a member's lines when a manual run asks to set bad ones aside instead of failing.

Only a member that holds a bad line comes here, and is read a second time: line by line, so slower.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from amplitude_export.decompress.lines import BLANKS, BOM, MAX_LINE_BYTES, excerpt, fault_of
from amplitude_export.errors import InvalidEvent

log = logging.getLogger(__name__)

# More than so many bad lines in one file are no bad lines but a bad file, which nobody should load.
MAX_BAD_LINES = 1000
# Read so many bytes of a line at once: any line that may land comes in one piece.
LONGEST_PIECE = len(BOM) + MAX_LINE_BYTES + 1


@dataclass(frozen=True)
class Piece:
    """A line, newline included, or a part of one that is too long; where it belongs.

    `events` is 1 for an event, and for the first piece of a bad line; 0 for blank lines.
    """

    text: bytes
    is_bad: bool
    events: int


def sort_lines(lines: Iterable[bytes], name: str) -> Iterator[Piece]:
    """Says of each line whether it lands. A line over LONGEST_PIECE bytes comes in several.

    Raises InvalidEvent when more than MAX_BAD_LINES are bad.
    """
    number = bad = 0
    goes_on = False
    for text in lines:
        if goes_on:
            yield Piece(text, is_bad=True, events=0)
        else:
            number += 1
            line = text.removeprefix(BOM) if number == 1 else text
            line = line.removesuffix(b"\n")
            is_event = bool(line.strip(BLANKS)) or len(line) > MAX_LINE_BYTES
            why = fault_of(line) if is_event else None
            if why:
                bad += 1
                _note(name, number, line, why, bad)
            yield Piece(text, is_bad=why is not None, events=int(is_event))
        goes_on = len(text) == LONGEST_PIECE and not text.endswith(b"\n")


def _note(name: str, number: int, line: bytes, why: str, bad: int) -> None:
    if bad > MAX_BAD_LINES:
        raise InvalidEvent(
            f"{name} has more than {MAX_BAD_LINES:,} bad lines. Line {number} {why}; it begins "
            f"{excerpt(line)}.",
            "so many are not set aside: look at the archive, and ask Amplitude's support.",
        )
    log.warning("%s, line %d, is set aside: it %s. It begins %s.", name, number, why, excerpt(line))
