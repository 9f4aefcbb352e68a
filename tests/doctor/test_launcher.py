"""`make doctor` and `make inventory` with accounts, from this machine, as text and as JSON."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.doctor.deployment import Deployment

ROOT = Path(__file__).resolve().parents[2]
# With its own home, and without the .env of the checkout in which the tests run.
COMMAND = """
import sys
from pathlib import Path
from local.launcher import airflow, doctor, settings
home, *json = sys.argv[1:]
airflow.HOME = Path(home)
sys.exit(doctor.doctor(settings.read(dotenv=Path(home) / ".env"), as_json=bool(json)))
"""
INVENTORY = """
import sys
from pathlib import Path
from local.launcher import airflow, inventory, options, settings
home, *given = sys.argv[1:]
airflow.HOME = Path(home)
asked = options.parser().parse_args(["inventory", *given])
sys.exit(inventory.inventory(settings.read(dotenv=Path(home) / ".env"), asked))
"""


def run(home: Path, *options: str, of: str = COMMAND) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", of, str(home), *options]
    return subprocess.run(command, cwd=ROOT, env=os.environ, capture_output=True, text=True)


def test_stdout_has_nothing_but_the_json(deployment: Deployment, tmp_path: Path) -> None:
    """The exit code is 0, and no output has a secret."""
    done = run(tmp_path, "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    record = json.loads(done.stdout)
    assert record["ok"] is True
    assert {each["state"] for each in record["checks"]} == {"ok", "skipped"}
    for secret in (deployment.private_key, deployment.account.uploader.secret):
        assert secret not in done.stdout + done.stderr


def test_a_failed_check_sets_the_exit_code(
    deployment: Deployment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its line has the advice, and is repeated at the end."""
    monkeypatch.setenv("AIRFLOW_VAR_AMPLITUDE_DATA_DIR", str(tmp_path / "gone"))
    done = run(tmp_path)
    assert done.returncode == 1
    *_, summary, last = done.stdout.splitlines()
    line, again = [line for line in done.stdout.splitlines() if line.startswith("✗")]
    assert line == again == last
    assert line.startswith("✗ volume.present ")
    assert "What to do: create the directory that amplitude_data_dir names" in line
    assert summary.endswith("1 failed, 3 skipped.")


def test_an_inventory_needs_no_right_but_the_loaders(
    deployment: Deployment, tmp_path: Path
) -> None:
    """Whose role reads both ledgers and lists the stage. Stdout has nothing but the JSON."""
    (Path(os.environ["AIRFLOW_VAR_AMPLITUDE_DATA_DIR"]) / "strange.txt").write_text("x")
    done = run(tmp_path, "--json", of=INVENTORY)
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(done.stdout)
    kinds = {item["name"]: item["kind"] for item in found["items"]}
    assert kinds["strange.txt"] == "orphan"
    assert found["cleaned"] is None
    for secret in (deployment.private_key, deployment.account.uploader.secret):
        assert secret not in done.stdout + done.stderr
