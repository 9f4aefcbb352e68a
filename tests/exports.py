"""Archives on the volume as export writes them, and the record that it returns."""

from __future__ import annotations

from pathlib import Path

from amplitude_export.archive import ArchiveRecord, Exported, file_crc32
from amplitude_export.window import Window
from amplitude_export.workspace import Workspace

from tests.archives import WHOLE_DAY, hours

COUNTS = {0: 5, 2: 700, 13: 1, 23: 40}


def exported(workspace: Workspace, *windows: Window) -> Exported:
    """Return the record that export would return for the archives in the workspace."""
    paths = [workspace.archive(window) for window in windows]
    records = [_record(w, p) for w, p in zip(windows, paths, strict=True)]
    return Exported(WHOLE_DAY, records, "worker-1")


def _record(window: Window, path: Path) -> ArchiveRecord:
    if not path.exists():
        return ArchiveRecord(window, path.name, 0)
    with path.open("rb") as file:
        return ArchiveRecord(window, path.name, path.stat().st_size, file_crc32(file))


def day(workspace: Workspace, counts: dict[int, int] = COUNTS) -> Exported:
    """Write one archive of the whole day, with that many events in each hour."""
    hours(workspace.archive(WHOLE_DAY), counts)
    return exported(workspace, WHOLE_DAY)
