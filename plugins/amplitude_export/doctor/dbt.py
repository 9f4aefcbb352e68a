"""Check that this worker has the version of dbt that include/dbt requires."""

from __future__ import annotations

import os
import re
import subprocess

import yaml
from packaging.specifiers import SpecifierSet

from amplitude_export.doctor.runner import CheckRunner, Fault
from amplitude_export.include import included
from amplitude_export.transform.dbt import PROJECT, find_executable
from amplitude_export.transform.environment import dbt_environment

# `  - installed: 1.11.16` of dbt itself, `  - snowflake: 1.12.4 - …` of a plugin.
_VERSION = re.compile(r"^  - (\w+): +(\S+)", re.M)
# `dbt --version` also looks for newer versions in the package index, which a worker need not reach.
# Through a proxy on a closed port that fails at once instead of after a timeout.
_NO_INDEX = {"https_proxy": "http://127.0.0.1:9", "no_proxy": ""}
# Seconds; it usually takes two.
_PATIENCE = 60
_INSTALL = "install requirements-dbt.txt of this version into dbt's environment on every worker."


def check_dbt(runner: CheckRunner) -> None:
    """Run `transform.dbt`."""
    runner.run("transform.dbt", _dbt, needs=["code.include"])


def _dbt() -> str:
    executable = find_executable()
    found = dict(_VERSION.findall(_version_text(executable)))
    wanted = yaml.safe_load(included(PROJECT / "dbt_project.yml").read_text())[
        "require-dbt-version"
    ]
    if not {"installed", "snowflake"} <= found.keys():
        has = ", ".join(f"{name} {version}" for name, version in found.items()) or "nothing of dbt"
        raise Fault(f"{executable} is not dbt with its Snowflake plugin: it has {has}", _INSTALL)
    core = found["installed"]
    if core not in SpecifierSet(",".join(wanted)):
        raise Fault(
            f"{executable} is dbt {core}, and include/dbt requires {', '.join(wanted)}", _INSTALL
        )
    return f"{executable} is dbt {core} with dbt-snowflake {found['snowflake']}"


def _version_text(executable: str) -> str:
    try:
        done = subprocess.run(
            [executable, "--version"],
            env={**dbt_environment(os.environ), **_NO_INDEX},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=_PATIENCE,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Fault(f"{executable} does not start: {error}", _INSTALL) from error
    if done.returncode:
        last = (done.stdout.strip().splitlines() or ["no output"])[-1]
        raise Fault(f"{executable} ended with code {done.returncode}: {last}", _INSTALL)
    return done.stdout
