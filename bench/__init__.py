"""Measure the product against the naive script that it replaces: `python -m bench`."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CACHE = ROOT / ".local" / "bench"
