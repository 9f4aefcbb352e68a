"""Lines that are not events, and odd ones that are, from the archive to the table."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest
import snowflake.connector
from amplitude_export.errors import FileMissing, InvalidEvent, WarehouseRefused
from amplitude_export.verify.verify import verify_day

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
    "broken UTF-8": invalid(b'{"a":"\xff"}', "utf-8", "byte 0xff"),
    "BOM in the middle": invalid(b"\xef\xbb\xbf{}"),
    "a key twice": refused(b'{"uuid":"x","uuid":"y"}', "line 3", "parameter quarantine"),
    "U+2028": accepted('{"uuid":"a\u2028b"}'.encode()),
    "lone surrogate": refused(rb'{"uuid":"\ud83d"}', "line 3"),
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
def test_lines_that_the_copy_refuses_are_all_quarantined_after_one_question(
    stage: Stage, tmp_path: Path, landing_format: str
) -> None:
    """The load names the tasks to clear; they set the lines aside, and the day loads.

    A key that comes twice is found before the upload, and needs no question.
    """
    half, crlf = rb'{"uuid":"\ud83d"}', rb'{"uuid":"h","n":"\udc00"}' + b"\r"
    twice = b'{"uuid":"x","uuid":"y"}'
    members = {
        name(): gz(b"\n".join([half, twice, b"", crlf, events(3)])),
        name(part=1): gz(events(2, 50)),
        name(14): gz(events(1, 60) + half),
    }
    body = zipped(tmp_path / "made.zip", members).read_bytes()
    stage.api.fail("status", status=200, body=body, content_type="application/zip", times=None)
    stage.with_day(quarantine=True, landing_format=landing_format)
    before = stage.content()
    error = stage.run()
    assert type(error) is InvalidEvent, error
    assert stage.content() == before, "the table has changed"
    for part in (
        f"Snowflake refuses 3 lines as JSON: {FILE}",
        "02_0.json, line 1;",
        "14_0.json, line 2. ",
        "clear stage_window.decompress of the windows that have 02:00, 14:00",
    ):
        assert part.replace(".json", f".{landing_format}") in f"{error}"
    assert stage.statements.count("select metadata$filename") == 1
    # As the message says: decompress, with everything downstream.
    del stage.done[1:]
    assert stage.run() is None
    stage.require_loaded({2: 5, 14: 1})
    assert "select metadata$filename" not in stage.statements
    ledger = stage.table.ledger(stage.day.day)
    assert (ledger[2], ledger[14]) == (("incomplete", 2, 5), ("incomplete", 1, 1))
    quarantined = "select sum(quarantined) from amplitude_loads where export_day = %s"
    assert stage.table.rows(quarantined, f"{stage.day.day}") == [(4,)]
    account = stage.warehouse.connection()
    connect = partial(snowflake.connector.connect, **account)
    verdict = verify_day(connect, stage.day.volume, stage.day.day)
    assert (verdict.problems, verdict.compared) == ([], True)
    assert "02:00: 3 bad lines were quarantined, not loaded" in verdict.notes


@dataclass(frozen=True, kw_only=True)
class Unanswered(Row):
    """A refused COPY whose lines cannot be found, or not be recorded."""

    faults: dict[str, int] = field(default_factory=dict)
    has_volume: bool = True
    questions: int = 1


UNANSWERED = {
    "no line is refused as text": Unanswered(
        faults={"^copy into": 100069}, error=WarehouseRefused, message=("failed to copy files",)
    ),
    "the copy is refused for another reason": Unanswered(
        faults={"^copy into": 3001},
        error=WarehouseRefused,
        message=("failed to copy files",),
        questions=0,
    ),
    "an older set-up has no format for text": Unanswered(
        faults={"^copy into": 100069, r"^select\s+metadata": 2003},
        error=WarehouseRefused,
        message=("failed to select refused lines", "run the DAG amplitude_setup"),
    ),
    "the worker does not have the volume": Unanswered(
        has_volume=False,
        error=FileMissing,
        message=("Snowflake refuses 1 line as JSON", "mount the volume of the other tasks"),
    ),
}


@pytest.mark.parametrize("fault", UNANSWERED)
def test_a_refused_copy_whose_lines_are_not_found_changes_nothing(
    stage: Stage, tmp_path: Path, fault: str
) -> None:
    """The error names what a person has to look at."""
    row = UNANSWERED[fault]
    line = b"" if row.has_volume else rb'{"uuid":"\ud83d"}'
    body = zipped(tmp_path / "made.zip", {name(): gz(events(2) + line)}).read_bytes()
    stage.api.fail("status", status=200, body=body, content_type="application/zip", times=None)
    stage.with_day(quarantine=True)
    assert stage.run(until="upload") is None
    if not row.has_volume:
        stage.with_day(volume=tmp_path / "elsewhere")
    for statement, number in row.faults.items():
        stage.warehouse.fail("refuse", errno=number, statement=statement)
    before = stage.content()
    error = stage.run()
    assert type(error) is row.error, error
    assert not [part for part in row.message if part not in f"{error}"], error
    assert stage.content() == before, "the table has changed"
    assert stage.statements.count("select metadata$filename") == row.questions
    assert list(stage.day.volume.rglob("refused.json")) == []


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
