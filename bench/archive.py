"""The archives that are measured: built once and cached under .local/bench."""

from __future__ import annotations

import gzip
import os
import zipfile
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

from bench import CACHE, ROOT
from bench.events import sample_lines, vary

SAMPLES = ROOT / "local" / "samples" / "export_20260924T00_20260924T23.zip"
DAY = "2026-09-24"
PARTS_AN_HOUR = 4
# Events of the archive that takes the same code and almost no memory: two members, one a process.
SMALLEST = 4
# A part of the file's name. Raise it when the events change, so that archives are made again.
_SHAPE = 1


def archive(events: int) -> Path:
    """Return the archive with `events` events: 24 hours of four parts, busier in the evening."""
    path = CACHE / f"events_{events}_{_SHAPE}.zip"
    if not path.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(f".{os.getpid()}")
        _write(unfinished, _counts(events))
        unfinished.replace(path)
    return path


def _counts(events: int) -> dict[str, int]:
    """Return the number of events of each member; the last takes the remainder of the rounding."""
    if events == SMALLEST:
        return {_name(0, 0): 2, _name(0, 1): 2}
    names = {_name(hour, part): 12 + hour for hour in range(24) for part in range(PARTS_AN_HOUR)}
    whole = sum(names.values())
    counts = {name: events * weight // whole for name, weight in names.items()}
    counts[_name(23, PARTS_AN_HOUR - 1)] += events - sum(counts.values())
    return counts


def _name(hour: int, part: int) -> str:
    return f"123456/123456_{DAY}_{hour}#{part}.json.gz"


def _write(path: Path, counts: dict[str, int]) -> None:
    lines = sample_lines(SAMPLES)
    with ProcessPoolExecutor() as pool, zipfile.ZipFile(path, "w") as target:
        packed = pool.map(partial(_member, lines), counts.values(), range(len(counts)))
        for name, member in zip(counts, packed, strict=True):
            target.writestr(zipfile.ZipInfo(name), member)


def _member(lines: list[bytes], count: int, seed: int) -> bytes:
    return gzip.compress(b"".join(vary(lines, count, seed)), 6, mtime=0)
