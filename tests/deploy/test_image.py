"""The image contains what was locked and tested together, and nothing else."""

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
    """It is the slim image: packages of the full one would not be locked with the rest."""
    (base,) = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    (airflow,) = (pin for pin in DEPENDENCIES if pin.startswith("apache-airflow=="))
    assert base == f"apache/airflow:slim-{airflow.partition('==')[2]}-python3.11"


def test_the_lock_contains_the_packages_of_the_servers() -> None:
    """They were resolved together with the DAGs' packages."""
    pins = {re.sub(r"\[.*?\]", "", pin) for pin in [*DEPENDENCIES, *SERVERS]}
    assert pins <= locked(ROOT / "requirements.txt") <= locked(ROOT / "requirements-dev.txt")
    assert "--require-hashes -r /requirements.txt" in DOCKERFILE


LOCKS = ["requirements.txt", "requirements-dev.txt", "requirements-dbt.txt", "requirements-uv.txt"]


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_names_no_index(name: str) -> None:
    """Every installation uses the index that is configured there."""
    assert "://" not in (ROOT / name).read_text()


def test_nothing_is_installed_without_a_hash() -> None:
    """Not even what installs the locks."""
    makefile = (ROOT / "Makefile").read_text()
    installed = re.findall(r"pip install(?: \S+)* [^\n]*", makefile + DOCKERFILE)
    assert len(installed) == 5
    assert all("--require-hashes -r" in command for command in installed), installed
    assert set(PROJECT["dependency-groups"]["uv"]) == locked(ROOT / "requirements-uv.txt")


def test_a_deployments_own_packages_are_locked_with_the_rest() -> None:
    """`make lock` resolves the group `extra` for the image and for the tests."""
    command = ["make", "--dry-run", "--old-file=.venv/.installed", "lock"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    (image,) = (line for line in done.stdout.splitlines() if line.endswith(" requirements.txt"))
    assert "--group extra" in image
    assert {"include-group": "extra"} in PROJECT["dependency-groups"]["dev"]


def test_dbt_has_an_environment_of_its_own_at_the_end_of_path() -> None:
    """It has its own lock, and none of its commands hides one of Airflow's environment."""
    pins = PROJECT["dependency-groups"]["dbt"]
    assert set(pins) <= locked(ROOT / "requirements-dbt.txt")
    assert "/home/airflow/dbt/bin/pip install --no-cache-dir --require-hashes" in DOCKERFILE
    assert 'ENV PATH="${PATH}:/home/airflow/dbt/bin"' in DOCKERFILE


def copies(dockerfile: str) -> list[tuple[str, list[str], str]]:
    """Return flags, sources and destination of each COPY."""
    found = re.findall(r"^ *COPY((?: --\S+)*) (.+) (\S+)$", dockerfile, re.MULTILINE)
    return [(flags, sources.split(), destination) for flags, sources, destination in found]


DOCKERFILES = [DOCKERFILE, (ROOT / "docs" / "deploying.md").read_text()]


@pytest.mark.parametrize("dockerfile", DOCKERFILES, ids=["image", "Astro"])
def test_every_user_can_read_the_files_whatever_the_builders_umask(dockerfile: str) -> None:
    """COPY keeps the builder's modes, with root as owner: under umask 077 uid 50000 reads nothing.

    The mode applies to folders as well, also to those that COPY makes for its destination.
    """
    modes = {sources[0]: flags.strip() for flags, sources, _ in copies(dockerfile)}
    assert modes
    assert set(modes.values()) == {"--chmod=755"}, modes


def test_only_copied_files_can_enter_the_image() -> None:
    """Everything is ignored except what the Dockerfile copies, which the Celery test runs."""
    copied = [source for _, sources, _ in copies(DOCKERFILE) for source in sources]
    assert IGNORED == "*"
    assert {rule[1:] for rule in ADMITTED if rule.startswith("!")} == set(copied)
    assert set(copied) == {*IMAGE, "packages.txt", "requirements.txt", "requirements-dbt.txt"}
    assert [rule for rule in ADMITTED if not rule.startswith("!")] == ["**/__pycache__"]


def test_debian_packages_are_listed_one_per_line() -> None:
    """Both the Dockerfile and Astro's image read them; an empty file installs nothing."""
    assert all(
        re.fullmatch(r"[a-z0-9.+-]+", line)
        for line in (ROOT / "packages.txt").read_text().splitlines()
    )


def test_astro_installs_the_same_packages_without_airflow() -> None:
    """The command is taken from docs/deploying.md."""
    documented = (ROOT / "docs/deploying.md").read_text()
    (command,) = re.findall(r"^ +(sed .*) > requirements.txt$", documented, re.MULTILINE)
    printed = subprocess.run(["sh", "-c", command], cwd=ROOT, capture_output=True, text=True)
    (airflow,) = (pin for pin in DEPENDENCIES if pin.startswith("apache-airflow=="))
    assert sorted([airflow, *printed.stdout.splitlines()]) == sorted(DEPENDENCIES)
