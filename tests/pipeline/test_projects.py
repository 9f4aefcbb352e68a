"""Two projects in the same tables: each load replaces its own project's day, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from itertools import count, product
from pathlib import Path
from typing import Any

import pytest
from amplitude_export.errors import AnotherProject, InvalidEvent
from amplitude_export.export import operator
from amplitude_export.export.history import usual_hours
from amplitude_export.load.load import load_day
from amplitude_export.manifest import DayManifest, LandedFile
from amplitude_export.verify.load_history import read_ledger
from amplitude_export.verify.verify import verify_day
from amplitude_export.window import Window, midnight
from amplitude_export.workspace import object_key

from local.export_api import PROJECTS
from local.export_api.projects import Project
from tests.contents import Contents, served
from tests.days import TASKS, Day, no_pauses
from tests.pipeline.stand_ins import BUCKET, Table, amplitude

IDS = {project.name: f"{project.number}" for project in PROJECTS}
_DAYS = count()


@pytest.fixture
def day() -> date:
    """A day that nothing has loaded."""
    return date(2024, 1, 1) + timedelta(days=next(_DAYS))


@pytest.fixture
def land(s3: Any, day: date) -> Callable[..., LandedFile]:
    """Return a function that puts an hour's file of the project with this id into the bucket."""

    def land(project_id: str, hour: int, number: int, part: int = 0) -> LandedFile:
        name = f"{project_id}_{day}_{hour:02}_{part}.json"
        lines = [json.dumps({"uuid": f"{project_id}-{hour}-{n}"}) for n in range(number)]
        body = "".join(f"{line}\n" for line in lines).encode()
        key = object_key(day, name)
        s3.put_object(Bucket=BUCKET, Key=key, Body=body)
        return LandedFile(hour, part, name, key, number, len(body), "")

    return land


@pytest.fixture
def load(connect: Any, land: Any, day: date) -> Callable[..., Any]:
    """Return a function that loads the project's day with these events by hour."""

    def load(project: str, counts: dict[int, int], run: str = "run", **options: Any) -> Any:
        files = [land(IDS[project], hour, number) for hour, number in counts.items()]
        return load_day(connect, DayManifest(day, files), run, project=project, **options)

    return load


def stored(table: Table, day: date) -> dict[str, dict[int, tuple[int, str]]]:
    """Return events in the table, and the run in the ledger, by project and hour."""
    found: dict[str, dict[int, tuple[int, str]]] = {}
    query = (
        "select l.project, hour(l.export_hour), l.events, l.run_id, count(r.run_id) "
        "from amplitude_loads as l left join amplitude_raw as r on l.project = r.project "
        "and l.export_day = r.export_day and l.export_hour = r.export_hour "
        "where l.export_day = %s group by 1, 2, 3, 4"
    )
    rows = table.rows(query, f"{day}")
    for project, hour, events, run, in_table in rows:
        assert events == in_table
        if events:
            found.setdefault(project, {})[hour] = (events, run)
    assert len(rows) == 24 * len({row[0] for row in rows})
    return found


@pytest.mark.parametrize("order", [("default", "app"), ("app", "default")])
def test_two_projects_load_the_same_day(
    load: Any, table: Table, day: date, order: tuple[str, str]
) -> None:
    """In any order, with re-runs and an empty day; the guards compare a project with itself."""
    one, other = order
    load(one, {5: 3, 6: 4}, "first")
    load(other, {6: 1, 7: 9}, "second")
    both = {one: {5: (3, "first"), 6: (4, "first")}, other: {6: (1, "second"), 7: (9, "second")}}
    assert stored(table, day) == both
    loaded = load(one, {5: 3, 6: 5}, "third")
    assert (loaded.project, loaded.events) == (one, 8)
    assert stored(table, day) == both | {one: {5: (3, "third"), 6: (5, "third")}}
    load(other, {}, "empty", accept_fewer=True)
    assert stored(table, day) == {one: {5: (3, "third"), 6: (5, "third")}}
    ledger = table.rows(
        "select distinct project, project_id from amplitude_loads where export_day = %s "
        "and events > 0",
        f"{day}",
    )
    assert ledger == [(one, IDS[one])]


def test_the_lock_names_the_project_that_holds_it(load: Any, table: Table) -> None:
    """With its run; there is still one row."""
    load("app", {5: 3}, "the-run")
    assert table.rows("select project, locked_by from amplitude_lock") == [("app", "the-run")]


def test_loads_of_two_projects_at_once_both_succeed(load: Any, table: Table, day: date) -> None:
    """They take turns."""
    with ThreadPoolExecutor(4) as pool:
        loads = [pool.submit(load, project, {5: 3}, project) for project in [*IDS, *IDS]]
        assert [each.exception() for each in loads] == [None] * 4
    assert stored(table, day) == {project: {5: (3, project)} for project in IDS}


def test_ledger_and_verify_are_the_projects_own(
    load: Any, connect: Any, day: date, tmp_path: Path
) -> None:
    """The other project's rows and objects of the same day are not mentioned."""
    load("default", {5: 3, 6: 4})
    load("app", {6: 1})
    for project, hours in {"default": {5: 3, 6: 4}, "app": {6: 1}}.items():
        verdict = verify_day(connect, tmp_path, day, project)
        assert (verdict.problems, verdict.events) == ([], sum(hours.values()))
        assert not any("the bucket has" in note for note in verdict.notes), verdict.notes
        read = read_ledger(connect, midnight(day), project)
        (recorded,) = (each for each in read.days if each.day == day)
        assert {n: rows for n, rows in enumerate(recorded.rows) if rows} == hours


@pytest.fixture
def contents(day: date) -> dict[str, Contents]:
    """Three events of each project on the day, at 05:00."""
    found = {project.name: Contents(project) for project in PROJECTS}
    for project, content in found.items():
        content.set(day, 5, 0, [f"{project}-{n}" for n in range(3)])
    return found


@pytest.fixture
def amplitude_app(
    contents: dict[str, Contents], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., None]]:
    """Amplitude with the contents.

    It returns a function that gives the connections of `default` and `app` the keys of two
    projects.
    """
    with served(*contents.values()) as server, no_pauses():

        def connect(*keys: Project) -> None:
            for name, key in zip(IDS, keys, strict=True):
                connection = json.dumps(amplitude(server.url, key))
                monkeypatch.setenv(f"AIRFLOW_CONN_AMPLITUDE_{name.upper()}", connection)

        connect(*PROJECTS)
        yield connect


@pytest.fixture
def runs_of(tmp_path: Path, volume: Path, day: date) -> Callable[..., list[Day]]:
    """Return a function that makes a run of the day for each project, with the same run id."""

    def runs_of(run_id: str, **settings: Any) -> list[Day]:
        runs = []
        for project in IDS:
            (xcoms := tmp_path / f"{run_id}-{project}").mkdir()
            settings |= {"window_hours": 24, "project": project}
            runs.append(Day(xcoms, volume, day, run_id, BUCKET, **settings))
        return runs

    return runs_of


def test_two_projects_go_side_by_side_from_the_export_to_clean_up(
    table: Table, day: date, volume: Path, runs_of: Any, amplitude_app: Any, connect: Any
) -> None:
    """Task by task in turns, on one volume; each day is its own."""
    for task, run in product(TASKS, runs_of("run")):
        run.do(task)
    assert stored(table, day) == {project: {5: (3, "run")} for project in IDS}
    for project in IDS:
        verdict = verify_day(connect, volume, day, project)
        assert (verdict.problems, verdict.notes, verdict.compared) == ([], [], True)
    days = {path.parents[2] for path in volume.rglob("manifest.json")}
    assert days == {volume / f"{day}", volume / "projects" / "app" / f"{day}"}


def test_swapped_keys_load_nothing(
    table: Table, day: date, volume: Path, runs_of: Any, amplitude_app: Any, connect: Any
) -> None:
    """Each day is exported with the other project's keys, and refused; both stay as they were."""
    for task, run in product(TASKS, runs_of("right")):
        run.do(task)
    amplitude_app(*reversed(PROJECTS))
    swapped = runs_of("swapped")
    for task, run in product(TASKS[: TASKS.index("load")], swapped):
        run.do(task)
    for run in swapped:
        with pytest.raises(AnotherProject, match="keys of another project"):
            run.do("load")
    assert stored(table, day) == {project: {5: (3, "right")} for project in IDS}
    for project in IDS:
        verdict = verify_day(connect, volume, day, project)
        assert (verdict.problems, verdict.compared) == ([], True)


def test_lines_that_snowflake_refuses_are_recorded_for_the_project(
    contents: Any, amplitude_app: Any, table: Table, day: date, volume: Path, runs_of: Any
) -> None:
    """Not for the run of the other project, whose id is the same."""
    default, app = runs_of("run", quarantine=True)
    default.whole()
    # Half of a surrogate pair.
    contents["app"].set(day, 6, 0, ["good", "\ud83d"])
    with pytest.raises(InvalidEvent, match="Snowflake refuses 1 line"):
        app.whole()
    for task in TASKS[1:]:
        app.do(task)
    assert stored(table, day)["app"] == {5: (3, "run"), 6: (1, "run")}
    (record,) = volume.rglob("refused.json")
    assert record.is_relative_to(volume / "projects" / "app")


def test_usual_hours_are_the_projects_own(connect: Any, table: Table) -> None:
    """Another project's events are no evidence."""
    day = date(2023, 6, 30)
    for week in (1, 2):
        before = day - timedelta(weeks=week)
        table.rows(
            "insert into amplitude_loads (export_day, export_hour, state, files, events, bytes, "
            f"run_id, loaded_at, project) select '{before}', '{before} 05:00:00', 'loaded', 1, 1, "
            f"1, 'r', '{before}', 'app'"
        )
    window = Window(f"{day}T00", f"{day}T23")
    assert usual_hours(connect, window, "app") == {5}
    assert usual_hours(connect, window) == set()
    # The operator asks for those of its project.
    assert operator._usual_hours(window, "run", "app") == {5}
