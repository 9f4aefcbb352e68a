"""A stub of the command dbt: it builds nothing and reports the results that a test sets."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

DBT = """#!/bin/sh
printf '%s\\n' "$@" > {folder}/arguments
while [ "$1" != --target-path ]; do shift; done
cp {folder}/results.json "$2/run_results.json"
"""


@contextmanager
def dbt_that_builds(models: dict[str, str]) -> Iterator[Path]:
    """Put a stub of dbt on PATH that reports these states of models, and yield its folder.

    The file `arguments` in that folder has the stub's arguments, one per line.
    """
    results = [
        {
            "unique_id": f"model.amplitude.{name}",
            "relation_name": f"amplitude.silver.{name}",
            "status": state,
            "execution_time": 0.5,
            "message": f"{name}: {state}",
        }
        for name, state in models.items()
    ]
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        (Path(folder) / "results.json").write_text(json.dumps({"results": results}))
        command = Path(folder) / "dbt"
        command.write_text(DBT.format(folder=folder))
        command.chmod(0o755)
        patch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
        yield Path(folder)
