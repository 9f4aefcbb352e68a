"""The file of responses without events, and what is read of it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from amplitude_export.errors import GapNotConfirmed, RecordInvalid
from amplitude_export.export.gaps import Gaps

from tests.archives import WHOLE_DAY

NOW = datetime(2026, 9, 25, 3, tzinfo=UTC)
OTHERS = frozenset(range(24)) - {5}


def gaps(path: Path) -> Gaps:
    """Return what a new try of the task has of the file; hour 5 usually has events."""
    return Gaps(path, WHOLE_DAY, lambda: {5})


def test_the_tries_add_up_in_the_file(tmp_path: Path) -> None:
    """It has the times of each hour, and disappears when the hour is confirmed."""
    path = tmp_path / "gaps.json"
    for minute in (0, 10):
        one = gaps(path)
        one.add(WHOLE_DAY, NOW + timedelta(minutes=minute), OTHERS)
        with pytest.raises(GapNotConfirmed):
            one.close()
    assert json.loads(path.read_text()) == {
        "hours": {"05": ["2026-09-25T03:00:00Z", "2026-09-25T03:10:00Z"]}
    }
    last = gaps(path)
    last.add(WHOLE_DAY, NOW + timedelta(minutes=20), OTHERS)
    assert last.close() == [5]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "content", ["", "[]", "{", '{"hours": {"05": ["soon"]}}', '{"hours": {"x": []}}']
)
def test_a_file_that_cannot_be_read_is_not_an_absent_one(tmp_path: Path, content: str) -> None:
    """The error names it, and what to do."""
    path = tmp_path / "gaps.json"
    path.write_text(content)
    with pytest.raises(RecordInvalid, match=r"gaps\.json cannot be read") as raised:
        gaps(path)
    assert raised.value.do.startswith("remove the file")


def test_a_clock_that_runs_backwards_confirms_nothing(tmp_path: Path) -> None:
    """The last response has to be twenty minutes after the first."""
    one = gaps(tmp_path / "gaps.json")
    for minute in (30, 20, 0):
        one.add(WHOLE_DAY, NOW + timedelta(minutes=minute), OTHERS)
    with pytest.raises(GapNotConfirmed):
        one.close()


def test_a_response_of_a_fast_clock_does_not_hold_up_the_later_ones(tmp_path: Path) -> None:
    """Of a worker whose clock was a year ahead: three right responses after it are enough."""
    for minute in (60 * 24 * 365, 0, 10):
        one = gaps(tmp_path / "gaps.json")
        one.add(WHOLE_DAY, NOW + timedelta(minutes=minute), OTHERS)
        with pytest.raises(GapNotConfirmed):
            one.close()
    last = gaps(tmp_path / "gaps.json")
    last.add(WHOLE_DAY, NOW + timedelta(minutes=20), OTHERS)
    assert last.close() == [5]
