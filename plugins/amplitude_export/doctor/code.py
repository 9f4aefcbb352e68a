"""Check that this worker has the files beside the library: SQL, the dbt project, AWS's stack."""

from __future__ import annotations

from amplitude_export.doctor.runner import CheckRunner
from amplitude_export.include import INCLUDE, included

# One file of each kind; all of them are installed together.
_FILES = ("aws/stack.yaml", "dbt/dbt_project.yml", "sql/load/delete_day.sql")


def check_code(runner: CheckRunner) -> None:
    """Run `code.include`."""
    runner.run("code.include", _include)


def _include() -> str:
    for file in _FILES:
        included(INCLUDE / file)
    return f"{INCLUDE} is beside plugins/"
