"""Whether every worker has the same volume: one leaves a mark, the others look for it."""

from __future__ import annotations

import socket
import time
from collections.abc import Sequence
from pathlib import Path
from uuid import uuid4

import msgspec

from amplitude_export.doctor.runner import CheckRunner, Fault, Skipped
from amplitude_export.doctor.volume import FOLDER, any_volume_error, own_folder, write
from amplitude_export.errors import PipelineError
from amplitude_export.volume import atomic_write

_MARK = ".mark"
# Nobody looks for a mark after an hour; the next one to leave a mark removes it.
_OLD_SECONDS = 3600
_MOUNT = (
    "mount the same volume at amplitude_data_dir on every worker, writable for the user that runs "
    "it: what one task writes there the next one reads, on whichever worker it runs."
)
_ONLY_HERE = "only this machine has looked; the DAG amplitude_doctor looks from the workers"


class MarkerResult(msgspec.Struct, frozen=True):
    """What a worker saw: `problem` is empty where it saw the mark and could write as well."""

    host: str
    problem: str = ""


def leave_mark(data_dir: str) -> str:
    """Leaves a mark and returns its name; raises Fault, VolumeRefused and VolumeFull."""
    own = own_folder(Path(data_dir))
    with any_volume_error(own):
        for path in own.glob(f"*{_MARK}"):
            if path.stat().st_mtime < time.time() - _OLD_SECONDS:
                path.unlink(missing_ok=True)
    mark = own / f"{uuid4().hex}{_MARK}"
    with any_volume_error(own), atomic_write(mark) as file:
        file.write(socket.gethostname().encode())
    return mark.name


def find_marker(data_dir: str, mark: str) -> MarkerResult:
    """Looks for the mark from this machine, and writes beside it."""
    host = socket.gethostname()
    folder = Path(data_dir)
    try:
        with any_volume_error(folder):
            folder.stat()
            if not (folder / FOLDER / mark).exists():
                return MarkerResult(
                    host, f"{folder} is there, but not the mark: it is another volume"
                )
        write(folder)
    except (Fault, PipelineError) as error:
        return MarkerResult(host, error.what)
    return MarkerResult(host)


def check_shared(runner: CheckRunner, sightings: Sequence[MarkerResult] | None) -> None:
    """`volume.shared`; None: nobody was sent to look."""
    runner.run("volume.shared", lambda: _shared(sightings), needs=["volume.writable"])


def _shared(sightings: Sequence[MarkerResult] | None) -> str:
    if sightings is None:
        raise Skipped(_ONLY_HERE)
    if blind := {seen.host: seen.problem for seen in sightings if seen.problem}:
        words = "; ".join(f"{host}: {problem}" for host, problem in sorted(blind.items()))
        raise Fault(f"not every worker has the volume ({words})", _MOUNT)
    hosts = sorted({seen.host for seen in sightings})
    if not hosts:
        raise Skipped("no worker has looked")
    if len(hosts) == 1:
        return f"only {hosts[0]} has looked, and sees the mark"
    return f"{len(hosts)} workers see the same mark: {', '.join(hosts)}"
