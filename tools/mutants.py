"""Change the code that carries the guarantees in small ways, and see which change no test notices.

`python -m tools.mutants --sample 30 --seed 7` tries 30 of all changes; the same seed chooses the
same ones. Each is made in a copy of the project, in which the tests of TARGETS run. The table of
survivors is for people: some of them change nothing that matters.
"""

from __future__ import annotations

import argparse
import ast
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random, SystemRandom
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parents[1]
# Environments are linked, not copied.
LINKED = (".venv", ".venv-dbt")
NOT_COPIED = (".git", ".local", ".*_cache", "__pycache__", *LINKED)
# Seconds: a change can make a loop endless.
PATIENCE = 900

_LIBRARY = "plugins/amplitude_export"
_GUARDS = ("tests/pipeline/test_load_guards.py", "tests/pipeline/test_project_guard.py")
_PROJECTS = "tests/pipeline/test_projects.py"
_LOAD = ("tests/pipeline/test_load.py", _PROJECTS, *_GUARDS)
_VERIFY = ("tests/pipeline/test_verify.py", _PROJECTS)
_SECOND_LOOK = ("tests/unit/second_look", "tests/pipeline/test_second_look.py")
# The files that are changed, each with the tests that are to notice it.
TARGETS: dict[str, tuple[str, ...]] = {
    f"{_LIBRARY}/archive.py": ("tests/unit/test_archive.py", "tests/unit/decompress"),
    f"{_LIBRARY}/fetched.py": ("tests/unit/decompress", "tests/unit/test_zip_file.py"),
    f"{_LIBRARY}/decompress/decompress.py": ("tests/unit/decompress",),
    f"{_LIBRARY}/decompress/processes.py": ("tests/unit/decompress",),
    f"{_LIBRARY}/upload/upload.py": ("tests/unit/upload",),
    f"{_LIBRARY}/fewer_events.py": _GUARDS,
    f"{_LIBRARY}/load/load.py": _LOAD,
    f"{_LIBRARY}/load/guards.py": _GUARDS,
    f"{_LIBRARY}/load/stored.py": _LOAD,
    f"{_LIBRARY}/second_look/compare.py": _SECOND_LOOK,
    f"{_LIBRARY}/second_look/exported.py": _SECOND_LOOK,
    f"{_LIBRARY}/second_look/loaded.py": _SECOND_LOOK,
    f"{_LIBRARY}/clean_up/clean_up.py": ("tests/unit/clean_up",),
    f"{_LIBRARY}/projects.py": ("tests/unit/test_config.py", "tests/dags/test_daily_dags.py"),
    f"{_LIBRARY}/verify/verify.py": _VERIFY,
    f"{_LIBRARY}/verify/reference.py": ("tests/unit/verify",),
    f"{_LIBRARY}/volume.py": ("tests/unit/test_volume.py", "tests/unit/test_hostile_volume.py"),
    f"{_LIBRARY}/zip_file.py": ("tests/unit/test_zip_file.py", "tests/unit/test_archive.py"),
    f"{_LIBRARY}/workspace.py": ("tests/unit/test_workspace.py", "tests/unit/clean_up"),
    "include/sql/export/select_usual_hours.sql": (_PROJECTS, "tests/faults/test_gaps.py"),
    "include/sql/load/count_hours.sql": _LOAD,
    "include/sql/load/delete_day.sql": _LOAD,
    "include/sql/load/delete_ledger_day.sql": _LOAD,
    "include/sql/load/select_ledger_hours.sql": _LOAD,
    "include/sql/load/select_project_ids.sql": _GUARDS,
    "include/sql/verify/count_rows.sql": _VERIFY,
    "include/sql/verify/select_ledger.sql": _VERIFY,
    "include/sql/verify/select_other_ids.sql": _VERIFY,
    "include/sql/verify/select_recorded_hours.sql": (_PROJECTS, "tests/doctor/test_ledger.py"),
    "include/sql/verify/select_uuids.sql": _VERIFY,
}

_OPPOSITES: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
_CONDITION = re.compile(r"(?<= )=(?= %\()")
_FIRST = re.compile(r"\w+ = %\(\w+\)s\s+and\s+")
_WHERE = re.compile(r"^where\s.*?(?=^group |^order |\Z)", re.DOTALL | re.MULTILINE)
_HEADER_END = "*/\n"


@dataclass(frozen=True)
class Mutant:
    """One change: in `file`, `old` at the offset `start` becomes `new`."""

    file: str
    line: int
    start: int
    old: str
    new: str

    def of(self, text: str) -> str:
        """Return the file's text with the change."""
        return text[: self.start] + self.new + text[self.start + len(self.old) :]


def mutants(file: str, text: str) -> list[Mutant]:
    """Return every change of a file of Python or SQL, in the order of the text."""
    changes = _of_sql(text) if file.endswith(".sql") else _of_python(text)
    found = (
        Mutant(file, text.count("\n", 0, start) + 1, start, text[start:end], new)
        for start, end, new in changes
    )
    return sorted(found, key=lambda mutant: (mutant.start, mutant.new))


def _of_sql(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield wider and other conditions: each = to a bound value, one less, and no WHERE at all."""
    begin = text.find(_HEADER_END) + len(_HEADER_END)
    for match in _CONDITION.finditer(text, begin):
        yield from ((*match.span(), other) for other in (">=", "<=", "<>"))
    for pattern in (_FIRST, _WHERE):
        for match in pattern.finditer(text, begin):
            yield (*match.span(), "")


def _of_python(text: str) -> Iterator[tuple[int, int, str]]:
    lines = text.encode().split(b"\n")
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line.decode()) + 1)

    def offset(line: int, column: int) -> int:
        # Columns of the syntax tree are bytes.
        return starts[line - 1] + len(lines[line - 1][:column].decode())

    for node in ast.walk(ast.parse(text)):
        for part, new in _changed(node):
            end = offset(part.end_lineno or 0, part.end_col_offset or 0)
            yield offset(part.lineno, part.col_offset), end, new


def _changed(node: ast.AST) -> Iterator[tuple[ast.expr | ast.stmt, str]]:
    """Yield parts of the syntax tree, each with the text that replaces it."""
    match node:
        case ast.Compare(ops=[op]) if type(op) in _OPPOSITES:
            other = ast.Compare(node.left, [_OPPOSITES[type(op)]()], node.comparators)
            yield node, f"({ast.unparse(other)})"
        case ast.BoolOp():
            other_op = ast.And() if isinstance(node.op, ast.Or) else ast.Or()
            yield node, f"({ast.unparse(ast.BoolOp(other_op, node.values))})"
        case ast.Constant(value=bool(value)):
            yield node, f"{not value}"
        case ast.Constant(value=int(value)):
            yield node, f"{value + 1}"
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id="log")))):
            return
        case ast.Expr(value=ast.Call()) | ast.Raise():
            yield node, "pass"
        case ast.FunctionDef(returns=ast.Constant(value=None), body=[*_, last]):
            first = node.body[1] if ast.get_docstring(node) and node.body[1:] else node.body[0]
            if first is not last or not isinstance(first, ast.Expr):
                yield first, "return"


class BrokenBefore(Exception):
    """The tests of a file fail without any change, so they show nothing."""


@dataclass(frozen=True)
class Copy:
    """A copy of the project, in which files are changed and tests run."""

    folder: Path

    @classmethod
    def of(cls, project: Path, folder: Path) -> Copy:
        """Copy the project into the folder, which must not exist."""
        shutil.copytree(project, folder, ignore=shutil.ignore_patterns(*NOT_COPIED))
        for name in LINKED:
            if (project / name).exists():
                (folder / name).symlink_to(project / name)
        return cls(folder)

    def notices(self, mutant: Mutant, tests: Sequence[str]) -> bool:
        """Return True if a test fails, or does not end, with the change; the change is undone."""
        file = self.folder / mutant.file
        text = file.read_text()
        file.write_text(mutant.of(text))
        try:
            return not self.passes(tests)
        finally:
            file.write_text(text)

    def passes(self, tests: Sequence[str]) -> bool:
        """Return True if all tests pass in time; the first failure ends them."""
        command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *tests]
        # Bytecode is looked up by time and size of its source, and a change can keep both.
        environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
        try:
            done = subprocess.run(
                command, cwd=self.folder, env=environment, capture_output=True, timeout=PATIENCE
            )
        except subprocess.TimeoutExpired:
            return False
        return done.returncode == 0


def survivors(
    project: Path, targets: Mapping[str, Sequence[str]], sample: int, seed: int
) -> list[Mutant]:
    """Try a sample of the changes and return those that no test noticed; raises BrokenBefore."""
    chosen = choose(project, targets, sample, seed)
    found = []
    with TemporaryDirectory(prefix="mutants-") as folder:
        copy = Copy.of(project, Path(folder) / "project")
        for tests in dict.fromkeys(tuple(targets[mutant.file]) for mutant in chosen):
            if not copy.passes(tests):
                raise BrokenBefore(" ".join(tests))
        for number, mutant in enumerate(chosen, 1):
            began = time.monotonic()
            noticed = copy.notices(mutant, targets[mutant.file])
            result = "noticed" if noticed else "SURVIVED"
            seconds = time.monotonic() - began
            print(
                f"{number}/{len(chosen)} {_place(mutant)}: {result} ({seconds:.0f} s)", flush=True
            )
            found += [] if noticed else [mutant]
    return found


def choose(
    project: Path, targets: Mapping[str, Sequence[str]], sample: int, seed: int
) -> list[Mutant]:
    """Return the sample of all changes that the seed chooses, in the order of the targets."""
    every = [each for file in targets for each in mutants(file, (project / file).read_text())]
    places = sorted(Random(seed).sample(range(len(every)), min(sample, len(every))))
    return [every[place] for place in places]


def table(found: Sequence[Mutant]) -> str:
    """Return the survivors as a table, one a line."""
    width = max((len(_place(mutant)) for mutant in found), default=0)
    return "\n".join(
        f"{_place(each):{width}}  {_one_line(each.old)}  ->  {_one_line(each.new)}"
        for each in found
    )


def _place(mutant: Mutant) -> str:
    return f"{mutant.file}:{mutant.line}"


def _one_line(text: str) -> str:
    return " ".join(text.split())[:60] or "(nothing)"


def main() -> int:
    """Print the table of survivors; return 1 only if the tests fail without a change."""
    parser = argparse.ArgumentParser(prog="python -m tools.mutants")
    parser.add_argument("--sample", type=int, default=30)
    parser.add_argument("--seed", type=int, default=SystemRandom().randrange(10**6))
    given = parser.parse_args()
    print(f"A sample of {given.sample} changes with the seed {given.seed} …")
    try:
        found = survivors(ROOT, TARGETS, given.sample, given.seed)
    except BrokenBefore as error:
        print(f"These tests fail without any change: {error}")
        return 1
    print(f"\n{len(found)} of {given.sample} changes were noticed by no test.\n{table(found)}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
