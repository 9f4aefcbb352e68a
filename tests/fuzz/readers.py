"""Everything that reads an archive, with any bytes: errors of other kinds than its own pass."""

from __future__ import annotations

import shutil
import zlib
from contextlib import suppress
from pathlib import Path

from amplitude_export.archive import ArchiveRecord, Exported
from amplitude_export.decompress.decompress import decompress
from amplitude_export.errors import PipelineError
from amplitude_export.export.download import save_archive
from amplitude_export.ip_networks.ranges import read_networks
from amplitude_export.verify.reference import ARCHIVE_ERRORS, exported_hour
from amplitude_export.workspace import Workspace

from tests.archives import WHOLE_DAY


class Body:
    """A response's body, which comes in one piece."""

    def __init__(self, content: bytes) -> None:
        self._pieces = [content, b""]

    def read1(self, amt: int | None = None) -> bytes:
        """Return the content, then nothing."""
        return self._pieces.pop(0)


def read_zip(data: bytes, folder: Path) -> None:
    """Export, unpack and verify the bytes, each whatever the step before it has made of them."""
    workspace = Workspace.of(folder, WHOLE_DAY, "run").open()
    path = workspace.archive(WHOLE_DAY)
    with suppress(PipelineError):
        save_archive(Body(data), path, WHOLE_DAY, None)
    path.write_bytes(data)
    record = ArchiveRecord(WHOLE_DAY, path.name, len(data), zlib.crc32(data))
    exported = Exported(WHOLE_DAY, [record], "worker-1")
    for landing, quarantine in (("json", False), ("json.gz", True)):
        with suppress(PipelineError):
            decompress(exported, workspace, landing, quarantine)
    with suppress(*ARCHIVE_ERRORS, OSError, PipelineError):
        for hour in (2, 3):
            exported_hour([path], hour)
    shutil.rmtree(workspace.folder)


def read_tarball(data: bytes, folder: Path) -> None:
    """Read the networks of the package."""
    path = folder / "package.tgz"
    path.write_bytes(data)
    with suppress(PipelineError):
        list(read_networks(path))
