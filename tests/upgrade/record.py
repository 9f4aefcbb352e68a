"""Write the fixtures: `RECORD_TO=<folder> python -m pytest tests/upgrade/record.py`."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.upgrade.deployment import dbt_on_path
from tests.upgrade.recorder import Recorder


def test_record(recorded: Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
    """Record the transform as well, with the real dbt, and copy all recordings."""
    recorded.deployment.connect(monkeypatch)
    dbt_on_path(monkeypatch)
    recorded.run("transform", "amplitude_transform", "success")
    shutil.copytree(recorded.folder, Path(os.environ["RECORD_TO"]), dirs_exist_ok=True)
