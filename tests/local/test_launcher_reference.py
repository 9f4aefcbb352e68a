"""The reference counts the archives independently of the pipeline."""

from __future__ import annotations

import gzip
import zipfile
from collections import Counter
from datetime import date
from pathlib import Path

from local.launcher.reference import archives, events_by_hour

DAY = date(2026, 9, 24)
RUN = "manual__2026-09-24"
# The folder's name ends with the first eight digits of the run id's SHA-256.
RUN_FOLDER = "manual__2026-09-24-10862217"


def write_archive(path: Path, members: dict[str, bytes]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        for name, lines in members.items():
            archive.writestr(name, gzip.compress(lines))
    return path


def test_parts_of_an_hour_are_added_up(tmp_path: Path) -> None:
    """Hours are not padded in the archive, have several parts, and can end without a newline."""
    archive = write_archive(
        tmp_path / "a.zip",
        {
            "9/9_2026-09-24_7#0.json.gz": b"{}\n{}\n",
            "9/9_2026-09-24_7#1.json.gz": b"{}",
            "9/9_2026-09-24_17#0.json.gz": b"{}\n",
        },
    )
    assert events_by_hour([archive]) == Counter({7: 3, 17: 1})


def test_only_the_archives_of_this_run_and_its_windows_count(tmp_path: Path) -> None:
    """Archives of other runs, days, window sizes and projects on the volume are not counted."""
    mine = write_archive(tmp_path / "2026-09-24" / "00-23" / RUN_FOLDER / "export_a.zip", {})
    folder = tmp_path / "projects" / "app" / "2026-09-24" / "00-23" / RUN_FOLDER
    apps = write_archive(folder / "export_a.zip", {})
    for elsewhere in ("2026-09-24/00-05", "2026-09-23/00-23"):
        write_archive(tmp_path / elsewhere / RUN_FOLDER / "export_a.zip", {})
    write_archive(tmp_path / "2026-09-24" / "00-23" / "other-00000000" / "export_a.zip", {})
    assert archives(tmp_path, "default", DAY, RUN, ["00–23"]) == [mine]
    assert archives(tmp_path, "app", DAY, RUN, ["00–23"]) == [apps]
