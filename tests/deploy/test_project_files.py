"""The files for contributors agree with the project: licence, hooks, CI and paths."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import yaml
from packaging.specifiers import SpecifierSet
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[2]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
CODE = re.compile(r"`([^`]+)`")


def document(path: str) -> Any:
    """Return the parsed YAML file at `path`."""
    return yaml.safe_load((ROOT / path).read_text())


def test_the_licence_is_apache_2_0_in_every_place() -> None:
    """The text, its declaration and the files that a distribution would carry agree."""
    text = (ROOT / "LICENSE").read_text()
    assert text.split()[:5] == ["Apache", "License", "Version", "2.0,", "January"]
    assert text.rstrip().endswith("limitations under the License.")
    assert PROJECT["license"] == "Apache-2.0"
    assert all((ROOT / name).is_file() for name in PROJECT["license-files"])
    assert not [name for name in PROJECT["classifiers"] if name.startswith("License")]


def test_the_hooks_run_the_commands_of_make_check() -> None:
    """A command that is added to one of the two lists is added to the other."""
    hooks = document(".pre-commit-config.yaml")["repos"][0]["hooks"]
    # A hook is started without a shell, so `env` sets its variables.
    entries = {hook["entry"].removeprefix("env ") for hook in hooks}
    assert entries == set(commands_of("check"))
    assert {hook["language"] for hook in hooks} == {"system"}


def commands_of(target: str) -> list[str]:
    """Return the commands that `make` would run, except those for the virtual environments."""
    built = [f"--old-file={name}/.installed" for name in (".venv", ".venv-dbt")]
    command = ["make", "--dry-run", "--no-print-directory", *built, target]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


def test_make_test_reports_at_once_what_it_waits_for() -> None:
    """Before the collection, which prints nothing for a minute."""
    first, *_ = commands_of("test")
    assert first.startswith("echo ")


def test_ci_runs_on_every_supported_python() -> None:
    """`.ci/run` runs once for each minor version of Python that `requires-python` allows."""
    (job,) = document(".github/workflows/ci.yaml")["jobs"].values()
    allowed = SpecifierSet(PROJECT["requires-python"])
    minors = [f"3.{minor}" for minor in range(30) if Version(f"3.{minor}.0") in allowed]
    assert job["strategy"]["matrix"]["python"] == minors
    assert [step["run"] for step in job["steps"] if "run" in step][-1] == ".ci/run"
    declared = [name.rpartition(" ")[2] for name in PROJECT["classifiers"] if ":: 3." in name]
    assert declared == minors


def test_ci_can_only_read() -> None:
    """A workflow that a pull request changes cannot write to the repository."""
    workflow = document(".github/workflows/ci.yaml")
    assert workflow["permissions"] == {"contents": "read"}
    assert all("permissions" not in job for job in workflow["jobs"].values())


def test_contributing_names_paths_that_exist() -> None:
    """Its tables are where a newcomer looks for the right place."""
    rows = [line for line in (ROOT / "CONTRIBUTING.md").read_text().splitlines() if line[:1] == "|"]
    paths = {name for row in rows for name in CODE.findall(row) if "/" in name and " " not in name}
    assert len(paths) > 30
    assert not {path for path in paths if not (ROOT / path).exists()}


def test_contributing_names_every_test_folder() -> None:
    """A new folder of tests is added to the table."""
    text = (ROOT / "CONTRIBUTING.md").read_text()
    folders = {path.parent.name for path in (ROOT / "tests").glob("*/*.py")}
    assert not {name for name in folders if f"`tests/{name}/`" not in text}
