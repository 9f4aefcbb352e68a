"""The documents: no broken link or long line, maps with every room, commands that Airflow has."""

from __future__ import annotations

import ast
import re
import shutil
import stat
import subprocess
from io import StringIO
from pathlib import Path

import pytest

from local.launcher import cli
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


def documented_commands() -> list[str]:
    """Return the whole commands of Airflow in the documents: blocks, and code within a line."""
    pages = [docs.ROOT / "README.md", *sorted((docs.ROOT / "docs").glob("*.md"))]
    text = "\n".join(path.read_text() for path in pages)
    group = "airflow (?:backfill|dags|db|connections)"
    blocks = re.findall(rf"\n +({group} (?:.*\\\n)*.*)", text)
    spans = [found for found in re.findall(rf"`({group} [^`]*)`", text) if "--from-date" in found]
    return blocks + [" ".join(found.split()) for found in spans]


def test_airflow_has_the_documented_commands(tmp_path: Path) -> None:
    """Every option of a whole command, as in the how-to, is one of the locked Airflow's.

    Each can be pasted: into `make airflow`, and between the quotes of `A="…"`, unless it has such
    quotes itself.
    """
    from airflow.cli.cli_parser import get_parser

    commands = documented_commands()
    assert len(commands) >= 6
    for command in commands:
        arguments = cli.pasted(StringIO(command + "\nanother line\n"))
        get_parser().parse_args(arguments)
        if '"' not in command:
            assert cli.words(through_make(command, tmp_path)) == arguments


def through_make(command: str, folder: Path) -> str:
    """Return what the launcher gets from `make airflow A="<command>"`, typed into a shell."""
    python = folder / "python"
    python.write_text('#!/bin/sh\nshift 4\nprintf "%s" "$1"\n')
    python.chmod(0o755)
    make = f"make --no-print-directory --old-file=.venv/.installed VENV={folder}"
    done = subprocess.run(
        ["/bin/sh", "-c", f'{make} airflow A="{command}"'],
        cwd=docs.ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


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
