"""The task `decompress`: every line checked and counted."""

from __future__ import annotations

import socket

from amplitude_export.archive import ArchiveRecord, Exported
from amplitude_export.decompress.decompress import decompress

from bench.ours.workspace import WINDOW, workspace, write_manifest
from bench.place import Place


def run(place: Place) -> None:
    """Write the landed files and their manifest."""
    folder = workspace(place)
    path = folder.archive(WINDOW)
    record = ArchiveRecord(window=WINDOW, file=path.name, bytes=path.stat().st_size)
    exported = Exported(window=WINDOW, archives=[record], host=socket.gethostname())
    write_manifest(place, decompress(exported, folder, place.landing))
