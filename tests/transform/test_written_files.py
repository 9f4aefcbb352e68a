"""dbt writes to the task's temporary folder alone; the project can be another user's."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from amplitude_export.deployment import Deployment
from amplitude_export.transform.dbt import PROJECT, Dbt, find_executable
from amplitude_export.transform.profile import Profile

from tests.pipeline.stand_ins import NAMES
from tests.transform.warehouse import ROOT, Chain

PROFILE = Profile("{}", {})
# The connector's caches: login tokens, and answers about certificates.
CACHES = [
    "SF_OCSP_RESPONSE_CACHE_DIR",
    "SF_TEMPORARY_CREDENTIAL_CACHE_DIR",
    "SNOWFLAKE_HOME",
    "XDG_CACHE_HOME",
]
STUB = """#!/bin/sh
pwd > {folder}/cwd
env > {folder}/environment
printf '%s\\n' "$@" > {folder}/arguments
touch a-file
while [ "$1" != --target-path ]; do shift; done
touch "$2/static_index.html"
"""


@pytest.fixture
def stub(tmp_path: Path) -> Path:
    """Make a dbt that records its folders and writes to its working directory."""
    command = tmp_path / "bin" / "dbt"
    command.parent.mkdir()
    command.write_text(STUB.format(folder=tmp_path))
    command.chmod(0o755)
    return command


def folders(recorded: Path) -> dict[str, str]:
    """Return every folder into which the stub was told to write, by option or variable."""
    arguments = (recorded / "arguments").read_text().splitlines()
    lines = (recorded / "environment").read_text().splitlines()
    variables = dict(line.split("=", 1) for line in lines)
    return {
        "cwd": (recorded / "cwd").read_text().strip(),
        **{name: arguments[arguments.index(name) + 1] for name in ("--log-path", "--target-path")},
        **{name: variables.get(name, "the worker's") for name in CACHES},
    }


def test_logs_targets_and_caches_are_in_the_temporary_folder_which_is_removed(
    stub: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is the task's: below TMPDIR, whatever the worker sets for others."""
    for name in CACHES:
        monkeypatch.setenv(name, f"{tmp_path / 'others'}")
    Dbt(PROFILE, str(stub)).document(tmp_path / "index.html")
    (folder,) = set(folders(tmp_path).values())
    assert Path(folder).name.startswith("dbt-")
    assert not Path(folder).exists()


def test_the_workers_own_folder_does_not_matter(
    stub: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It stays as it is, and a PATH that is relative to it still finds dbt."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", f"bin{os.pathsep}{os.environ['PATH']}")
    Dbt.found(PROFILE).document(tmp_path / "index.html")
    assert Path(find_executable()) == stub
    assert not (tmp_path / "a-file").exists()


def test_dbt_runs_from_a_read_only_tree(
    chain: Chain,
    tmpfs: Callable[[str], Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As in an image, or in a bundle of another user; the worker's folder is read-only as well."""
    tree = tmpfs("size=8m")
    shutil.copytree(PROJECT, tree / "dbt", ignore=shutil.ignore_patterns("logs", "target"))
    subprocess.run(["mount", "-o", "remount,ro", str(tree)], check=True)
    monkeypatch.chdir(tree)
    monkeypatch.setattr("amplitude_export.transform.dbt.PROJECT", tree / "dbt")
    login = {**chain.warehouse.connection(), "warehouse": NAMES.warehouse, "password": "made-up"}
    dbt = Dbt(Profile.of(login, Deployment()), str(ROOT / ".venv-dbt" / "bin" / "dbt"))
    try:
        nodes = dbt.run("run", "--select", "tag:changes")
    finally:
        monkeypatch.chdir(tmp_path)
    assert {node.name for node in nodes} == {"affected_days", "affected_devices"}
