"""Check that both sides stored and sent the same data: a fast wrong result does not count."""

from __future__ import annotations

import json
from pathlib import Path

import requests


def check_counts(events: int, folder: Path, sinks: list[str]) -> None:
    """Raise ValueError unless a round's files, bytes and events agree everywhere."""
    naive = _sizes(folder / "naive" / "json")
    plain, packed = (
        _manifest(folder / "ours" / f"manifest.{kind}") for kind in ("json", "json.gz")
    )
    _equal("events", events, _total(plain, "events"), _total(packed, "events"))
    _equal("files", len(naive), len(plain), len(packed))
    _equal("bytes", sum(naive), _total(plain, "bytes"))
    for sink in sinks:
        sent = requests.get(sink, timeout=60).json()
        _equal("objects", sent["objects"], len(naive) + len(plain) + len(packed))
        _equal("sent bytes", sent["bytes"], sum(naive) * 2 + _total(packed, "bytes"))


def _sizes(folder: Path) -> list[int]:
    return [path.stat().st_size for path in folder.iterdir()]


def _manifest(path: Path) -> list[dict[str, int]]:
    return json.loads(path.read_text())["files"]


def _total(files: list[dict[str, int]], what: str) -> int:
    return sum(file[what] for file in files)


def _equal(what: str, *numbers: int) -> None:
    if len(set(numbers)) != 1:
        raise ValueError(f"The two sides differ in {what}: {numbers}.")
