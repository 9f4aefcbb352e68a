"""Every package that is imported directly is declared, so that `make lock` knows it."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
OURS = {"amplitude_export", "bench", "local", "tests", "tools"}
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())
GROUPS = PROJECT["dependency-groups"]


def declared(entries: list[Any]) -> Iterator[str]:
    """Yield the normalized names of a list of requirements, those of included groups too."""
    for entry in entries:
        if isinstance(entry, dict):
            yield from declared(GROUPS[entry["include-group"]])
        else:
            yield normalized(re.split(r"[\[=<>~ ]", entry)[0])


def normalized(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def imported(folder: Path) -> Iterator[tuple[str, Path]]:
    """Yield the top-level package of each import below the folder, with its file."""
    for file in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names = [node.module]
            yield from ((name, file) for name in names)


INSTALLED = packages_distributions()
PRODUCT = set(declared(PROJECT["project"]["dependencies"]))
ALLOWED = {
    "dags": PRODUCT,
    "plugins": PRODUCT,
    "local": PRODUCT | set(declared(GROUPS["local"])),
    "tools": PRODUCT | set(declared(GROUPS["dev"])),
    "bench": PRODUCT | set(declared(GROUPS["dev"])),
    "tests": PRODUCT | set(declared(GROUPS["dev"])),
}
# dbt runs in an environment of its own, and one test starts a file there.
ELSEWHERE = {("tests", "dbt")}


def distributions(module: str) -> set[str]:
    """Return the names of the distributions that the module can come from."""
    top = module.split(".")[0]
    if module.startswith("airflow.providers."):
        provider = "-".join(module.split(".")[2:4])
        names = {f"apache-airflow-providers-{provider}"}
        return names | {f"apache-airflow-providers-{module.split('.')[2]}"}
    if top == "airflow":
        return {"apache-airflow"}
    return {normalized(name) for name in INSTALLED.get(top, [top])}


@pytest.mark.parametrize("folder", ALLOWED)
def test_direct_imports_are_declared(folder: str) -> None:
    """A package that comes along with another one can leave with it, too."""
    missing = {
        f"{module.split('.')[0]} ({file.relative_to(ROOT)})"
        for module, file in imported(ROOT / folder)
        if module.split(".")[0] not in OURS | sys.stdlib_module_names
        and (folder, module.split(".")[0]) not in ELSEWHERE
        and not distributions(module) & ALLOWED[folder]
    }
    assert not missing
