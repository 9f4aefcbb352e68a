"""A command `dbt` that prints its versions, for tests that build no model."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

VERSIONS = """Core:
  - installed: {core}
  - latest:    1.99.0 - Update available!

Plugins:
  - {plugin}: 1.12.4 - Up to date!
"""


def install_dbt(
    folder: Path, patch: pytest.MonkeyPatch, core: str = "1.11.16", plugin: str = "snowflake"
) -> Path:
    """Put the command first on PATH and return its path."""
    command = folder / "dbt"
    command.write_text(f"#!/bin/sh\ncat <<'END'\n{VERSIONS.format(core=core, plugin=plugin)}END\n")
    command.chmod(0o755)
    patch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return command
