"""Checks newline-delimited events while they stream by: one JSON object a line, in UTF-8."""

from __future__ import annotations

import json

import msgspec

from amplitude_export.errors import InvalidEvent

# The size that a VARIANT holds in every Snowflake table; Amplitude takes events of 1 MB at most.
MAX_LINE_BYTES = 16 * 2**20
_BOM = b"\xef\xbb\xbf"
_EXCERPT = 120
_OPEN, _CLOSE = b"{}"


class _Event(msgspec.Struct):
    """Any JSON object: with no field to fill, the decoder reads and checks, and keeps nothing."""


_decode_lines = msgspec.json.Decoder(_Event).decode_lines


class LineCheck:
    """Feed it pieces of a file in order, then `finish`; `events` counts the lines so far.

    Raises InvalidEvent with the file, the line's number (from 1) and an excerpt at the first line
    that is not one JSON object. Lines of white space are no events, as for Snowflake's COPY.

    Whole blocks go through msgspec; a block that it does not take is read line by line by the
    standard library, which is the judge: it takes half of a surrogate pair, as browsers send it
    for a cut emoji, and so leaves it to Snowflake.
    """

    def __init__(self, name: str) -> None:
        self.events = 0
        self._name = name
        self._lines = 0
        self._carry = b""

    def feed(self, piece: bytes) -> None:
        """Checks all lines that `piece` completes."""
        end = piece.rfind(b"\n") + 1
        if end:
            self._check(self._carry + piece[:end])
            self._carry = piece[end:]
        else:
            self._carry += piece
        if len(self._carry) > MAX_LINE_BYTES:
            raise self._too_long(self._carry, self._lines + 1)

    def finish(self) -> int:
        """Checks a last line without a newline, and returns the number of events."""
        if self._carry:
            self._check(self._carry + b"\n")
        return self.events

    def _check(self, block: bytes) -> None:
        if not self._lines:
            block = block.removeprefix(_BOM)
        lines = _count_framed(block) if len(block) <= MAX_LINE_BYTES else None
        if lines is not None and _is_utf8(block) and _is_one_each(block, lines):
            self.events += lines
        else:
            self.events += self._check_each(block)
            lines = block.count(b"\n")
        self._lines += lines

    def _check_each(self, block: bytes) -> int:
        events = 0
        for number, line in enumerate(block.split(b"\n")[:-1], self._lines + 1):
            if len(line) > MAX_LINE_BYTES:
                raise self._too_long(line, number)
            if line.strip(b" \t\r"):
                self._check_line(number, line)
                events += 1
        return events

    def _check_line(self, number: int, line: bytes) -> None:
        try:
            event = json.loads(line.decode(), parse_constant=_refuse_constant)
        except (ValueError, RecursionError) as error:
            raise self._invalid(line, number, f"is not one JSON object: {error}") from error
        if not isinstance(event, dict):
            raise self._invalid(line, number, f"is not one JSON object: {type(event).__name__}")

    def _too_long(self, line: bytes, number: int) -> InvalidEvent:
        return self._invalid(line, number, f"is longer than {MAX_LINE_BYTES:,} bytes")

    def _invalid(self, line: bytes, number: int, why: str) -> InvalidEvent:
        excerpt = line[:_EXCERPT].decode("utf-8", "backslashreplace")
        return InvalidEvent(
            f"{self._name}, line {number}, {why}. It begins {excerpt!r}.",
            "nothing of the day is loaded. Clear stage_window.export to ask Amplitude again; if "
            "the line is still bad, ask Amplitude's support for the hour.",
        )


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _count_framed(block: bytes) -> int | None:
    """The number of lines when each goes from { to }, else None."""
    count = start = 0
    while (end := block.find(b"\n", start)) >= 0:
        if block[start] != _OPEN or block[end - 1] != _CLOSE:
            return None
        start = end + 1
        count += 1
    return count


def _is_one_each(block: bytes, lines: int) -> bool:
    """Whether `lines` lines from { to } are one JSON object each.

    The decoder takes two values on a line and one value on two lines for good. But no value holds
    a closing brace, a newline and an opening brace in a row: strings have no raw newlines, and
    elsewhere there would be a comma. So with equal numbers there is one on each line.
    """
    try:
        return len(_decode_lines(block)) == lines
    except (msgspec.DecodeError, RecursionError):
        return False


def _is_utf8(block: bytes) -> bool:
    if block.isascii():
        return True
    try:
        block.decode()
    except UnicodeDecodeError:
        return False
    return True
