"""The projects that the page shows, and which of them were removed."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from amplitude_export.page.projects import DailyDag, Projects, known_projects

FILE = """
projects:
- name: web
  first_day: 2026-11-01
- name: default
- name: app
"""


def dag(project: str, dag_id: str = "", *, active: bool = True) -> DailyDag:
    return DailyDag(project, dag_id or f"amplitude_to_snowflake_{project}", active, False)


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The deployment's own file."""
    path = tmp_path / "amplitude.yaml"
    path.write_text(FILE)
    monkeypatch.setenv("AMPLITUDE_CONFIG", f"{path}")
    return path


def names(projects: Projects) -> dict[str, bool]:
    """Return whether each project is removed, in order."""
    return {project.name: project.removed for project in projects.shown}


def test_without_a_file_there_is_one_project(monkeypatch: pytest.MonkeyPatch) -> None:
    """Although Airflow has not parsed its DAG since it has a tag."""
    monkeypatch.delenv("AMPLITUDE_CONFIG", raising=False)
    (only,) = known_projects([], []).shown
    assert (only.name, only.dag_id, only.removed) == ("default", "amplitude_to_snowflake", False)


def test_projects_are_in_the_order_of_the_file_and_removed_ones_last(file: Path) -> None:
    """Removed are those with a DAG that no file makes, and those that only the ledger has."""
    dags = [dag("app"), dag("web"), dag("gone", active=False), dag("new")]
    projects = known_projects(dags, ["app", "ancient"])
    assert names(projects) == {
        **dict.fromkeys(["web", "default", "app"], False),
        "new": False,  # The dag-processor has read a newer file than the api-server.
        "ancient": True,
        "gone": True,
    }
    assert projects.problem is None
    assert [p.first_day for p in projects.shown[:2]] == [date(2026, 11, 1), None]


def test_a_file_that_cannot_be_read_takes_no_project_away(file: Path) -> None:
    """Its DAGs are no longer parsed, and none of them was removed."""
    file.write_text("projects: [{name: Web}]")
    projects = known_projects([dag("app", active=False)], ["default", "app"])
    assert names(projects) == {"default": False, "app": False}
    assert projects.problem
    assert f"{file}" in projects.problem
    assert "What to do: correct the file" in projects.problem


def test_a_daily_dag_is_known_by_its_tag(file: Path) -> None:
    """With another id as well; of several with the tag, the one with the usual id counts."""
    known = known_projects([dag("app", "our_app"), dag("web"), dag("web", "web_users")], [])
    assert known.of_dag("our_app") == known.named("app")
    assert known.of_dag("amplitude_to_snowflake_web") == known.named("web")
    assert known.of_dag("web_users") is known.named("users") is None


ODD_NAMES = ["", "Web", "../x", "a b", "a\n", "<b>", "'; rm -rf ~", "a" * 41, '{"a": 1}']


@pytest.mark.parametrize("name", ODD_NAMES)
def test_a_name_that_no_project_can_have_is_none(file: Path, name: str) -> None:
    """It can be in a tag, or in the event of a ledger."""
    usual = names(known_projects([dag("app")], ["ancient"]))
    assert names(known_projects([dag("app"), dag(name, "other")], ["ancient", name])) == usual
