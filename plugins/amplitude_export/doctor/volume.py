"""Whether the shared volume is there, may be written as the pipeline writes, and has room."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from amplitude_export.doctor.runner import CheckRunner, Fault
from amplitude_export.manifest import Manifest
from amplitude_export.record import from_record
from amplitude_export.volume import atomic_write, volume_errors
from amplitude_export.workspace import Workspace

FOLDER = ".doctor"
# A small project's day, its archive and its JSON; nothing is known before the first load.
MIN_BYTES = 1_000_000_000
_SET = "set it to the directory of the shared volume, the same on every worker."
_MOUNT = "look at how the volume is mounted, and at the system's log of this machine."


def check_volume(runner: CheckRunner, data_dir: str) -> None:
    """`volume.present`, `volume.writable` and `volume.room`; the directory is never made."""
    folder = Path(data_dir)
    runner.run("volume.present", lambda: _present(data_dir))
    runner.run("volume.writable", lambda: write(folder), needs=["volume.present"])
    runner.run("volume.room", lambda: _room(folder), needs=["volume.present"])


@contextmanager
def any_volume_error(folder: Path) -> Iterator[None]:
    """The pipeline's own words for the system's refusals, and the system's for all others."""
    try:
        with volume_errors(folder):
            yield
    except OSError as error:
        raise Fault(f"{folder} does not work: {error}", _MOUNT) from error


def write(folder: Path) -> str:
    """Writes, renames, reads and removes a file; raises Fault and VolumeRefused."""
    path = own_folder(folder) / uuid4().hex
    with any_volume_error(folder):
        with atomic_write(path) as file:
            file.write(path.name.encode())
        content = path.read_bytes()
        path.unlink()
    if content != path.name.encode():
        raise Fault(f"{folder} gave back other bytes than were written", _MOUNT)
    return f"a file was written, renamed, read and removed below {folder}"


def own_folder(folder: Path) -> Path:
    """Where the doctor writes on the volume, made if it is not there."""
    own = folder / FOLDER
    with any_volume_error(folder):
        own.mkdir(exist_ok=True)
    return own


def _present(data_dir: str) -> str:
    if not data_dir:
        raise Fault("The Airflow Variable amplitude_data_dir is not set", _SET)
    with any_volume_error(Path(data_dir)):
        list(Path(data_dir).iterdir())
    return f"{data_dir} is there"


def _room(folder: Path) -> str:
    with any_volume_error(folder):
        free = shutil.disk_usage(folder).free
        needed, why = _needed(folder)
    said = f"{free / 1e9:,.1f} GB are free; {why} {needed / 1e9:,.1f} GB"
    if free < needed:
        raise Fault(said, "make room on the volume, or lower amplitude_archive_days.")
    return said


def _needed(folder: Path) -> tuple[int, str]:
    """What the largest of the days took whose archives are kept: archives and JSON together."""
    days: Counter[str] = Counter()
    for space in Workspace.all_loaded(folder):
        days[space.folder.parents[1].name] += _size(space)
    largest = max(days.values(), default=0)
    if largest < MIN_BYTES:
        return MIN_BYTES, "a day should have at least"
    return largest, "the largest of the days that are kept took"


def _size(space: Workspace) -> int:
    """Of archives and JSON; the JSON is gone, and its manifest says what it was."""
    archives = sum(path.stat().st_size for path in space.folder.glob("export_*.zip"))
    if not space.manifest.exists():
        return archives
    manifest = from_record(Manifest, json.loads(space.manifest.read_bytes()))
    return archives + sum(file.bytes for file in manifest.files)
