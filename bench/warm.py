"""Pages of memory that the machine has really got, before each step that is measured.

A virtual machine gets memory from its host page by page, at the first touch. A write to the page
cache then takes ten times as long (3.5 s per GB against 0.3, measured), and whoever came first
would pay for the others. So the page cache is filled, and emptied, just before.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

_PIECE = bytes(1 << 20)


def warm(size: int, folder: Path) -> None:
    """Writes a file of `size` bytes into `folder` and removes it."""
    with tempfile.TemporaryFile(dir=folder) as file:
        for _ in range(size >> 20):
            file.write(_PIECE)
