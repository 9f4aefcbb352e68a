"""The sample day: the members of the archive in local/samples, unchanged, by hour."""

from __future__ import annotations

import gzip
import json
import zipfile
from functools import cache
from pathlib import Path

from local.export_api.archive import Member, hour_of

SAMPLE = Path(__file__).parents[1] / "samples" / "export_20260924T00_20260924T23.zip"


@cache
def sample_hours() -> dict[int, list[Member]]:
    """Return the sample's members, in the archive's order, by UTC hour."""
    hours: dict[int, list[Member]] = {}
    with zipfile.ZipFile(SAMPLE) as archive:
        for name in archive.namelist():
            hours.setdefault(hour_of(name), []).append(_member(name, archive.read(name)))
    return hours


def _member(name: str, data: bytes) -> Member:
    lines = gzip.decompress(data).splitlines()
    return Member(name, data, tuple(json.loads(line)["uuid"] for line in lines))
