"""Lines that are not events, and odd ones that are, from the archive to the table."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from amplitude_export.errors import InvalidEvent, WarehouseRefused

from tests.archives import events, gz, name, zipped
from tests.faults.matrix import ARCHIVE, KEPT, Row, Stage

FILE = "123456_2026-09-24_02_0.json"
LANDED = (FILE, ARCHIVE, "manifest.json")


@dataclass(frozen=True, kw_only=True)
class Line(Row):
    """A line between two good ones; or `whole`, the member's whole text."""

    line: bytes = b""
    whole: bytes = b""


def invalid(line: bytes, *message: str) -> Line:
    """Expect that unpacking finds it; the message names file and line."""
    message = (f"{FILE}, line 3, is not one JSON object", "parameter quarantine", *message)
    return Line(line=line, error=InvalidEvent, message=message, files=(ARCHIVE,))


def refused(line: bytes, *message: str) -> Line:
    """Expect that the COPY refuses it, and the day is rolled back."""
    message = ("failed to copy files", FILE, *message)
    return Line(line=line, error=WarehouseRefused, message=message, files=LANDED)


def accepted(line: bytes) -> Line:
    return Line(line=line, files=KEPT, events={2: 5})


ROWS = {
    "invalid JSON line": invalid(b'{"a":', "Expecting value"),
    "two objects on a line": invalid(b"{}{}", "Extra data"),
    "an object over two lines": invalid(b'{"a":\n1}'),
    "not an object": invalid(b"[{}]", "list"),
    "a string": invalid(b'"event"', "str"),
    "NaN": invalid(b'{"a":NaN}', "NaN is not JSON"),
    "Infinity": invalid(b'{"a":-Infinity}', "-Infinity is not JSON"),
    "too deep": invalid(b'{"a":' + b"[" * 50_000 + b"]" * 50_000 + b"}", "recursion"),
    "broken UTF-8": invalid(b'{"a":"\xff"}', "utf-8", r"\xff"),
    "BOM in the middle": invalid(b"\xef\xbb\xbf{}"),
    "duplicate keys": refused(b'{"uuid":"x","uuid":"y"}', "uuid"),
    "U+2028": accepted('{"uuid":"a\u2028b"}'.encode()),
    "lone surrogate": refused(rb'{"uuid":"\ud83d"}', "surrogate"),
    "huge integer": accepted(b'{"uuid":"x","n":' + b"9" * 400 + b"}"),
    "BOM at the start": Line(whole=b"\xef\xbb\xbf" + events(3), files=KEPT, events={2: 3}),
    "CRLF and blank lines": Line(
        whole=events(3).replace(b"\n", b"\r\n\r\n"), files=KEPT, events={2: 3}
    ),
    "no newline at the end": Line(whole=events(3)[:-1], files=KEPT, events={2: 3}),
    "no events at all": Line(whole=b"", files=KEPT, message=("has no events",), events={}),
}


@pytest.mark.parametrize("fault", ROWS)
def test_an_invalid_line_fails_the_day_and_an_odd_one_is_loaded(
    stage: Stage, tmp_path: Path, fault: str
) -> None:
    """The message names file and line, or the line is a row of the table like any other."""
    row = ROWS[fault]
    text = row.whole or (events(2) + row.line + b"\n" + events(2, 50) if row.line else b"")
    body = zipped(tmp_path / "made.zip", {name(): gz(text)}).read_bytes()
    stage.api.fail("status", status=200, body=body, content_type="application/zip", times=None)
    stage.require(row)
    assert stage.statuses == [200]


@pytest.mark.parametrize("landing_format", ["json", "json.gz"])
def test_an_invalid_line_can_be_quarantined(
    stage: Stage, tmp_path: Path, landing_format: str
) -> None:
    """A manual run's parameter does this: the rest loads, the hour is incomplete, the log warns."""
    body = zipped(tmp_path / "made.zip", {name(): gz(events(2) + b"{\n" + events(2, 50))})
    stage.api.fail("status", status=200, body=body.read_bytes(), times=None)
    stage.with_day(quarantine=True, landing_format=landing_format)
    message = ("line 3, is quarantined", "1 lines were quarantined and not loaded")
    files = ("123456_2026-09-24_02_0.txt", *KEPT)
    stage.require(Row(message=message, files=files, events={2: 4}))
    assert stage.table.ledger(stage.day.day)[2] == ("incomplete", 1, 4)
