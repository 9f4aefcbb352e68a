"""Checks newline-delimited events while they stream by: one JSON object a line, in UTF-8."""

from __future__ import annotations

import json

import msgspec

from amplitude_export.errors import InvalidEvent

# The size that a VARIANT holds in every Snowflake table; Amplitude takes events of 1 MB at most.
MAX_LINE_BYTES = 16 * 2**20
BOM = b"\xef\xbb\xbf"
# A line of these alone is no event, as for Snowflake's COPY.
BLANKS = b" \t\r"
_EXCERPT = 120
_OPEN, _CLOSE = b"{}"


# Any values, checked and not read; that they are objects, their braces say.
_decode_lines = msgspec.json.Decoder(msgspec.Raw).decode_lines


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
        first = piece.find(b"\n") + 1
        if first:
            # Only the line that two pieces share is put together: a copy of all costs a tenth.
            last = piece.rfind(b"\n") + 1
            self._check(self._carry + piece[:first])
            self._check(piece, first, last)
            self._carry = piece[last:]
        else:
            self._carry += piece
        if len(self._carry) > MAX_LINE_BYTES:
            self._judge(self._lines + 1, self._carry)

    def finish(self) -> int:
        """Checks a last line without a newline, and returns the number of events."""
        if self._carry:
            self._check(self._carry + b"\n")
        return self.events

    def _check(self, block: bytes, start: int = 0, end: int | None = None) -> None:
        """Checks block[start:end], which ends with a newline unless it is empty."""
        end = len(block) if end is None else end
        if not self._lines and block.startswith(BOM):
            start += len(BOM)
        lines = _count_framed(block, start, end) if end - start <= MAX_LINE_BYTES else None
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
            raise _invalid(self._name, number, line, why)


def fault_of(line: bytes) -> str | None:
    """Why the line is not one JSON object in UTF-8, or None when it is."""
    if len(line) > MAX_LINE_BYTES:
        return f"is longer than {MAX_LINE_BYTES:,} bytes"
    try:
        event = json.loads(line.decode(), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        return f"is not one JSON object: {error}"
    return None if isinstance(event, dict) else f"is not one JSON object: {type(event).__name__}"


def excerpt(line: bytes) -> str:
    """How the line begins, quoted for a message."""
    return repr(line[:_EXCERPT].decode("utf-8", "backslashreplace"))


def _invalid(name: str, number: int, line: bytes, why: str) -> InvalidEvent:
    return InvalidEvent(
        f"{name}, line {number}, {why}. It begins {excerpt(line)}.",
        "nothing of the day is loaded. Clear stage_window.export to ask Amplitude again. If the "
        "line is still bad, ask Amplitude's support for the hour, or load the day without it: "
        "trigger a run by hand with the parameter quarantine and a time of that day that no run "
        "has, such as T00:01.",
    )


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _count_framed(block: bytes, start: int, end: int) -> int | None:
    """The number of lines when each goes from { to }, else None."""
    count = 0
    while (newline := block.find(b"\n", start, end)) >= 0:
        if block[start] != _OPEN or block[newline - 1] != _CLOSE:
            return None
        start = newline + 1
        count += 1
    return count


def _is_one_each(block: bytes, start: int, end: int, lines: int) -> bool:
    """Whether `lines` lines from { to } are one JSON object each.

    The decoder takes two values on a line and one value on two lines for good. But no value holds
    a closing brace, a newline and an opening brace in a row: strings have no raw newlines, and
    elsewhere there would be a comma. So with equal numbers there is one on each line.
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
