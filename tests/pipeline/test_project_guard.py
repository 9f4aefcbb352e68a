"""A project's days are of one project at Amplitude, unless a person lets a new id join."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from itertools import count
from typing import Any

import pytest
from amplitude_export.errors import AnotherProject
from amplitude_export.load.load import load_day
from amplitude_export.manifest import DayManifest, LandedFile
from amplitude_export.workspace import object_key, quarantine_key

from tests.pipeline.stand_ins import BUCKET, Table

_NUMBERS = count()


@pytest.fixture
def project() -> str:
    """A project that has loaded nothing; its id at Amplitude is `<project>-id`."""
    return f"project{next(_NUMBERS)}"


@pytest.fixture
def day() -> date:
    """A day that nothing has loaded."""
    return date(2022, 1, 1) + timedelta(days=next(_NUMBERS))


@pytest.fixture
def load(s3: Any, connect: Any, project: str, day: date) -> Callable[..., Any]:
    """Return a function that loads an event of each id, at 05:00 and the hours after it."""

    def load(*ids: str, aside: str = "", **options: Any) -> Any:
        files = []
        for hour, project_id in enumerate(ids, 5):
            name = f"{project_id}_{day}_{hour:02}_0.json"
            body = f"{json.dumps({'uuid': project_id})}\n".encode()
            s3.put_object(Bucket=BUCKET, Key=object_key(day, name), Body=body)
            files.append(LandedFile(hour, 0, name, object_key(day, name), 1, len(body), ""))
        bad = f"{aside}_{day}_09_0.txt"
        quarantined = [LandedFile(9, 0, bad, quarantine_key(day, bad), 1, 9, "")] if aside else []
        options = {"project": project, **options}
        return load_day(connect, DayManifest(day, files, quarantined), "run", **options)

    return load


def stored(table: Table, project: str) -> list[tuple[Any, ...]]:
    """Return the project's hours with events: rows of the table, and the ledger's ids."""
    events = "select source_file from amplitude_raw where project = %s order by 1"
    ledger = (
        "select export_hour, project_id from amplitude_loads where project = %s and files > 0 "
        "order by 1"
    )
    return [*table.rows(events, project), *table.rows(ledger, project)]


def test_the_keys_of_another_project_change_nothing(
    load: Any, table: Table, project: str, day: date
) -> None:
    """The message names both ids, and the commands that let the new one join."""
    load("100")
    before = stored(table, project)
    with pytest.raises(AnotherProject, match=f"project 101 at Amplitude; {project} has 100 so far"):
        load("101", accept_fewer=True)
    with pytest.raises(AnotherProject, match="keys of another project") as raised:
        load("101", accept_project_id="102")
    assert stored(table, project) == before
    dag_id, conf = f"amplitude_to_snowflake_{project}", '{"accept_project_id": "101"}'
    assert f"trigger {dag_id} --logical-date {day}T00:01:00Z --conf '{conf}'" in raised.value.do
    assert f"backfill create --dag-id {dag_id} --from-date {day}" in raised.value.do


def test_a_person_lets_a_new_id_join_once(load: Any, table: Table, project: str) -> None:
    """Afterwards it is the project's, and so is the first one as long as the ledger has it."""
    load("200", "200")
    load("201", "201", accept_project_id="201")
    assert {row[-1] for row in stored(table, project)[2:]} == {"201"}
    load("201", "201")
    with pytest.raises(AnotherProject, match="has 201 so far"):
        load("200", "200")


@pytest.mark.parametrize("options", [{}, {"accept_project_id": "301"}], ids=str)
def test_a_day_of_two_projects_is_refused(
    load: Any, table: Table, project: str, options: dict[str, str]
) -> None:
    """Also as the first one, or with a parameter, or if one of them has only quarantined lines."""
    with pytest.raises(AnotherProject, match="of the projects 300, 301 at Amplitude"):
        load("300", "301", **options)
    with pytest.raises(AnotherProject, match="of the projects 300, 301 at Amplitude"):
        load("300", aside="301", **options)
    assert stored(table, project) == []


def test_swapped_keys_are_refused_in_both_directions(load: Any, table: Table, project: str) -> None:
    """The other project has days of this id, so that even a first load is refused."""
    load("400")
    other = f"{project}_other"
    with pytest.raises(AnotherProject, match=f"{other} has no days so far, and {project} has 400"):
        load("400", project=other)
    assert stored(table, other) == []
    load("401", project=other)
    for name, keys in ((project, "401"), (other, "400")):
        with pytest.raises(AnotherProject, match="keys of another project"):
            load(keys, project=name, accept_fewer=True)


def test_an_empty_day_has_no_identity(load: Any, table: Table, project: str) -> None:
    """Before the first events, and after them."""
    load()
    load("500")
    load(accept_fewer=True)
    assert stored(table, project) == []
    load("501")


def test_a_day_of_quarantined_lines_alone_has_an_identity(load: Any, table: Table) -> None:
    """The names of these files carry the id as well."""
    load(aside="600")
    with pytest.raises(AnotherProject, match="has 600 so far"):
        load("601", aside="601", accept_fewer=True)


def test_two_first_loads_cannot_both_be_first(load: Any, table: Table, project: str) -> None:
    """The guard reads under the lock."""
    with ThreadPoolExecutor(2) as pool:
        loads = [pool.submit(load, project_id) for project_id in ("700", "701")]
        errors = [each.exception() for each in loads]
    assert sorted(type(error).__name__ for error in errors) == ["AnotherProject", "NoneType"]
    assert len({row[-1] for row in stored(table, project)[1:]}) == 1
