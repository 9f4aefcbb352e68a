"""Measures one stage in a process of its own: wall seconds, CPU seconds and memory.

Both kinds of seconds are measured inside the process, around the stage alone, after its imports;
the CPU is the process's own and that of its children. The peak is the sum of the high-water marks
(VmHWM) of the process and of all children it starts. It includes interpreter and libraries, counts
pages that processes share in each of them, and does not include the page cache. It is an upper
bound: the marks need not be simultaneous.
"""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench import CACHE, ROOT
from bench.place import Place, Step

_EVERY_SECONDS = 0.02


@dataclass(frozen=True)
class Sample:
    """The cost of one run of a step: wall seconds, CPU seconds, and peak memory in bytes."""

    wall: float
    cpu: float
    peak: int

    def __add__(self, after: Sample) -> Sample:
        return Sample(self.wall + after.wall, self.cpu + after.cpu, max(self.peak, after.peak))


def measure(step: Step, place: Place) -> Sample:
    """Run the step. Raises RuntimeError when it fails; its own output is printed above."""
    # Otherwise the kernel would flush another step's writes to disk during this one.
    os.sync()
    command = [sys.executable, "-m", "bench.measure", step.side, step.stage, place.dump()]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT, env=_environment())
    marks: dict[int, int] = {}
    while process.poll() is None:
        marks.update(_marks(process.pid))
        time.sleep(_EVERY_SECONDS)
    output = process.communicate()[0]
    if process.returncode:
        raise RuntimeError(f"{step} ended with status {process.returncode}")
    return Sample(**json.loads(output.splitlines()[-1]), peak=sum(marks.values()))


def _environment() -> dict[str, str]:
    """Return the same environment for both sides, without the user's AWS and Airflow settings."""
    ours = {
        name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "AIR"))
    }
    return ours | {
        "PYTHONPATH": str(ROOT / "plugins"),
        "AIRFLOW_HOME": str(CACHE / "airflow"),
        "AWS_ACCESS_KEY_ID": "bench",
        "AWS_SECRET_ACCESS_KEY": "bench",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "NO_PROXY": "127.0.0.1",
    }


def _marks(pid: int) -> Iterator[tuple[int, int]]:
    """Yield the high-water marks of the process and its children, by process id. Linux only."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except (FileNotFoundError, ProcessLookupError):
        return  # It has ended since.
    # A process that has just ended has no memory any more.
    if mark := next((line for line in status.splitlines() if line.startswith("VmHWM")), None):
        yield pid, int(mark.split()[1]) * 1024
    for child in children:
        yield from _marks(int(child))


def main(side: str, stage: str, argument: str) -> None:
    """Run one stage and print its seconds as one line of JSON."""
    run = importlib.import_module(f"bench.{side}.{stage}").run
    place = Place.load(argument)
    wall, cpu = time.perf_counter(), _cpu()
    run(place)
    took = {"wall": time.perf_counter() - wall, "cpu": _cpu() - cpu}
    print(json.dumps(took))


def _cpu() -> float:
    return sum(os.times()[:4])


if __name__ == "__main__":
    main(*sys.argv[1:])
