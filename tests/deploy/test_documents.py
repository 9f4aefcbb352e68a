"""The documents: no broken link or long line, maps with every room, commands that Airflow has."""

from __future__ import annotations

import ast
import re
import shlex
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from tools import docs

LIBRARY = docs.ROOT / "plugins/amplitude_export"
MAPS = {
    "docs/architecture.md": (docs.ROOT / "docs/architecture.md").read_text(),
    "__init__.py": ast.get_docstring(ast.parse((LIBRARY / "__init__.py").read_text())) or "",
}
# For one release, until no deadline that 0.5 queued is open (docs/decisions/0020-rooms.md).
LEAVING = {"operators"}


def rooms() -> set[str]:
    """Return the folders of the library with a slash, and its files."""
    found = {f"{path.parent.name}/" for path in LIBRARY.glob("*/__init__.py")}
    return found - {f"{name}/" for name in LEAVING} | {
        path.name for path in LIBRARY.glob("*.py") if path.name != "__init__.py"
    }


def test_the_documents_have_no_fault() -> None:
    assert list(docs.faults(docs.pages())) == []


@pytest.mark.parametrize("page", MAPS)
def test_the_map_names_every_room(page: str) -> None:
    """A new room is drawn where a newcomer looks for it."""
    assert not {room for room in rooms() if room not in MAPS[page]}


def test_the_readme_links_every_page() -> None:
    """From the README, a reader finds each page of docs/."""
    text = (docs.ROOT / "README.md").read_text()
    pages = {path.name for path in (docs.ROOT / "docs").glob("*.md")}
    assert not {page for page in pages if f"](docs/{page})" not in text}


def test_airflow_has_the_documented_commands() -> None:
    """Every option of a whole command, as in the how-to, is one of the locked Airflow's."""
    from airflow.cli.cli_parser import get_parser

    texts = [path.read_text() for path in (docs.ROOT / "docs").glob("*.md")]
    continued = re.compile(r"\n +airflow ((?:backfill|dags|db|connections) (?:.*\\\n)*.*)")
    commands = [found for text in texts for found in continued.findall(text)]
    assert len(commands) >= 5
    for command in commands:
        get_parser().parse_args(shlex.split(command.replace("\\\n", " ")))


def test_decisions_are_numbered_without_a_gap() -> None:
    """Each one's heading has the number of its file."""
    files = sorted((docs.ROOT / "docs/decisions").glob("*.md"))
    assert [path.name[:4] for path in files] == [f"{n:04}" for n in range(1, len(files) + 1)]
    assert [_number(path) for path in files] == list(range(1, len(files) + 1))


def _number(decision: Path) -> int:
    return int(decision.read_text().removeprefix("# ").partition(".")[0])


@pytest.mark.parametrize("page", ["README.md", "docs/deploying.md"])
def test_the_documented_command_makes_an_env_that_others_cannot_read(
    page: str, tmp_path: Path
) -> None:
    """It will have secrets; the usual umask would let each user of the host read them."""
    text = (docs.ROOT / page).read_text()
    (command,) = re.findall(r"[a-z]+ [^\n`]*\.env\.example \.env\b", text)
    shutil.copy(docs.ROOT / ".env.example", tmp_path)
    subprocess.run(["sh", "-c", f"umask 022; {command}"], cwd=tmp_path, check=True)
    assert stat.S_IMODE((tmp_path / ".env").stat().st_mode) == 0o600
