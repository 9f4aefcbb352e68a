"""Without `include/` beside `plugins/` the first statement, dbt and the stack say so at once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from amplitude_export.doctor.check import State
from amplitude_export.doctor.run import examine_snowflake
from amplitude_export.errors import BadSetting
from amplitude_export.setup import objects, stack
from amplitude_export.transform import dbt
from amplitude_export.transform.profile import Profile
from amplitude_export.warehouse import session


class Cursor:
    def execute(self, *_: object) -> None: ...

    def executemany(self, *_: object) -> None: ...


def run(method: str, *given: Any) -> Callable[[], Any]:
    return lambda: getattr(session.Session(Cursor(), {}), method)("load/delete_day", *given)


USES: dict[str, Callable[[], Any]] = {
    "statement": run("run"),
    "script": run("run_script"),
    "rows": run("run_each", []),
    "set-up": lambda: list(objects.scripts("objects", {})),
    "dbt": lambda: dbt.Dbt(Profile("", {}), "true").run("run"),
    "stack": lambda: stack.deploy(Account, "a-stack", {}),
}


class Account:
    """A stack that does not exist yet."""

    def describe_stacks(self, **_: Any) -> dict[str, Any]:
        return {"Stacks": [{"StackStatus": "REVIEW_IN_PROGRESS", "Parameters": []}]}

    def create_change_set(self, **_: Any) -> None: ...


@pytest.mark.parametrize("use", USES)
def test_the_error_names_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, use: str) -> None:
    """A retry changes nothing; the set-up does not take no files for no work."""
    _elsewhere(monkeypatch, tmp_path)
    with pytest.raises(BadSetting, match=r"put include/ of the same version beside plugins/"):
        USES[use]()


def _elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    sql = tmp_path / "include" / "sql"
    monkeypatch.setattr(session, "SQL", sql)
    monkeypatch.setattr(objects, "SQL", sql)
    monkeypatch.setattr(stack, "TEMPLATE", tmp_path / "include" / "aws" / "stack.yaml")
    monkeypatch.setattr(dbt, "PROJECT", tmp_path / "include" / "dbt")


def test_the_doctor_checks_it_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """With the words of the tasks; the login, which runs a statement, needs it."""
    monkeypatch.setattr("amplitude_export.doctor.code.INCLUDE", tmp_path / "include")
    checks = {check.name: check for check in examine_snowflake("bucket", [], "")}
    assert checks["code.include"].state is State.FAILED
    assert checks["code.include"].do.startswith("put include/ of the same version beside plugins/")
    assert checks["snowflake.login"].found == "skipped: it needs code.include"


def test_one_missing_file_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An older `include/` lacks the statements of newer code."""
    (tmp_path / "load").mkdir()
    monkeypatch.setattr(session, "SQL", tmp_path)
    with pytest.raises(BadSetting, match=r"load/delete_day\.sql cannot be read"):
        run("run")()
