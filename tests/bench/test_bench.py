"""The bench works on a small archive; how fast it finds us is not tested."""

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
    """What `python -m bench --quick` prints; it fails when the sides' counts do not agree."""
    command = [sys.executable, "-m", "bench", "--quick"]
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout


@pytest.mark.parametrize("row", ROWS)
def test_each_step_has_a_row_with_its_figures(quick: str, row: str) -> None:
    """Wall and CPU seconds stand behind the step's name."""
    assert re.search(rf"^{re.escape(row)} +\d+\.\d\d +\d+\.\d\d", quick, re.MULTILINE)


def test_each_promise_is_said_to_be_met_or_not(quick: str) -> None:
    """Five promises of speed for the one size, and one of memory for each stage."""
    assert len(re.findall(r"  (?:met|NOT MET)$", quick, re.MULTILINE)) == 8
