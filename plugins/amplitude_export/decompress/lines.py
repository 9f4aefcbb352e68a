"""Checks newline-delimited events while they stream by: one JSON object a line, in UTF-8."""

from __future__ import annotations

import json
import logging
from functools import partial
from typing import Any

import msgspec

from amplitude_export.errors import InvalidEvent
from amplitude_export.fetched import BLANKS, BOM, MAX_LINE_BYTES

log = logging.getLogger(__name__)

_EXCERPT_BYTES = 120
_OPEN, _CLOSE = b"{}"

# Checks any values without building them; `_count_framed` sees to it that they are objects.
_decode_lines = msgspec.json.Decoder(msgspec.Raw).decode_lines


class LineCheck:
    """The check of one file: `feed` it the pieces in order, then `finish`.

    `events` counts the events so far. Raises InvalidEvent with the file and the line's number (from
    1) at the first line that is not one JSON object, and logs how it begins: personal data that
    must not reach XComs and notices. Lines of white space are not events, as for Snowflake's COPY.

    Whole blocks go through msgspec, which does not notice a key that an object has twice. The
    standard library reads a block that msgspec refuses line by line, and decides with `fault_of`.
    With `is_exact` it reads every line, which takes more than ten times as long.
    """

    def __init__(self, name: str, is_exact: bool = False) -> None:
        self.events = 0
        self._name = name
        self._is_exact = is_exact
        self._lines = 0
        self._carry = b""

    def feed(self, piece: bytes) -> None:
        """Check all lines that `piece` completes."""
        first = piece.find(b"\n") + 1
        if first:
            # Only the line that two pieces share is joined: to copy all of them takes 10 % longer.
            last = piece.rfind(b"\n") + 1
            self._check(self._carry + piece[:first])
            self._check(piece, first, last)
            self._carry = piece[last:]
        else:
            self._carry += piece
        if len(self._carry) > MAX_LINE_BYTES:
            # Before the first line is complete, a byte order mark is still in front of it.
            line = self._carry if self._lines else self._carry.removeprefix(BOM)
            if len(line) > MAX_LINE_BYTES:
                self._judge(self._lines + 1, line)

    def finish(self) -> int:
        """Check a last line without a newline, and return the number of events."""
        if self._carry:
            self._check(self._carry + b"\n")
        return self.events

    def _check(self, block: bytes, start: int = 0, end: int | None = None) -> None:
        """Check block[start:end], which ends with a newline unless it is empty."""
        end = len(block) if end is None else end
        if not self._lines and block.startswith(BOM):
            start += len(BOM)
        is_fast = not self._is_exact and end - start <= MAX_LINE_BYTES
        lines = _count_framed(block, start, end) if is_fast else None
        if (
            lines is not None
            and _is_utf8(block, start, end)
            and _is_one_each(block, start, end, lines)
        ):
            self.events += lines
        else:
            self.events += self._check_each(block[start:end])
            lines = block.count(b"\n", start, end)
        self._lines += lines

    def _check_each(self, block: bytes) -> int:
        events = 0
        for number, line in enumerate(block.split(b"\n")[:-1], self._lines + 1):
            if line.strip(BLANKS):
                self._judge(number, line)
                events += 1
        return events

    def _judge(self, number: int, line: bytes) -> None:
        if why := fault_of(line):
            # A run that quarantines bad lines logs each of them when it does.
            if not self._is_exact:
                log.error("%s, line %d, begins %s.", self._name, number, excerpt(line))
            raise _invalid(self._name, number, why)


def fault_of(line: bytes) -> str | None:
    """Return why the line is not one JSON object that Snowflake loads, or None when it is.

    What Snowflake's documentation names is judged likewise:

    * broken UTF-8 (IGNORE_UTF8_ERRORS is false: create-file-format; release note BCR-1013)
    * a key twice in one object (ALLOW_DUPLICATE is false: create-file-format, parse_json)
    * a value larger than a VARIANT holds: 16 MB in tables before 2025, now 128 MB
      (semistructured-considerations, BCR-1779)
    * numbers beyond 38 digits become DOUBLE, and are no fault (parse_json)

    What no page settles is left to Snowflake, because one such event must not stop a day that it
    would load: half of a surrogate pair, which browsers send for a cut emoji, and the other lines
    of docs/not-proven.md. A run with `quarantine` quarantines those that the COPY refuses.
    """
    if len(line) > MAX_LINE_BYTES:
        return f"is longer than {MAX_LINE_BYTES:,} bytes"
    try:
        event = _loads(line.decode())
    except (ValueError, RecursionError) as error:
        return f"is not one JSON object: {error}"
    return None if isinstance(event, dict) else f"is not one JSON object: {type(event).__name__}"


def excerpt(line: bytes) -> str:
    """Return the beginning of the line, quoted for the log; no message and no record has it."""
    return repr(line[:_EXCERPT_BYTES].decode("utf-8", "backslashreplace"))


def _invalid(name: str, number: int, why: str) -> InvalidEvent:
    return InvalidEvent(
        f"{name}, line {number}, {why}. The log has its beginning.",
        "nothing of the day is loaded. Clear stage_window.export to request it again. If the line "
        "is still bad, ask Amplitude's support for the hour, or load the day without the line: "
        "trigger a run by hand with the parameter quarantine and a logical date that no run has, "
        "such as <day>T00:01:00Z.",
    )


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("an object has a key twice")
    return found


# Integers as floats, because Python reads none of more than 4,300 digits.
_loads = partial(
    json.loads, object_pairs_hook=_unique, parse_constant=_refuse_constant, parse_int=float
)


def _count_framed(block: bytes, start: int, end: int) -> int | None:
    """Return the number of lines when each goes from { to }, else None."""
    count = 0
    while (newline := block.find(b"\n", start, end)) >= 0:
        if block[start] != _OPEN or block[newline - 1] != _CLOSE:
            return None
        start = newline + 1
        count += 1
    return count


def _is_one_each(block: bytes, start: int, end: int, lines: int) -> bool:
    """Return True if `lines` lines from { to } are one JSON object each.

    The decoder also accepts two values on a line, and one value on two lines. But no value has a
    closing brace, a newline and an opening brace in a row: strings have no raw newlines, and
    elsewhere there would be a comma. So with equal numbers there is one value on each line.
    """
    try:
        return len(_decode_lines(memoryview(block)[start:end])) == lines
    except (msgspec.DecodeError, RecursionError):
        return False


def _is_utf8(block: bytes, start: int, end: int) -> bool:
    if block.isascii():
        return True
    try:
        block[start:end].decode()
    except UnicodeDecodeError:
        return False
    return True
