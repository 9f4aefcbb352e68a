"""The endpoint with several projects, requested through Airflow's own application."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from airflow import settings
from airflow.models.dag import DagModel, DagTag
from airflow.models.serialized_dag import SerializedDagModel
from airflow.utils.session import create_session
from amplitude_export.page.app import app
from amplitude_export.page.choice import utc_now
from fastapi.testclient import TestClient
from sqlalchemy import delete, event, update

from tests.notices import steps
from tests.page import fleet
from tests.pipeline.page.days import NOW

DAYS = "/amplitude/api/days"
TODAY = NOW.date()
OLD = "amplitude_to_snowflake_old"
Browser = Callable[[str | None], TestClient]


def write_file(path: Path, *projects: str) -> None:
    path.write_text("projects:\n" + "".join(f"- name: {name}\n" for name in projects))


def forget_projects() -> None:
    with create_session() as session:
        fleet.forget_projects(session)


@pytest.fixture
def file(airflow_database: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The file of the projects, which a test writes; afterwards Airflow has forgotten them."""
    path = tmp_path / "amplitude.yaml"
    monkeypatch.setenv("AMPLITUDE_CONFIG", f"{path}")
    app.dependency_overrides[utc_now] = lambda: NOW
    forget_projects()
    yield path
    app.dependency_overrides.clear()
    forget_projects()


@pytest.fixture
def projects(file: Path) -> list[str]:
    """Three projects with thirty days each, written into Airflow's database."""
    names = [fleet.name(number) for number in range(3)]
    write_file(file, *names)
    with create_session() as session:
        fleet.write_projects(session, 3, TODAY)
    return names


@pytest.fixture
def old(file: Path) -> Path:
    """Two projects whose DAGs were parsed; since then, `old` was removed from the file."""
    write_file(file, "default", "old")
    steps.write_dags()
    write_file(file, "default")
    with create_session() as session:
        session.execute(update(DagModel).where(DagModel.dag_id == OLD).values(is_stale=True))
        session.add(fleet.run_of("old", TODAY - timedelta(days=3)))
        session.add(fleet.load_of(session, "old", TODAY - timedelta(days=3)))
        session.add(fleet.ledger_of(session, "old", TODAY, 1))
        before = fleet.ledger_of(session, "default", TODAY, -1)
        del before.extra["project"]  # As the doctor wrote it up to 0.6.
        session.add(before)
    return file


def get(client: TestClient, path: str = DAYS, **query: Any) -> Any:
    response = client.get(path, params=query)
    assert response.status_code == 200, response.text
    return response.json()


@contextmanager
def statements() -> Iterator[list[str]]:
    """Count the statements that this process sends to Airflow's database."""
    sent: list[str] = []

    def count(_: Any, __: Any, statement: str, *rest: Any) -> None:
        sent.append(statement)

    event.listen(settings.engine, "before_cursor_execute", count)
    yield sent
    event.remove(settings.engine, "before_cursor_execute", count)


def test_without_a_name_all_projects_are_shown(browser: Browser, projects: list[str]) -> None:
    """The one that lacks most days first; each with its DAG, and with thirty days at most."""
    body = get(browser("viewer"), days=400)
    assert (body["project"], body["problem"]) == (None, None)
    first, *_, last = body["projects"]
    assert [each["project"] for each in body["projects"]] == projects
    assert (first["days_due"], first["days_complete"], first["days_failed"]) == (29, 27, 2)
    assert first["dag_id"] == "amplitude_to_snowflake_p000"
    assert first["last_complete_day"] == f"{TODAY - timedelta(days=3)}"
    assert [day["state"] for day in last["days"]] == ["not_due", "failed", *["loaded"] * 28]


def test_a_day_loaded_from_the_bucket_is_loaded(browser: Browser, projects: list[str]) -> None:
    """The DAG that loads it is the same for all projects."""
    with create_session() as session:
        again = fleet.load_of(session, projects[1], TODAY - timedelta(days=1))
        again.source_dag_id = "amplitude_reload"
        session.add(again)
    found = {each["project"]: each for each in get(browser("viewer"))["projects"]}
    assert [found[name]["days"][1]["state"] for name in projects] == ["failed", "loaded", "failed"]


def test_more_projects_take_no_more_queries(
    browser: Browser, projects: list[str], file: Path
) -> None:
    """Nor do failed runs: neither Airflow's API nor a result is read."""
    client, numbers = browser("viewer"), []
    for count in (3, 12):
        forget_projects()
        write_file(file, *(fleet.name(number) for number in range(count)))
        with create_session() as session:
            fleet.write_projects(session, count, TODAY)
        with statements() as sent:
            assert len(get(client)["projects"]) == count
        numbers.append(len(sent))
    assert numbers[0] == numbers[1] < 15


@pytest.mark.parametrize(
    ("query", "status", "told"),
    [
        ({"project": "nobody"}, 404, "no project nobody. The projects are p000, p001, p002."),
        ({"dag_id": "amplitude_doctor"}, 404, "amplitude_doctor loads no project"),
    ],
)
def test_a_choice_that_cannot_be_made_is_explained(
    browser: Browser, projects: list[str], query: Any, status: int, told: str
) -> None:
    """With the projects that there are."""
    for path in (DAYS, f"{DAYS}.csv"):
        response = browser("viewer").get(path, params=query)
        assert response.status_code == status
        assert told in response.text
    one = browser("viewer").get(f"{DAYS}/{TODAY}")
    assert (one.status_code, "several projects" in one.text) == (400, True)


def test_the_file_for_a_spreadsheet_has_all_projects(browser: Browser, projects: list[str]) -> None:
    """Unless one is named: one line for each hour."""
    text = browser("viewer").get(f"{DAYS}.csv", params={"days": 3}).text
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["project"] for row in rows] == [name for name in projects for _ in range(3 * 24)]
    loaded = [row for row in rows if row["state"] == "loaded"]
    assert {row["events"] for row in loaded} == {"4321"}


def test_a_user_sees_only_the_projects_whose_dags_are_visible(
    browser: Browser, projects: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The others look as if they did not exist; their runs and counts are in no response."""
    from airflow.api_fastapi.app import get_auth_manager

    client, manager = browser("viewer"), get_auth_manager()
    allowed = manager.is_authorized_dag

    def only_two(*, details: Any = None, **given: Any) -> bool:
        denied = details is not None and details.id == "amplitude_to_snowflake_p001"
        return not denied and allowed(details=details, **given)

    monkeypatch.setattr(manager, "is_authorized_dag", only_two)
    assert [each["project"] for each in get(client)["projects"]] == ["p000", "p002"]
    assert "p001" not in client.get(f"{DAYS}.csv", params={"days": 2}).text
    for query in ({"project": "p001"}, {"dag_id": "amplitude_to_snowflake_p001"}):
        refused = client.get(DAYS, params=query)
        assert (refused.status_code, "p000, p002." in refused.text) == (404, True)
    assert browser("").get(DAYS).status_code == 403
    assert browser(None).get(DAYS).status_code == 401


@pytest.mark.parametrize("chosen", [{"project": "old"}, {"dag_id": OLD}])
def test_a_removed_project_stays(browser: Browser, old: Path, chosen: dict[str, str]) -> None:
    """With its days and its run; nothing can be started, and nothing later is missing."""
    client = browser("admin")
    listed = {each["project"]: each for each in get(client)["projects"]}
    assert {name: listed[name]["removed"] for name in listed} == {"default": False, "old": True}
    assert listed["default"]["days_complete"] == 27
    body = get(client, days=5, **chosen)
    assert (body["project"], body["removed"], body["may"]) == ("old", True, {"load": False})
    states = [day["state"] for day in body["days"]]
    assert states == ["not_wanted"] * 3 + ["loaded"] * 2
    day = get(client, f"{DAYS}/{TODAY - timedelta(days=3)}", **chosen)
    assert (day["project"], len(day["runs"])) == ("old", 1)


def test_a_removed_project_stays_without_its_dag(browser: Browser, old: Path) -> None:
    """`airflow dags delete` leaves what the doctor has read of the ledger."""
    with create_session() as session:
        for model in (DagTag, SerializedDagModel, DagModel):
            session.execute(delete(model).where(model.dag_id == OLD))
    client = browser("viewer")
    removed = get(client)["projects"][-1]
    assert (removed["project"], removed["removed"], removed["days_complete"]) == ("old", True, 27)
    body = get(client, days=5, project="old")
    assert [day["source"] for day in body["days"]] == [None, None, None, "ledger", "ledger"]
    assert get(client, f"{DAYS}/{TODAY - timedelta(days=3)}", project="old")["events"] == 24 * 4321


def test_missing_begins_with_the_first_day_of_the_file(browser: Browser, old: Path) -> None:
    """At a glance and in the grid."""
    first_day = TODAY - timedelta(days=7)
    old.write_text(f"projects: [{{name: default, first_day: {first_day}}}]")
    client = browser("viewer")
    due = [each["days_due"] for each in get(client)["projects"] if each["project"] == "default"]
    assert [*due, get(client, project="default")["summary"]["days_due"]] == [7, 7]


def test_a_file_that_cannot_be_read_is_shown_as_what_to_correct(
    browser: Browser, old: Path
) -> None:
    """Projects that are known by their tags are there, and none counts as removed."""
    old.write_text("projects: [{name: default}, {name: DEFAULT}]")
    body = get(browser("viewer"))
    assert {each["project"]: each["removed"] for each in body["projects"]} == {
        "default": False,
        "old": False,
    }
    assert f"{old}" in body["problem"]
    assert "What to do: correct the file" in get(browser("viewer"), project="old")["problem"]
