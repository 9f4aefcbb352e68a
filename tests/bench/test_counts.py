"""The bench compares speed only if both sides have done the same."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench.counts import check_counts


def _sides(folder: Path, events: int, text: bytes) -> None:
    (folder / "naive" / "json").mkdir(parents=True)
    (folder / "naive" / "json" / "a.json").write_bytes(text)
    (folder / "ours").mkdir()
    files = {"files": [{"events": events, "bytes": 8}]}
    for landing in ("json", "json.gz"):
        (folder / "ours" / f"manifest.{landing}").write_text(json.dumps(files))


def test_equal_sides_pass(tmp_path: Path) -> None:
    """Both sides have the archive's two events in eight bytes."""
    _sides(tmp_path, 2, b"{}\n{ }\n\n")
    check_counts(2, tmp_path, [])


@pytest.mark.parametrize(
    ("events", "text", "what"),
    [(1, b"{}\n{ }\n\n", "events"), (2, b"{}\n{ }\n", "bytes")],
    ids=["an event lost", "a byte lost"],
)
def test_a_difference_stops_the_bench(tmp_path: Path, events: int, text: bytes, what: str) -> None:
    """A side that is fast because it does less is not measured."""
    _sides(tmp_path, events, text)
    with pytest.raises(ValueError, match=what):
        check_counts(2, tmp_path, [])
