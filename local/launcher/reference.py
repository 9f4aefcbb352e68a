"""The reference count of events, from the archives alone and by the standard library alone.

It shares no code with the pipeline on purpose, because the pipeline's counts are compared with it.
"""

from __future__ import annotations

import gzip
import hashlib
import re
import zipfile
from collections import Counter
from collections.abc import Iterable
from datetime import date
from pathlib import Path

# `<project>/<project>_2026-09-24_7#0.json.gz`: the hour is not padded.
MEMBER = re.compile(r"_(\d{4}-\d{2}-\d{2})_(\d{1,2})#\d+\.json\.gz$")


def archives(
    data_dir: Path, project: str, day: date, run_id: str, windows: Iterable[str]
) -> list[Path]:
    """Return the archives that a run stored for its windows (labels such as `00–23`)."""
    ours = data_dir if project == "default" else data_dir / "projects" / project
    run = f"*-{hashlib.sha256(run_id.encode()).hexdigest()[:8]}"
    folders = [ours / f"{day}" / label.replace("–", "-") for label in windows]
    return sorted(path for folder in folders for path in folder.glob(f"{run}/*.zip"))


def events_by_hour(paths: Iterable[Path]) -> Counter[int]:
    """Count the lines of each hour's members."""
    events: Counter[int] = Counter()
    for path in paths:
        with zipfile.ZipFile(path) as archive:
            for member in archive.infolist():
                if found := MEMBER.search(member.filename):
                    events[int(found[2])] += _lines(archive, member)
    return events


def _lines(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> int:
    with archive.open(member) as packed, gzip.open(packed) as lines:
        return sum(1 for line in lines if line.strip())
