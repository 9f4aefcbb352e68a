"""One command of dbt as a process, with its lines in the log and its end as an error, or none."""

from __future__ import annotations

import json
import logging
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from amplitude_export.errors import BadSetting, ModelsFailed, TestsFailed
from amplitude_export.transform.profile import Profile
from amplitude_export.volume import atomic_write

log = logging.getLogger(__name__)

PROJECT = Path(__file__).resolve().parents[3] / "include" / "dbt"
# What dbt asks of nobody while it runs for others.
_QUIET = {"DBT_SEND_ANONYMOUS_USAGE_STATS": "false"}
_LINES = ("--no-use-colors", "--log-format", "text", "--log-level-file", "none")
# Seconds between the request to end and the end, in which dbt cancels its statements at Snowflake.
_GRACE = 60


@dataclass(frozen=True)
class Node:
    """What became of one model, seed or test: its kind, its `status` (dbt's word) and seconds."""

    kind: str
    # A model's table or view; dbt's own name of anything else.
    name: str
    # What `--select` takes.
    selector: str
    status: str
    seconds: float
    message: str

    @classmethod
    def of(cls, result: Any) -> Node:
        """From an entry of dbt's run_results.json (schema v6)."""
        kind, _, selector = result["unique_id"].split(".")[:3]
        name = (result["relation_name"] or selector).rpartition(".")[2]
        seconds = round(result["execution_time"], 2)
        message = _words(result["message"] or "")
        return cls(kind, name, selector, result["status"], seconds, message)

    @property
    def done(self) -> bool:
        """Whether it need not be built again."""
        return self.status in ("success", "pass", "warn")

    @property
    def failed(self) -> bool:
        """Whether it went wrong itself, and was not just left out because another did."""
        return self.status in ("error", "fail", "runtime error")


@dataclass(frozen=True)
class Dbt:
    """dbt with a profile. `executable` is its command, which brings its own environment along."""

    profile: Profile
    executable: str

    @classmethod
    def found(cls, profile: Profile) -> Dbt:
        """The dbt on PATH. Raises BadSetting when there is none."""
        return cls(profile, find_executable())

    def run(self, *command: str) -> list[Node]:
        """Runs one command of dbt, such as `run --select tag:changes`; what became of each node.

        Raises ModelsFailed or TestsFailed; both name what failed.
        """
        return self._carry_out(command)

    def build(self, select: Sequence[str], options: Sequence[str], left: Path) -> list[Node]:
        """Builds and tests what is selected, or what an earlier attempt has left of it.

        The names of what is not done stand in the file `left`, which goes when all is. Raises as
        `run` does, VolumeFull and VolumeRefused.
        """
        names = json.loads(left.read_text()) if left.exists() else select
        return self._carry_out(["build", "--select", *names, *options], left)

    def document(self, place: Path) -> None:
        """Writes dbt's documentation of all models, one file.

        Raises ModelsFailed, VolumeFull and VolumeRefused.
        """
        command = ("docs", "generate", "--static")
        with self._target() as target:
            code = self._follow(command, target)
            _raise_failed([], code, command)
            with atomic_write(place) as file:
                file.write((target / "static_index.html").read_bytes())

    def _carry_out(self, command: Sequence[str], left: Path | None = None) -> list[Node]:
        with self._target() as target:
            try:
                code = self._follow(command, target)
            finally:
                # Also when the task's time is over: dbt writes what it has done when it is ended.
                nodes = list(_results(target))
                if left:
                    _note(nodes, left)
        _raise_failed(nodes, code, command)
        return nodes

    @contextmanager
    def _target(self) -> Iterator[Path]:
        """A folder for one command: its profile, and what dbt leaves."""
        with TemporaryDirectory(prefix="dbt-") as folder:
            self.profile.write(Path(folder))
            yield Path(folder)

    def _follow(self, command: Sequence[str], target: Path) -> int:
        folders = ("--project-dir", PROJECT, "--profiles-dir", target, "--target-path", target)
        arguments = [self.executable, *_LINES, *command, *map(str, folders)]
        environment = {**os.environ, **_QUIET, **self.profile.environment}
        with _process(arguments, environment) as process:
            for line in process.stdout or ():
                if said := line.rstrip():
                    log.info("%s", said)
            return process.wait()


def find_executable() -> str:
    """The command dbt on PATH. Raises BadSetting when there is none."""
    executable = shutil.which("dbt")
    if executable is None:
        raise BadSetting(
            "There is no command dbt on the worker's PATH.",
            "install requirements-dbt.txt into an environment of its own on every worker, and "
            "append its bin folder to PATH (docs/deploying.md).",
        )
    return executable


@contextmanager
def _process(arguments: list[str], environment: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    """Ends with the block, whatever ends the block."""
    process = subprocess.Popen(
        arguments,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            # At SIGTERM dbt would be gone at once, and its statements would go on.
            process.send_signal(signal.SIGINT)
            try:
                process.wait(_GRACE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if process.stdout:
            process.stdout.close()


def _results(target: Path) -> Iterator[Node]:
    """Nothing for a command that did not come to its nodes."""
    file = target / "run_results.json"
    if file.exists():
        for result in json.loads(file.read_text())["results"]:
            yield Node.of(result)


def _note(nodes: Sequence[Node], left: Path) -> None:
    """A command that came to no node has changed nothing about what is left."""
    if undone := [node.selector for node in nodes if not node.done]:
        with atomic_write(left) as file:
            file.write(json.dumps(undone).encode())
    elif nodes:
        left.unlink(missing_ok=True)


def _raise_failed(nodes: Sequence[Node], code: int, command: Sequence[str]) -> None:
    broken = [node for node in nodes if node.failed and node.kind != "test"]
    failed = [node for node in nodes if node.failed and node.kind == "test"]
    if broken:
        raise ModelsFailed(
            f"dbt could not build {_names(broken)}: {broken[0].message}.",
            "what was built stays; a re-run of this task builds these and what follows from them. "
            "The log has a line for each.",
        )
    if failed:
        raise TestsFailed(
            f"What was built is not as it must be: {_names(failed)}. The first: "
            f"{failed[0].message}.",
            "nothing further down was built from it. The log names each test; once its cause is "
            "mended, clear this task, and it goes on from there.",
        )
    if code:
        raise ModelsFailed(
            f"dbt {' '.join(command)} ended with code {code} before it came to the models.",
            "its last lines in the log say why.",
        )


def _words(message: str) -> str:
    """On one line, without the name of a file that is gone when somebody reads it."""
    lines = (line.strip() for line in message.splitlines())
    return " ".join(line for line in lines if line and not line.startswith("compiled code at"))


def _names(nodes: Sequence[Node]) -> str:
    return ", ".join(node.name for node in nodes)
