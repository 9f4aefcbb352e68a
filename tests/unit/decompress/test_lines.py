"""The check of lines against a slower reference: strict UTF-8, strict JSON, one object a line."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from itertools import pairwise
from typing import Any

import pytest
from amplitude_export.decompress import lines, quarantine
from amplitude_export.decompress.lines import LineCheck
from amplitude_export.errors import InvalidEvent
from amplitude_export.failure import failure_record
from hypothesis import example, given, settings
from hypothesis import strategies as st

GOOD = b'{"a": 1}'


def reference(data: bytes, repeated_keys: bool = False) -> int | None:
    """Return the number of events, or None for a bad line, parsing each line with Python's json.

    With `repeated_keys` an object can have a key twice.
    """
    hook = dict if repeated_keys else _unique
    count = 0
    for line in data.removeprefix(b"\xef\xbb\xbf").split(b"\n"):
        if not line.strip(b" \t\r"):
            continue
        try:
            event = json.loads(
                line.decode(), object_pairs_hook=hook, parse_constant=_refuse, parse_int=float
            )
        except (ValueError, RecursionError):
            return None
        if not isinstance(event, dict):
            return None
        count += 1
    return count


def _refuse(constant: str) -> None:
    raise ValueError(constant)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({key for key, _ in pairs}) < len(pairs):
        raise ValueError
    return dict(pairs)


def fed(check: LineCheck, pieces: list[bytes]) -> int:
    """Return the number of events of a file that arrives in these pieces."""
    for piece in pieces:
        check.feed(piece)
    return check.finish()


def checked(data: bytes, *cuts: int, is_exact: bool = False) -> int | None:
    """Return LineCheck's count for the data, cut at these places; None when it raises."""
    edges = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    try:
        return fed(
            LineCheck("f.json", is_exact), [data[start:end] for start, end in pairwise(edges)]
        )
    except InvalidEvent:
        return None


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=6,
)
objects = st.builds(
    lambda value, ascii_: json.dumps(value, ensure_ascii=ascii_).encode("utf-8", "surrogatepass"),
    st.dictionaries(st.text(max_size=4), values, max_size=3),
    st.booleans(),
)
odd = st.sampled_from(
    [
        b'', b' ', b'\t', b'\r', b'\x0b', b'\x0c', b'\x00', b'\xc2\xa0', b'\xef\xbb\xbf', b'[]',
        b'[{}]', b'null', b'1', b'"s"', b'{', b'}', b'{}{}', b'{} {}', b'{},{}', b'{}\r', b' {}',
        b'{} ', b'{"a":', b'1}', b'{"a":NaN}', b'{"a":-Infinity}', b'{"a":1,}', b"{'a':1}",
        b'{"a":"}', b'{"}', b'"}', b'{"a":"\xff"}', b'{"\xff":1}', b'{"a":"\xed\xa0\x80"}',
        b'{"a":"\xc0\xaf"}', b'{"a":"\\ud83d"}', b'{"a":"\\udc00"}', b'{"a":"\\ud83d\\ude00"}',
        b'{"a":"\\ud83dx"}', b'{"a":"\\ud83d\\u0041"}', b'{"a":"\xe2\x80\xa8"}', b'{"a":"\x7f"}',
        b'{"a":"\t"}', b'{"a":"\\x"}', b'{"a":01}', b'{"a":1e999}', b'{"a":1,"a":2}',
        b'{"a":1}//', b'{"a":tru}', b'{"a" 1}', b'{"a":1 "b":2}', b'{1:2}', b'{"a":+1}',
        b'{"a":.5}', b'{"a":1.}',
    ]
)  # fmt: skip


def _mutated(line: bytes, at: int, byte: int, how: str) -> bytes:
    at %= len(line) + 1
    kept = line[at + 1 :] if how == "replace" else line[at:]
    return line[:at] + (b"" if how == "cut" else bytes([byte])) + (b"" if how == "cut" else kept)


mutations = st.builds(
    _mutated,
    objects,
    st.integers(0, 200),
    st.integers(0, 255),
    st.sampled_from(["replace", "insert", "cut"]),
)
files = st.lists(objects | odd | mutations, max_size=6).map(b"\n".join)


@settings(max_examples=500)
@given(files, st.lists(st.integers(0, 300), max_size=4))
@example(b'{"a":"x}\n{"}\n{}{}', [])
@example(b'{"a":1}{"b":2}\n{"c":[\n{}]}', [])
@example(b'{"a":{}\n{}}\n{}{}', [])
@example(b"{}{}\n{\n}", [])
@example(b"{}{}\n\n", [])
def test_it_agrees_with_a_strict_parser(data: bytes, cuts: list[int]) -> None:
    """Both count the same events, or both refuse the file, however it is cut into pieces.

    The fast check leaves a key that comes twice to the warehouse.
    """
    assert checked(data, *cuts, is_exact=True) == reference(data)
    assert checked(data, *cuts) in (reference(data), reference(data, repeated_keys=True))


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b'\xef\xbb\xbf{"a":1}\r\n\r\n{"b":"\xc3\xa9"}\n{}', id="good"),
        pytest.param(b'{"a":1}\n{}{}\n{"b"\n:1}\n', id="bad"),
        pytest.param(b'{"a":1}\n{"b":"\xe2\x82"}\n', id="broken UTF-8"),
    ],
)
def test_every_cut_gives_the_same_result(data: bytes) -> None:
    """A piece can end anywhere, even within a character or the byte order mark."""
    whole = checked(data)
    assert whole == reference(data)
    for first in range(len(data) + 1):
        for second in range(first, len(data) + 1):
            assert checked(data, first, second) == whole


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        pytest.param(b"{}{}", "extra data", id="two objects on a line"),
        pytest.param(b'{"a":', "expecting value", id="half an object"),
        pytest.param(b"[1]", ": list", id="array"),
        pytest.param(b'{"a":NaN}', "NaN is not JSON", id="NaN"),
        pytest.param(b'{"a":"\xff"}', "utf-8", id="broken UTF-8"),
        pytest.param(b'{"a":' + b"[" * 50_000 + b"]" * 50_000 + b"}", "recursion", id="too deep"),
        pytest.param(b"\xef\xbb\xbf{}", "BOM", id="byte order mark within the file"),
    ],
)
@pytest.mark.parametrize("before", [1, 7, 5000])
def test_a_refusal_names_file_line_and_reason(bad: bytes, why: str, before: int) -> None:
    """Line numbers start at 1 and are right after blocks that were checked in either way."""
    check = LineCheck("123456_2026-09-24_02_0.json")
    data = GOOD + b"\n" + (GOOD + b"\n\n") * ((before - 1) // 2) + GOOD + b"\n" * (2 - before % 2)
    number = data.count(b"\n") + 1
    for piece in _pieces(data, 1000):
        check.feed(piece)
    with pytest.raises(InvalidEvent) as raised:
        check.feed(bad + b"\n" + GOOD + b"\n")
    assert (
        f"123456_2026-09-24_02_0.json, line {number}, is not one JSON object" in raised.value.what
    )
    assert why.lower() in raised.value.what.lower()
    assert len(raised.value.what) < 1200


def _pieces(data: bytes, size: int) -> list[bytes]:
    return [data[start : start + size] for start in range(0, len(data), size)]


def _all_at_once(data: bytes) -> list[bytes]:
    return [data]


@pytest.mark.parametrize(
    "end", [b"\n", b"\n" + GOOD + b"\n", b""], ids=["alone", "then another", "no newline"]
)
@pytest.mark.parametrize(
    "cut",
    [_all_at_once, lambda d: _pieces(d, 7), lambda d: _pieces(d, 64), lambda d: _pieces(d, 90)],
    ids=["at once", "by 7", "by 64", "by 90"],
)
def test_a_line_over_the_limit_is_refused_wherever_the_pieces_end(
    monkeypatch: pytest.MonkeyPatch, cut: Callable[[bytes], list[bytes]], end: bytes
) -> None:
    """A limit that depends on the pieces would accept a file once and refuse it the next time."""
    monkeypatch.setattr(lines, "MAX_LINE_BYTES", 100)
    pieces = cut(GOOD + b"\n" + b'{"a":"' + b"x" * 110 + b'"}' + end)
    with pytest.raises(InvalidEvent, match=r"line 2, is longer than 100 bytes"):
        fed(LineCheck("f.json"), pieces)


def test_a_line_of_exactly_the_limit_is_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit is inclusive."""
    monkeypatch.setattr(lines, "MAX_LINE_BYTES", len(GOOD))
    assert checked((GOOD + b"\n") * 3, 3, 8, 11) == 3


@pytest.mark.parametrize("is_exact", [False, True], ids=["fast", "exact"])
@pytest.mark.parametrize(
    "line",
    [
        pytest.param(b'{"a":' + b"9" * 5000 + b"}", id="more digits than Python reads"),
        pytest.param(b'{"a":-1e400}', id="a number beyond DOUBLE"),
        pytest.param(rb'{"a":"\ud83d"}', id="half a surrogate pair"),
        pytest.param(rb'{"a":"\u0000"}', id="NUL"),
        pytest.param(rb'{"a":{"b":1},"b":{"b":2}}', id="a key in two objects"),
    ],
)
def test_what_no_page_settles_is_left_to_the_warehouse(line: bytes, is_exact: bool) -> None:
    """A line that Snowflake might load stops no day, also beside lines that are read one by one."""
    assert checked(line + b"\n {}\n", is_exact=is_exact) == 2


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(b'{"a":1,"a":2}', id="at the top"),
        pytest.param(b'{"p":[{"a":1,"b":{},"a":null}]}', id="within"),
        pytest.param(rb'{"a":1,"\u0061":2}', id="once escaped"),
        pytest.param('{"é":1,"é":1}'.encode(), id="not in ASCII"),
        pytest.param(rb'{"\ud83d":1,"\ud83d":1}', id="halves of a surrogate pair"),
    ],
)
def test_a_key_that_an_object_has_twice_is_refused_by_the_exact_check(line: bytes) -> None:
    """As Snowflake does by default. The fast check can't see it at its speed."""
    with pytest.raises(InvalidEvent, match=r"line 2, .* twice"):
        fed(LineCheck("f.json", is_exact=True), [GOOD + b"\n" + line + b"\n"])


@pytest.mark.parametrize("is_exact", [False, True], ids=["fast", "exact"])
@pytest.mark.parametrize("over", [0, 1], ids=["the limit", "a byte more"])
@pytest.mark.parametrize("end", [b"", b"\n", b"\n{}\n"], ids=["no newline", "newline", "another"])
@pytest.mark.parametrize("piece", [7, 64, 500], ids="by {}".format)
def test_a_byte_order_mark_takes_no_room_of_the_first_line(
    monkeypatch: pytest.MonkeyPatch, piece: int, end: bytes, over: int, is_exact: bool
) -> None:
    """Snowflake skips the mark, so it counts neither in one piece nor in many."""
    monkeypatch.setattr(lines, "MAX_LINE_BYTES", 100)
    line = b'{"a":"' + b"x" * (92 + over) + b'"}'
    pieces = _pieces(b"\xef\xbb\xbf" + line + end, piece)
    found = None
    with suppress(InvalidEvent):
        found = fed(LineCheck("f.json", is_exact), pieces)
    assert found == (None if over else 1 + end.count(b"{}"))


PERSON = "jo@example.com"
BAD_LINES = [
    f'"{PERSON}"',
    PERSON,
    f'{{"{PERSON}": 1',
    f'{{"{PERSON}": NaN}}',
    f'{{"{PERSON}": 1, "{PERSON}": 2}}',
    f'["{PERSON}"]',
    f'{{"a": "{PERSON}\udcff"}}',
    f'{{"a": "{PERSON}\\x"}}',
    PERSON + "x" * lines.MAX_LINE_BYTES,
]


@pytest.mark.parametrize("line", BAD_LINES, ids=lambda line: line[:30])
@pytest.mark.parametrize("quarantines", [False, True])
def test_only_the_log_shows_how_a_bad_line_begins(
    line: str,
    quarantines: bool,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The error becomes an XCom, and a message in mails and chats; one is too many here."""
    monkeypatch.setattr(quarantine, "MAX_BAD_LINES", 0)
    bad = line.encode("utf-8", "surrogateescape")

    def check() -> None:
        if quarantines:
            list(quarantine.sort_lines([b"{}\n", bad], "a.json"))
        # In a block with a line that is no object, a key that comes twice is seen as well.
        LineCheck("a.json").feed(b"{}\n" + bad + b"\n{\n")

    with pytest.raises(InvalidEvent) as raised:
        check()
    shown = f"{raised.value!r} {failure_record(raised.value)} {vars(raised.value)}"
    assert "ine 2" in shown
    assert "example" not in shown
    assert PERSON in caplog.text
