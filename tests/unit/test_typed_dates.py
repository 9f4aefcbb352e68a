"""Every date that a user types is written with its time and zone.

Airflow reads a bare date in its `default_timezone`, where it can be another UTC day.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = [
    *ROOT.glob("*.md"),
    *(ROOT / "docs").rglob("*.md"),
    *(ROOT / "dags").glob("*.py"),
    *(ROOT / "plugins").rglob("*.py"),
    *(ROOT / "plugins").rglob("*.js"),
]
# The argument that follows an option or `dags test`, in a shell's line or in a list of Python.
TYPED = re.compile(
    r"(?:--(?:from|to)-date|--logical-date|dags test \w+)(?:[\s=]|\\\n|\", (?:f\")?)+([^\s\"`]+)"
)
WITH_ZONE = re.compile(r".+T00:\d\d:00Z\W*")


def dates(text: str) -> list[str]:
    return TYPED.findall(text)


def test_the_dates_of_a_command_are_found() -> None:
    """In a shell's line, and in a list of Python."""
    assert dates("dags test daily 2026-09-24") == ["2026-09-24"]
    assert dates("--from-date 2026-09-01 --to-date=2026-09-03") == ["2026-09-01", "2026-09-03"]
    assert dates('["--from-date", f"{first}T00:00:00Z"]') == ["{first}T00:00:00Z"]
    assert dates('["--from-date", str(first)]') == ["str(first)]"]


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_dates_are_typed_with_their_zone(file: Path) -> None:
    """In documents, the DAGs' docs, messages and the page."""
    found = dates(file.read_text())
    assert [date for date in found if not WITH_ZONE.fullmatch(date)] == []


def test_the_commands_are_among_these_files() -> None:
    """They would not be, if they were written in another way."""
    found = [file.name for file in FILES if dates(file.read_text())]
    assert {"how-to.md", "amplitude_to_snowflake.py", "airflow.js"} <= set(found)
