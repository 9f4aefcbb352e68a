"""Runs dbt's commands: their results are read, and their failures become errors."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import msgspec

from amplitude_export.errors import BadSetting, ModelsFailed, TestsFailed
from amplitude_export.include import INCLUDE, included
from amplitude_export.record import read_record
from amplitude_export.redaction import redact
from amplitude_export.transform.environment import caches_in, dbt_environment
from amplitude_export.transform.process import MAX_CHARACTERS, Ended, run_process
from amplitude_export.transform.profile import Profile
from amplitude_export.volume import atomic_write, is_own, remove_file

# Names of nodes. dbt would take one that begins with a hyphen for an option of its own.
_Names = list[Annotated[str, msgspec.Meta(pattern=r"\A[A-Za-z0-9_]+\Z")]]
PROJECT = INCLUDE / "dbt"
_LINES = ("--no-use-colors", "--log-format", "text", "--log-level-file", "none")
# dbt would ignore a part of the selection that matches nothing, and succeed.
_STRICT = ("--warn-error-options", '{"error": ["NoNodesForSelectionCriteria"]}')


@dataclass(frozen=True)
class Node:
    """The result of one model, seed or test; `status` is dbt's own, `seconds` its duration."""

    kind: str
    # The table or view of a model; dbt's name for anything else.
    name: str
    # The name for `--select`.
    selector: str
    status: str
    seconds: float
    message: str

    @classmethod
    def of(cls, result: Any, secrets: Iterable[str]) -> Node:
        """Read an entry of dbt's run_results.json (schema v6), without secrets."""
        kind, _, selector = result["unique_id"].split(".")[:3]
        name = (result["relation_name"] or selector).rpartition(".")[2]
        seconds = round(result["execution_time"], 2)
        message = redact(_one_line(result["message"] or ""), secrets)[:MAX_CHARACTERS]
        return cls(kind, name, selector, result["status"], seconds, message)

    @property
    def done(self) -> bool:
        """True if the node does not have to be built again."""
        return self.status in ("success", "pass", "warn")

    @property
    def failed(self) -> bool:
        """True if the node itself failed, rather than being skipped because another one did."""
        return self.status in ("error", "fail", "runtime error")


@dataclass(frozen=True)
class Dbt:
    """dbt with a profile; `executable` is its command, which has an environment of its own."""

    profile: Profile
    executable: str

    @classmethod
    def found(cls, profile: Profile) -> Dbt:
        """Find dbt on PATH. Raises BadSetting if it is not there."""
        return cls(profile, find_executable())

    def run(self, *command: str) -> list[Node]:
        """Run a command of dbt, such as `run --select tag:changes`; return the result of each node.

        Raises ModelsFailed, also if nothing was built, or TestsFailed; both name what failed.
        """
        return self._execute(command)

    def build(self, select: Sequence[str], options: Sequence[str], remaining: Path) -> list[Node]:
        """Build and test the selection, or what remains of it after an earlier attempt.

        The names of what is not done are stored in the file `remaining`, which is removed when
        everything is done. Another user's file does not count: it could leave out what is not
        done, and the days would count as transformed. Raises as `run` does, and RecordInvalid,
        VolumeFull and VolumeRefused.
        """
        do = "clear find_changes, which removes the file."
        names = read_record(_Names, remaining, do) if is_own(remaining) else None
        names = names or list(select)
        return self._execute(["build", "--select", *names, *options], remaining)

    def document(self, path: Path) -> None:
        """Write dbt's documentation of all models as one file.

        Raises ModelsFailed, VolumeFull and VolumeRefused.
        """
        command = ("docs", "generate", "--static")
        with self._target() as target:
            ended = self._follow(command, target)
            page = target / "static_index.html"
            if ended.code:
                raise _ended(f"exited with code {ended.code}", ended, command)
            if not page.exists():
                raise _ended("wrote no documentation", ended, command)
            with atomic_write(path) as file:
                file.write(page.read_bytes())

    def _execute(self, command: Sequence[str], remaining: Path | None = None) -> list[Node]:
        with self._target() as target:
            try:
                ended = self._follow(command, target)
            finally:
                # Also at a task's timeout: dbt writes its results when it is interrupted.
                nodes = list(_results(target, self.profile.secrets))
                if remaining:
                    _write_remaining(nodes, remaining)
        if remaining and ended.selected_unknown:
            # The project has changed since the earlier attempt: the next one builds everything.
            remove_file(remaining)
        _raise_failed(nodes, ended, command)
        return nodes

    @contextmanager
    def _target(self) -> Iterator[Path]:
        """A temporary folder for the profile and the output of one command."""
        with TemporaryDirectory(prefix="dbt-") as folder:
            self.profile.write(Path(folder))
            yield Path(folder)

    def _follow(self, command: Sequence[str], target: Path) -> Ended:
        # By default dbt writes logs and targets below the project, which can be read-only.
        project = included(PROJECT)
        folders = ("--project-dir", project, "--profiles-dir", target, "--target-path", target)
        arguments = [self.executable, *_LINES, *_STRICT, *command, *map(str, folders)]
        arguments += ["--log-path", str(target)]
        ours = {**caches_in(target), **self.profile.environment}
        environment = {**dbt_environment(os.environ), **ours}
        return run_process(arguments, environment, target, self.profile.secrets)


def find_executable() -> str:
    """Return the path of the command dbt. Raises BadSetting if it is not on PATH."""
    executable = shutil.which("dbt")
    if executable is None:
        raise BadSetting(
            "The command dbt is not on the worker's PATH.",
            "install requirements-dbt.txt into an environment of its own on every worker, and "
            "append its bin folder to PATH (docs/deploying.md).",
        )
    # An entry of PATH can be relative, and dbt runs in another folder.
    return str(Path(executable).absolute())


def _results(target: Path, secrets: Sequence[str]) -> Iterator[Node]:
    """Yield the results of the last command; none if it failed before its first node."""
    file = target / "run_results.json"
    if file.exists():
        for result in json.loads(file.read_text())["results"]:
            yield Node.of(result, secrets)


def _write_remaining(nodes: Sequence[Node], remaining: Path) -> None:
    """Store the nodes that are not done; keep the file if the command reached no node."""
    if undone := [node.selector for node in nodes if not node.done]:
        with atomic_write(remaining) as file:
            file.write(json.dumps(undone).encode())
    elif nodes:
        remove_file(remaining)


def _raise_failed(nodes: Sequence[Node], ended: Ended, command: Sequence[str]) -> None:
    broken = [node for node in nodes if node.failed and node.kind != "test"]
    failed = [node for node in nodes if node.failed and node.kind == "test"]
    if broken:
        raise ModelsFailed(
            f"dbt could not build {_names(broken)}: {broken[0].message}.",
            "models that were built stay; a retry of this task builds the failed ones and those "
            "that depend on them. The log has a line for each.",
        )
    if failed:
        raise TestsFailed(
            f"Tests found rows that must not exist: {_names(failed)}. The first: "
            f"{failed[0].message}.",
            "nothing that depends on the tested tables was built. The log names each test; fix its "
            "cause and clear this task, which continues from there.",
        )
    if ended.code:
        when = "after its last model" if nodes else "before it reached a model"
        raise _ended(f"exited with code {ended.code} {when}", ended, command)
    if not any(node.done for node in nodes):
        raise _ended("built nothing", ended, command)


def _ended(outcome: str, ended: Ended, command: Sequence[str]) -> ModelsFailed:
    """Return the error of a command that names no model, with dbt's own words."""
    words = ended.words.rstrip(".") or "it printed nothing"
    return ModelsFailed(
        f"dbt {' '.join(command)} {outcome}: {words}.",
        "fix what dbt names; the log has all its lines.",
    )


def _one_line(message: str) -> str:
    """Join dbt's message to one line, without the name of its temporary file."""
    lines = (line.strip() for line in message.splitlines())
    return " ".join(line for line in lines if line and not line.startswith("compiled code at"))


def _names(nodes: Sequence[Node]) -> str:
    return ", ".join(node.name for node in nodes)
