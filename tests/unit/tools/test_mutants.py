"""tools/mutants.py: small changes of the code, and which of them no test notices."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools import mutants
from tools.mutants import ROOT, TARGETS, BrokenBefore, choose, survivors, table

CODE = '''"""Grüße → é."""

LIMIT = 3


def check(size: int) -> None:
    """Raise."""
    if size >= LIMIT and True:
        raise ValueError("größer")
'''
SQL = """/*
re-run: where a = %(day)s is a comment.
*/
delete from a
where day = %(day)s and run = %(run)s
"""


def changes(file: str, text: str) -> set[tuple[int, str, str]]:
    return {(each.line, each.old, each.new) for each in mutants.mutants(file, text)}


def test_python_is_changed_part_by_part() -> None:
    """Numbers, comparisons, conditions, statements, and a function that returns at once."""
    assert changes("a.py", CODE) == {
        (3, "3", "4"),
        (8, "size >= LIMIT", "(size > LIMIT)"),
        (8, "size >= LIMIT and True", "(size >= LIMIT or True)"),
        (8, "True", "False"),
        (8, CODE[CODE.index("if size") :].rstrip(), "return"),
        (9, 'raise ValueError("größer")', "pass"),
    }


def test_statements_get_wider_conditions() -> None:
    """The header of the file is not a statement."""
    assert changes("a.sql", SQL) == {
        *((5, "=", other) for other in (">=", "<=", "<>")),
        (5, "day = %(day)s and ", ""),
        (5, "where day = %(day)s and run = %(run)s\n", ""),
    }


@pytest.mark.parametrize("file", TARGETS)
def test_every_change_of_the_project_is_readable(file: str) -> None:
    """Each target and its tests exist, and a changed file is Python again."""
    text = (ROOT / file).read_text()
    found = mutants.mutants(file, text)
    assert found
    assert all((ROOT / test).exists() for test in TARGETS[file])
    for each in found:
        assert each.of(text) != text
        if file.endswith(".py"):
            compile(each.of(text), file, "exec")


def test_the_same_seed_chooses_the_same_changes() -> None:
    """Another one chooses others; a sample is never larger than there are changes."""
    assert choose(ROOT, TARGETS, 20, 1) == choose(ROOT, TARGETS, 20, 1)
    assert choose(ROOT, TARGETS, 20, 1) != choose(ROOT, TARGETS, 20, 2)
    assert len(set(choose(ROOT, TARGETS, 20, 1))) == 20
    assert len(choose(ROOT, {"include/sql/load/delete_day.sql": ()}, 20, 1)) == 8


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project whose only test does not look at the limit itself."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "code.py").write_text(CODE)
    (folder / "test_code.py").write_text(
        "import runpy\nimport pytest\n\n\ndef test_it():\n"
        "    check = runpy.run_path('code.py')['check']\n    check(1)\n"
        "    with pytest.raises(ValueError):\n        check(9)\n"
    )
    return folder


def test_survivors_are_those_that_no_test_notices(project: Path) -> None:
    """The project itself is not changed."""
    found = survivors(project, {"code.py": ["test_code.py"]}, 99, 0)
    assert table(found).splitlines() == [
        "code.py:3  3  ->  4",
        "code.py:8  size >= LIMIT  ->  (size > LIMIT)",
    ]
    assert (project / "code.py").read_text() == CODE


def test_tests_that_fail_without_a_change_show_nothing(project: Path) -> None:
    """They would fail with every change as well."""
    (project / "test_code.py").write_text("def test_it():\n    assert False\n")
    with pytest.raises(BrokenBefore, match=r"test_code\.py"):
        survivors(project, {"code.py": ["test_code.py"]}, 99, 0)
