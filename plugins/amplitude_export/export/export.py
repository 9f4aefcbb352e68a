"""Exports a window: its archive, or those of its halves where one response cannot carry it."""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable, Sequence, Set
from functools import partial
from pathlib import Path

from amplitude_export.archive import ArchiveRecord, Exported
from amplitude_export.errors import SplitWindow
from amplitude_export.export.download import Fetched
from amplitude_export.export.gaps import Gaps
from amplitude_export.export.tries import tried, wait
from amplitude_export.window import Window
from amplitude_export.workspace import Workspace

log = logging.getLogger(__name__)

Download = Callable[[Window, Path], Fetched]


def export_window(
    download: Download,
    parts: Sequence[Window],
    workspace: Workspace,
    usual: Callable[[], Set[int]] | None,
) -> Exported:
    """Download the window that the parts make up, part by part, and return what came.

    `usual` returns the hours of the window that usually have events, see `Gaps`; None takes the
    first response for what there is. Raises
    GapNotConfirmed after all parts are there, so that each try counts for all of them, and what
    `download` and `usual` raise.
    """
    window = Window.between(parts[0].start, parts[-1].end)
    gaps = Gaps(workspace.gaps, window, usual) if usual else None
    archives = [each for part in parts for each in _parts(download, part, workspace, gaps)]
    confirmed = gaps.close() if gaps else []
    if not any(archive.file for archive in archives):
        log.warning("%s %s has no events at Amplitude.", window.day, window.label)
    return Exported(window, archives, socket.gethostname(), confirmed)


def _parts(
    download: Download, window: Window, workspace: Workspace, gaps: Gaps | None
) -> list[ArchiveRecord]:
    try:
        return [_part(download, window, workspace.archive(window), gaps)]
    except SplitWindow as error:
        log.info("%s Requesting both halves instead.", error.what)
        return [
            part for half in window.halves() for part in _parts(download, half, workspace, gaps)
        ]


def _part(download: Download, window: Window, path: Path, gaps: Gaps | None) -> ArchiveRecord:
    while True:
        fetched = tried(partial(download, window, path))
        if gaps:
            gaps.add(window, fetched.at, fetched.hours)
        if archive := fetched.archive:
            return ArchiveRecord(window, path.name, archive.bytes, archive.crc32, fetched.at)
        if gaps is None or gaps.suffices(window):
            return ArchiveRecord(window, None, 0, exported_at=fetched.at)
        log.info("No events for %s %s; requesting them once more.", window.day, window.label)
        wait()
