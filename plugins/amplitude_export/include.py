"""The files of `include/`: SQL, the dbt project and AWS's stack, which are beside `plugins/`."""

from __future__ import annotations

from os import scandir
from pathlib import Path

from amplitude_export.errors import BadSetting

INCLUDE = Path(__file__).resolve().parents[2] / "include"


def included(path: Path) -> Path:
    """Return the path of a file or folder of `include/`; raises BadSetting if it is not there."""
    try:
        with path.open() if path.is_file() else scandir(path):
            return path
    except OSError as error:
        raise BadSetting(
            f"{path} cannot be read: {error.strerror}.",
            "put include/ of the same version beside plugins/ on every worker "
            "(docs/deploying.md), readable for the user that runs the tasks.",
        ) from error
    return path
