"""Make the host back the page cache with real memory before each measured step.

A virtual machine gets memory from its host page by page, at the first touch. A write to the page
cache then takes ten times as long (3.5 s per GB against 0.3, measured), and the first step would
pay for the others. So the page cache is filled, and emptied, just before.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

_PIECE = bytes(1 << 20)


def warm(size: int, folder: Path) -> None:
    """Write a file of `size` bytes into `folder` and remove it."""
    with tempfile.TemporaryFile(dir=folder) as file:
        for _ in range(size >> 20):
            file.write(_PIECE)
