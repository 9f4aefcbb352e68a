"""Check that the shared volume is mounted, can be written as the pipeline writes, and has room."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

from amplitude_export.doctor.runner import CheckRunner, Fault
from amplitude_export.errors import RecordInvalid
from amplitude_export.manifest import Manifest
from amplitude_export.record import read_record
from amplitude_export.volume import (
    FREE_SPACE,
    atomic_write,
    make_folder,
    read_file,
    real_path,
    volume_errors,
)
from amplitude_export.workspace import Workspace

FOLDER = ".doctor"
# Bytes of a small project's day, archive and JSON; the real size is unknown before the first load.
MIN_BYTES = 1_000_000_000
_SET = "set it to the directory of the shared volume, the same on every worker."
_MOUNT = "check how the volume is mounted, and the system log of this machine."


def check_volume(runner: CheckRunner, data_dir: str) -> None:
    """Run `volume.present`, `volume.writable` and `volume.room`; never creates the directory."""
    folder = Path(data_dir)
    runner.run("volume.present", lambda: _present(data_dir))
    runner.run("volume.writable", lambda: write(folder), needs=["volume.present"])
    runner.run("volume.room", lambda: _room(folder), needs=["volume.present"])


@contextmanager
def any_volume_error(folder: Path) -> Iterator[None]:
    """Raise the pipeline's errors for those it knows, and Fault for every other OSError."""
    try:
        with volume_errors(folder):
            yield
    except OSError as error:
        raise Fault(f"{folder} cannot be used: {error}", _MOUNT) from error


def write(folder: Path) -> str:
    """Write, rename, read and remove a file; raises Fault and VolumeRefused."""
    path = own_folder(folder) / uuid4().hex
    with any_volume_error(folder):
        with atomic_write(path) as file:
            file.write(path.name.encode())
        content = read_file(path)
        path.unlink()
    if content != path.name.encode():
        raise Fault(f"{folder} returned other bytes than were written", _MOUNT)
    return f"a file was written, renamed, read and removed below {folder}"


def own_folder(folder: Path) -> Path:
    """Return the doctor's folder on the volume; creates it if it is missing."""
    own = real_path(folder) / FOLDER
    with any_volume_error(folder):
        make_folder(own)
    return own


def _present(data_dir: str) -> str:
    if not data_dir:
        raise Fault("The Airflow Variable amplitude_data_dir is not set", _SET)
    with any_volume_error(Path(data_dir)):
        list(real_path(Path(data_dir)).iterdir())
    return f"{data_dir} is mounted"


def _room(folder: Path) -> str:
    with any_volume_error(folder):
        free = shutil.disk_usage(folder).free
        needed, why = _needed(folder)
    text = f"{free / 1e9:,.1f} GB are free; {why} {needed / 1e9:,.1f} GB"
    if free < needed:
        raise Fault(text, FREE_SPACE)
    return text


def _needed(folder: Path) -> tuple[int, str]:
    """Return the bytes of the largest day that is still on the volume, and why so many.

    Archives and JSON count together.
    """
    days: Counter[str] = Counter()
    for space in Workspace.all_loaded(folder):
        days[space.folder.parents[1].name] += _size(space)
    largest = max(days.values(), default=0)
    if largest < MIN_BYTES:
        return MIN_BYTES, "a day should have at least"
    return largest, "the largest day on the volume took"


def _size(space: Workspace) -> int:
    """Return the bytes of archives and JSON; the manifest still has those of removed JSON."""
    archives = sum(path.lstat().st_size for path in space.folder.glob("export_*.zip"))
    # A damaged manifest is for `verify` to report.
    with suppress(RecordInvalid):
        if manifest := read_record(Manifest, space.manifest, ""):
            return archives + sum(file.bytes for file in manifest.files)
    return archives
