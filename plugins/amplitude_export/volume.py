"""The shared volume: its free space, files that appear whole or not at all, and its errors."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

from amplitude_export.errors import VolumeFull, VolumeRefused

# Bytes that stay free for logs and for other programs that write to the volume.
RESERVE_BYTES = 64 * 2**20
# Space does not come back within seconds: clean_up of another run, or a person, makes it.
FULL_RETRY_AFTER = timedelta(minutes=10)

# The Variable alone frees nothing: only clean_up reads it, after a load.
FREE_SPACE = (
    "free space on the volume: enlarge it, or lower amplitude_archive_days and clear clean_up of a "
    "loaded run, which then removes older archives."
)

_PART = ".part"
# A pattern of the files that `atomic_write` has begun.
UNFINISHED = f".*{_PART}"

_FULL = {errno.ENOSPC, errno.EDQUOT}
_REFUSED = {errno.EACCES, errno.EPERM, errno.EROFS}


def require_space(folder: Path, needed: int) -> None:
    """Raise VolumeFull unless `needed` bytes fit on the volume of `folder`, with a reserve."""
    with volume_errors(folder):
        free = shutil.disk_usage(folder).free
    if free < needed + RESERVE_BYTES:
        raise VolumeFull(
            f"{folder} has {free / 1e6:,.0f} MB free; this step needs {needed / 1e6:,.0f} MB and "
            f"keeps {RESERVE_BYTES / 1e6:,.0f} MB free. Nothing was written.",
            FREE_SPACE,
            retry_after=FULL_RETRY_AFTER,
        )


@contextmanager
def volume_errors(path: Path) -> Iterator[None]:
    """Translate the operating system's errors at `path` into VolumeFull and VolumeRefused."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise VolumeFull(
                f"The volume of {path} is full; the unfinished file was removed.",
                FREE_SPACE,
                retry_after=FULL_RETRY_AFTER,
            ) from error
        if error.errno in _REFUSED:
            raise VolumeRefused(
                f"{path} cannot be written by uid {os.getuid()}: {error.strerror}.",
                "give the directory to the user that runs Airflow's workers (chown), and mount "
                "the volume writable on every worker.",
            ) from error
        if error.errno == errno.ENOTDIR:
            file = next((each for each in (path, *path.parents) if each.is_file()), path)
            raise VolumeRefused(
                f"{file} is not a directory.", "correct the Airflow Variable amplitude_data_dir."
            ) from error
        if error.errno == errno.ENOENT:
            raise VolumeRefused(
                f"{path} does not exist: {error.strerror}.",
                "create the directory that amplitude_data_dir names, and mount it on every worker.",
            ) from error
        raise


@contextmanager
def atomic_write(path: Path) -> Iterator[BinaryIO]:
    """Open a file that gets the name `path` when the block ends, and is removed when it raises.

    The unfinished file has a name of its own, so that an older attempt that is still running writes
    to another one. The one that is renamed last stays, and both have the same content.
    """
    part = path.with_name(f".{path.name}.{uuid4().hex}{_PART}")
    with volume_errors(path):
        try:
            with part.open("wb") as file:
                yield file
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
