"""Check that every worker has the same volume: one writes a marker, the others look for it."""

from __future__ import annotations

import socket
import time
from collections.abc import Sequence
from pathlib import Path
from uuid import uuid4

import msgspec

from amplitude_export.doctor.check import Check
from amplitude_export.doctor.runner import CheckRunner, Fault, Skipped
from amplitude_export.doctor.volume import FOLDER, any_volume_error, own_folder, write
from amplitude_export.errors import PipelineError
from amplitude_export.projects import config_checksum, config_path, read_config
from amplitude_export.volume import atomic_write, child, is_file, real_path

_MARK = ".mark"
# No task looks for a marker after an hour; the next run removes it.
_OLD_SECONDS = 3600
_MOUNT = (
    "mount the same volume at amplitude_data_dir on every worker, writable for the user that runs "
    "it: each task reads what the task before it wrote, possibly on another worker."
)
_ONLY_HERE = "only this machine was checked; the DAG amplitude_doctor checks the workers"


class MarkedVolume(msgspec.Struct, frozen=True):
    """The checks of the volume, and the name of the marker on it; None if it is not writable."""

    checks: list[Check]
    marker: str | None = msgspec.field(name="mark")


class MarkerResult(msgspec.Struct, frozen=True):
    """The result of one worker: `problem` is empty if it found the marker and could write."""

    host: str
    problem: str = ""
    # The checksum of include/amplitude.yaml; None up to 0.6.
    config: str | None = None


def write_marker(data_dir: str) -> str:
    """Write a marker and return its name; raises Fault, VolumeRefused and VolumeFull."""
    own = own_folder(Path(data_dir))
    with any_volume_error(own):
        for path in own.glob(f"*{_MARK}"):
            if path.lstat().st_mtime < time.time() - _OLD_SECONDS:
                path.unlink(missing_ok=True)
    mark = own / f"{uuid4().hex}{_MARK}"
    with any_volume_error(own), atomic_write(mark) as file:
        file.write(socket.gethostname().encode())
    return mark.name


def find_marker(data_dir: str, marker: str) -> MarkerResult:
    """Look for the marker from this machine, and write beside it."""
    host = socket.gethostname()
    folder = Path(data_dir)
    try:
        with any_volume_error(folder):
            folder.stat()
            if not is_file(child(real_path(folder) / FOLDER, marker)):
                raise Fault(f"{folder} exists but lacks the marker: it is a different volume", "")
        write(folder)
    except (Fault, PipelineError) as error:
        return MarkerResult(host, error.what, config_checksum())
    return MarkerResult(host, config=config_checksum())


def check_shared(runner: CheckRunner, results: Sequence[MarkerResult] | None) -> None:
    """Run `volume.shared` and `code.projects`; None: no task looked."""
    runner.run("volume.shared", lambda: _shared(results), needs=["volume.writable"])
    runner.run("code.projects", lambda: _projects(results or ()))


def _projects(results: Sequence[MarkerResult]) -> str:
    """Read the file of projects here, and compare it with that of each worker."""
    names = ", ".join(project.name for project in read_config().projects)
    found = {each.host: each.config for each in results if each.config}
    if {config_checksum(), *found.values()} != {config_checksum()}:
        sums = "; ".join(f"{host}: {checksum[:12]}" for host, checksum in sorted(found.items()))
        raise Fault(
            f"{config_path()} is {config_checksum()[:12]} here and not the same file on every "
            f"worker ({sums})",
            "install the same include/amplitude.yaml on the dag-processor and on every worker, or "
            "correct AMPLITUDE_CONFIG there; without the file there is only the project default.",
        )
    return f"the projects are {names}"


def _shared(results: Sequence[MarkerResult] | None) -> str:
    if results is None:
        raise Skipped(_ONLY_HERE)
    if problems := {each.host: each.problem for each in results if each.problem}:
        words = "; ".join(f"{host}: {problem}" for host, problem in sorted(problems.items()))
        raise Fault(f"not every worker has the volume ({words})", _MOUNT)
    hosts = sorted({each.host for each in results})
    if not hosts:
        raise Skipped("no worker looked")
    if len(hosts) == 1:
        return f"only {hosts[0]} looked, and found the marker"
    return f"{len(hosts)} workers found the same marker: {', '.join(hosts)}"
