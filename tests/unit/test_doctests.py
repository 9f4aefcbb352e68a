"""The examples in docstrings are correct."""

from __future__ import annotations

import doctest
import importlib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PLACES = {ROOT: ("local", "bench"), ROOT / "plugins": ("amplitude_export",)}
MODULES = [
    ".".join(file.relative_to(root).with_suffix("").parts)
    for root, folders in PLACES.items()
    for folder in folders
    for file in sorted((root / folder).rglob("*.py"))
    if ">>> " in file.read_text()
]


@pytest.mark.parametrize("module", MODULES)
def test_every_example_prints_its_result(module: str) -> None:
    """doctest runs them and compares their output."""
    assert doctest.testmod(importlib.import_module(module)).failed == 0
