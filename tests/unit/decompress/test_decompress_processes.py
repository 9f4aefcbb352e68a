"""Child processes of a decompression that die, fail, or lose their parent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from amplitude_export.decompress import processes, unpack
from amplitude_export.decompress.decompress import decompress
from amplitude_export.errors import UnpackKilled
from amplitude_export.workspace import Workspace

from tests.archives import WHOLE_DAY, events, gz, name, zipped
from tests.exports import day, exported

SECRETS = (
    "AIRFLOW_CONN_SNOWFLAKE_ADMIN",
    "AIRFLOW__API_AUTH__JWT_SECRET",
    "AIRFLOW__CORE__FERNET_KEY",
    "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN",
    "AWS_SECRET_ACCESS_KEY",
    "SOME_OTHER_TOKEN",
)


@pytest.fixture(autouse=True)
def _two_children_always(monkeypatch: pytest.MonkeyPatch) -> None:
    """Use two processes, whatever the number of cores and the archive's size."""
    monkeypatch.setattr(processes, "CHILD_START_BYTES", 0)
    monkeypatch.setattr(processes.os, "sched_getaffinity", lambda _: {0, 1})


@pytest.mark.parametrize(
    "program",
    [
        pytest.param(
            "import os, signal, sys; sys.stdin.read(); os.kill(os.getpid(), signal.SIGKILL)",
            id="killed",
        ),
        pytest.param(
            "import sys; sys.stdin.close(); sys.exit(3)", id="dead before it has its jobs"
        ),
        pytest.param(
            "import sys; sys.stdin.buffer.read(); print('what?'); sys.exit(1)", id="a bug"
        ),
    ],
)
def test_a_child_that_dies_raises_unpack_killed(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, program: str
) -> None:
    """The task is retried; no other child continues, and none remains as a zombie."""
    monkeypatch.setattr(processes.sys, "executable", _python_that_runs(tmp_path, program))
    # So many jobs that they do not fit into a pipe whose other end is closed.
    parts = {name(5, part): gz(events(1)) for part in range(1500)}
    zipped(workspace.archive(WHOLE_DAY), parts)
    before = psutil.Process().children()
    with pytest.raises(UnpackKilled):
        decompress(exported(workspace, WHOLE_DAY), workspace, "json")
    assert psutil.Process().children() == before


def test_a_child_has_no_secret_of_the_task(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """It reads archives of strangers, and needs neither an identity nor the network for that."""
    for variable in SECRETS:
        monkeypatch.setenv(variable, "planted")
    seen = tmp_path / "seen"
    program = (
        "import os, sys; sys.stdin.buffer.read(); "
        f"open({str(seen)!r}, 'w').write(str(os.environ)); sys.exit(1)"
    )
    monkeypatch.setattr(processes.sys, "executable", _python_that_runs(tmp_path, program))
    zipped(workspace.archive(WHOLE_DAY), {name(5, part): gz(events(1)) for part in range(2)})
    with pytest.raises(UnpackKilled):
        decompress(exported(workspace, WHOLE_DAY), workspace, "json")
    assert "PATH" in seen.read_text()
    assert "planted" not in seen.read_text()


def _python_that_runs(folder: Path, program: str) -> str:
    script = folder / "python"
    script.write_text(f'#!/bin/sh\nexec {sys.executable} -c "{program}"\n')
    script.chmod(0o755)
    return str(script)


def test_children_inherit_pythonpath(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A child also finds packages that a worker has through PYTHONPATH alone."""
    (tmp_path / "extra").mkdir()
    (tmp_path / "extra/sitecustomize.py").write_text(
        f"open({str(tmp_path / 'seen')!r}, 'w').close()\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "extra"))
    decompress(day(workspace), workspace, "json")
    assert (tmp_path / "seen").exists()


def test_a_killed_parent_leaves_only_complete_files(workspace: Workspace) -> None:
    """A file under its final name is complete; no child outlives its parent for long."""
    text = events(2_000) * 40
    zipped(workspace.archive(WHOLE_DAY), dict.fromkeys(map(name, range(24)), gz(text)))
    parent = subprocess.Popen([sys.executable, "-c", _PARENT, str(workspace.folder)], env=_env())
    children = _wait(lambda: complete_files(workspace) and psutil.Process(parent.pid).children())
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    _, alive = psutil.wait_procs(children, timeout=10)
    assert alive == []
    for file in complete_files(workspace):
        assert file.read_bytes() == text
    manifest = decompress(exported(workspace, WHOLE_DAY), workspace, "json")
    assert sum(file.events for file in manifest.files) == 24 * 80_000


def complete_files(workspace: Workspace) -> list[Path]:
    return list(workspace.json_folder.glob("[!.]*.json"))


def _wait(condition: object) -> list[psutil.Process]:
    give_up = time.monotonic() + 30
    while time.monotonic() < give_up:
        if found := condition():
            return found
        time.sleep(0.01)
    raise TimeoutError("the parent did not get that far")


def _env() -> dict[str, str]:
    library = Path(unpack.__file__).parents[2]
    return {**os.environ, "PYTHONPATH": f"{library}{os.pathsep}{library.parent}"}


_PARENT = """
import sys
from pathlib import Path
from amplitude_export.archive import ArchiveRecord, Exported
from amplitude_export.decompress.decompress import decompress
from amplitude_export.workspace import Workspace
from tests.archives import WHOLE_DAY
workspace = Workspace(Path(sys.argv[1]))
path = workspace.archive(WHOLE_DAY)
work = Exported(WHOLE_DAY, [ArchiveRecord(WHOLE_DAY, path.name, path.stat().st_size)], "h")
decompress(work, workspace, "json")
"""
