"""A command dbt that builds nothing and reports what a test wants."""

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
    """Put a command dbt on PATH that reports these states of models.

    Its arguments are one a line in the file `arguments` in the folder that is returned.
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
