"""Shares the members out among as many processes as there are cores.

The check holds Python's interpreter lock, so this process and plain child processes share the
members. A multiprocessing pool would fork Airflow's task process with its sockets, or import its
command line again in every child; and Celery's workers forbid both.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import IO, cast

from amplitude_export.decompress.unpack import Job, unpack_all
from amplitude_export.environment import for_program
from amplitude_export.errors import PipelineError, UnpackKilled
from amplitude_export.manifest import Unpacked

# Compressed bytes that this process unpacks while a child starts; less is not worth a child.
CHILD_START_BYTES = 6 * 2**20


def unpack_side_by_side(jobs: list[Job]) -> list[Unpacked]:
    """Unpack a share here and each other in a child; one that fails ends them all.

    The results are in the order of hours and parts. Raises what `unpack.unpack` does, and
    UnpackKilled when a child dies.
    """
    shares = _share_out(jobs)
    children: list[subprocess.Popen[bytes]] = []
    try:
        children += [_start() for _ in shares[1:]]
        for child, share in zip(children, shares[1:], strict=True):
            _send_jobs(child, share)
        done = [each for share in shares[:1] for each in unpack_all(share)]
        done += [each for child in children for each in _result(child)]
    finally:
        for child in children:
            child.kill()
            child.wait()
    return sorted(done, key=lambda each: (each.landed.hour, each.landed.part))


def _share_out(jobs: list[Job]) -> list[list[Job]]:
    """Return shares for this process and its children that take about the same time."""
    shares: list[list[Job]] = [[] for _ in range(_cores())]
    sizes = [0, *([CHILD_START_BYTES] * (len(shares) - 1))]
    # The largest jobs first: the small ones then level the shares.
    for job in sorted(jobs, key=lambda job: -job.member.info.compress_size):
        least = sizes.index(min(sizes))
        shares[least].append(job)
        sizes[least] += job.member.info.compress_size
    return [sorted(share, key=lambda job: job.archive) for share in shares if share]


def _cores() -> int:
    """Return the number of cores that this process is allowed to use."""
    # macOS has no affinity.
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _start() -> subprocess.Popen[bytes]:
    library = str(Path(__file__).resolve().parents[2])
    path = os.pathsep.join(filter(None, [library, os.environ.get("PYTHONPATH")]))
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "amplitude_export.decompress.unpack"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**for_program(os.environ), "PYTHONPATH": path},
    )


def _send_jobs(child: subprocess.Popen[bytes], share: list[Job]) -> None:
    # A child that has died does not read its jobs; `_result` raises for it.
    with suppress(BrokenPipeError), cast("IO[bytes]", child.stdin) as jobs:
        pickle.dump(share, jobs)


def _result(child: subprocess.Popen[bytes]) -> list[Unpacked]:
    with cast("IO[bytes]", child.stdout) as output:
        pickled = output.read()
    if child.wait() != 0:
        raise UnpackKilled(
            f"An unpacking process ended with status {child.returncode} before it was done; its "
            "output, if any, is above.",
            "-9 means killed, usually by the kernel for lack of memory: give the worker more. For "
            "any other status, see the traceback above.",
        )
    result: list[Unpacked] | PipelineError = pickle.loads(pickled)  # noqa: S301 - our own child
    if isinstance(result, PipelineError):
        raise result
    return result
