"""The bench works on a small archive; its speed is not tested."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from bench import ROOT

ROWS = [
    "download, naive json",
    "download, ours json",
    "unpack, naive json",
    "unpack, ours json",
    "unpack, ours json.gz",
    "upload, naive json",
    "upload at 50 ms, ours json.gz",
    "all three, ours json",
    "all three at 50 ms, ours json.gz",
]


@pytest.fixture(scope="module")
def quick() -> str:
    """Return the output of `python -m bench --quick`, which fails if the counts differ."""
    command = [sys.executable, "-m", "bench", "--quick"]
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout


@pytest.mark.parametrize("row", ROWS)
def test_each_step_has_a_row_with_its_figures(quick: str, row: str) -> None:
    """The row has wall and CPU seconds."""
    assert re.search(rf"^{re.escape(row)} +\d+\.\d\d +\d+\.\d\d", quick, re.MULTILINE)


def test_each_target_is_reported_as_met_or_missed(quick: str) -> None:
    """There are five targets of speed for one size, and one of memory for each stage."""
    assert len(re.findall(r"  (?:met|NOT MET)$", quick, re.MULTILINE)) == 8
