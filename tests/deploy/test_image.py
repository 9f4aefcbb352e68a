"""What the image holds: what was locked and tested together, and no more."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from tests.celery.containers import IMAGE
from tests.deploy.compose import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
DEPENDENCIES = PROJECT["project"]["dependencies"]
SERVERS = PROJECT["dependency-groups"]["servers"]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
IGNORED, *ADMITTED = (
    line
    for line in (ROOT / ".dockerignore").read_text().splitlines()
    if line and not line.startswith("#")
)


def locked(file: Path) -> set[str]:
    return set(re.findall(r"^([a-z0-9._-]+==\S+)", file.read_text(), re.MULTILINE))


def test_the_image_is_of_the_airflow_that_is_locked() -> None:
    """The slim one: what else the image had would not be locked with the rest."""
    (base,) = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    (airflow,) = (pin for pin in DEPENDENCIES if pin.startswith("apache-airflow=="))
    assert base == f"apache/airflow:slim-{airflow.partition('==')[2]}-python3.11"


def test_the_lock_holds_what_servers_need() -> None:
    """With the DAGs' packages, as they were resolved together."""
    pins = {re.sub(r"\[.*?\]", "", pin) for pin in [*DEPENDENCIES, *SERVERS]}
    assert pins <= locked(ROOT / "requirements.txt") <= locked(ROOT / "requirements-dev.txt")
    assert "--require-hashes -r /requirements.txt" in DOCKERFILE


LOCKS = ["requirements.txt", "requirements-dev.txt", "requirements-dbt.txt"]


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_names_no_index(name: str) -> None:
    """Whoever installs it uses the index that is set up there."""
    assert "://" not in (ROOT / name).read_text()


def test_dbt_has_an_environment_of_its_own_that_is_found_last() -> None:
    """Its own lock; nothing of it stands before what Airflow's environment has."""
    pins = PROJECT["dependency-groups"]["dbt"]
    assert set(pins) <= locked(ROOT / "requirements-dbt.txt")
    assert "/home/airflow/dbt/bin/pip install --no-cache-dir --require-hashes" in DOCKERFILE
    assert 'ENV PATH="${PATH}:/home/airflow/dbt/bin"' in DOCKERFILE


def test_only_what_is_copied_may_enter_the_image() -> None:
    """Everything is ignored but what the Dockerfile names, which is what the Celery test runs."""
    copied = [
        word
        for line in re.findall(r"^COPY (.+) \S+$", DOCKERFILE, re.MULTILINE)
        for word in line.split()
    ]
    assert IGNORED == "*"
    assert {rule[1:] for rule in ADMITTED if rule.startswith("!")} == set(copied)
    assert set(copied) == {*IMAGE, "packages.txt", "requirements.txt", "requirements-dbt.txt"}
    assert [rule for rule in ADMITTED if not rule.startswith("!")] == ["**/__pycache__"]


def test_packages_of_debian_are_one_a_line() -> None:
    """As the Dockerfile and Astro's image both read them; an empty file installs nothing."""
    assert all(
        re.fullmatch(r"[a-z0-9.+-]+", line)
        for line in (ROOT / "packages.txt").read_text().splitlines()
    )


def test_what_astro_installs_is_the_same_without_airflow() -> None:
    """The command in docs/deploying.md, as it stands there."""
    documented = (ROOT / "docs/deploying.md").read_text()
    (command,) = re.findall(r"^ +(sed .*) > requirements.txt$", documented, re.MULTILINE)
    printed = subprocess.run(["sh", "-c", command], cwd=ROOT, capture_output=True, text=True)
    (airflow,) = (pin for pin in DEPENDENCIES if pin.startswith("apache-airflow=="))
    assert sorted([airflow, *printed.stdout.splitlines()]) == sorted(DEPENDENCIES)
