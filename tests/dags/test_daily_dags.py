"""One daily and one hourly DAG for each project of the deployment's own file."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from airflow.dag_processing.dagbag import DagBag
from airflow.serialization.serialized_objects import DagSerialization

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT / "dags" / "amplitude_to_snowflake.py"
SECOND_LOOK = ROOT / "dags" / "amplitude_second_look.py"
DAILY = "amplitude_to_snowflake"


@pytest.fixture
def parse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], DagBag]:
    """Return a function that parses the daily DAGs' file with a file of projects."""
    config = tmp_path / "amplitude.yaml"
    monkeypatch.setenv("AMPLITUDE_CONFIG", str(config))

    def parse(text: str) -> DagBag:
        config.write_text(text)
        return DagBag(str(FILE))

    return parse


def test_each_project_has_a_dag_with_its_own_settings(parse: Callable[[str], DagBag]) -> None:
    """The limit of exports is Amplitude's, so that it counts by DAG, which is by project."""
    bag = parse("projects: [{name: default}, {name: app, connection: keys, window_hours: 6}]")
    assert bag.import_errors == {}
    assert sorted(bag.dags) == [DAILY, f"{DAILY}_app"]
    for dag_id, project, connection in (
        (DAILY, "default", "amplitude_default"),
        (f"{DAILY}_app", "app", "keys"),
    ):
        dag = bag.dags[dag_id]
        export = dag.get_task("stage_window.export")
        assert export.max_active_tis_per_dag == 3
        assert (export.project, export.amplitude_conn_id) == (project, connection)
        for task_id in ("stage_window.decompress", "stage_window.upload", "load", "clean_up"):
            assert dag.get_task(task_id).op_kwargs["project"] == project
        assert f"--dag-id {dag_id} " in dag.doc_md
        assert dag.tags == {"amplitude", "snowflake", f"project:{project}"}
    hours = [bag.dags[dag_id].get_task("plan_windows").op_args[1] for dag_id in sorted(bag.dags)]
    assert hours == ["{{ var.value.get('amplitude_window_hours', '24') }}", "6"]


def test_each_project_has_a_second_look_unless_it_is_switched_off(
    parse: Callable[[str], DagBag],
) -> None:
    """The stations get what those of the daily DAG get, and the ages of the days."""
    parse("{projects: [{name: default}, {name: app, window_hours: 6}], second_look_days: [3, 30]}")
    dags = DagBag(str(SECOND_LOOK)).dags
    assert sorted(dags) == ["amplitude_second_look", "amplitude_second_look_app"]
    app = dags["amplitude_second_look_app"]
    export = app.get_task("look_again.export")
    assert (export.project, export.amplitude_conn_id) == ("app", "amplitude_app")
    assert (export.hours_each, export.ages) == ("6", (3, 30))
    for task in ("compare", "decide", "decompress", "upload", "load", "clean_up"):
        kwargs = app.get_task(f"look_again.{task}").op_kwargs
        assert (kwargs["project"], tuple(kwargs["ages"])) == ("app", (3, 30)), task
    # The page takes a DAG with the tag of a project for its daily one.
    assert not any(tag.startswith("project:") for tag in app.tags)
    parse("{projects: [{name: default}], second_look_days: []}")
    assert DagBag(str(SECOND_LOOK)).dags == {}


def test_each_project_has_an_hourly_dag(parse: Callable[[str], DagBag]) -> None:
    """The page does not take it for a daily one, which it finds by its tags."""
    parse("projects: [{name: default}, {name: app, connection: keys, first_day: 2026-09-24}]")
    bag = DagBag(str(FILE.with_name("amplitude_hourly.py")))
    assert bag.import_errors == {}
    assert sorted(bag.dags) == ["amplitude_hourly", "amplitude_hourly_app"]
    dag = bag.dags["amplitude_hourly_app"]
    export = dag.get_task("stage_window.export")
    assert (export.project, export.amplitude_conn_id, export.provisional) == ("app", "keys", True)
    assert dag.get_task("plan_windows").op_kwargs["first_day"] == "2026-09-24"
    for task_id in ("stage_window.decompress", "stage_window.upload", "load", "clean_up"):
        assert dag.get_task(task_id).op_kwargs["project"] == "app"
    assert dag.tags == {"amplitude", "hourly", "project:app"}


def test_a_bad_file_is_an_import_error_that_says_what_to_correct(
    parse: Callable[[str], DagBag], tmp_path: Path
) -> None:
    """Only the DAGs of projects read it."""
    bag = parse("projects: [{name: Web}]")
    assert bag.dags == {}
    (error,) = bag.import_errors.values()
    assert f"{tmp_path / 'amplitude.yaml'}: " in error
    assert "python -m amplitude_export.projects" in error
    others = DagBag(str(ROOT / "dags"))
    files = {FILE.name, SECOND_LOOK.name, "amplitude_hourly.py"}
    assert {Path(file).name for file in others.import_errors} == files
    assert len(others.dags) == 6


PARSED = """
import sys
from airflow.dag_processing.dagbag import DagBag
print(sorted(DagBag(sys.argv[1]).dags))
"""


def test_a_task_parses_only_its_own_dag(parse: Callable[[str], DagBag]) -> None:
    """Airflow names the DAG in the environment of a task."""
    parse("projects: [{name: default}, {name: app}, {name: web}]")
    environment = {**os.environ, "_AIRFLOW_PARSING_CONTEXT_DAG_ID": f"{DAILY}_app"}
    command = [sys.executable, "-c", PARSED, str(FILE)]
    found = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert found.stdout.splitlines()[-1] == f"['{DAILY}_app']"


def test_a_hundred_projects_take_less_than_ten_seconds_of_cpu(
    parse: Callable[[str], DagBag],
) -> None:
    """To parse and to serialise, with the imports done."""
    names: list[dict[str, Any]] = [{"name": f"p{number}"} for number in range(100)]
    began = time.process_time()
    bag = parse(f"projects: {names}")
    assert len(bag.dags) == 100
    for dag in bag.dags.values():
        DagSerialization.to_dict(dag)
    assert time.process_time() - began < 10


def test_the_trigger_form_explains_the_logical_date(parse: Callable[[str], DagBag]) -> None:
    """In the heading of its only section, which is visible while the section is folded."""
    bag = parse("projects: [{name: default}, {name: app}]")
    for dag in bag.dags.values():
        (heading,) = {dag.params.get_param(name).schema["section"] for name in dag.params}
        assert "Enter 00:00 UTC of the day to load as the logical date, or empty it" in heading
        assert "the time of now, which Airflow fills in, is refused" in heading
