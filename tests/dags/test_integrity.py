"""DAG files parse without network, connections and Variables, and keep their promises."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pendulum
import pytest
from airflow.dag_processing.dagbag import DagBag
from airflow.timetables.base import DagRunInfo
from amplitude_export.settings import DOCTOR, RELOAD, SETUP
from amplitude_export.tasks.retries import RetryTransient
from pytest_socket import disable_socket, enable_socket

from local.launcher.stack import DAGS, SCHEDULED

ROOT = Path(__file__).resolve().parents[2]
LIBRARY = ROOT / "plugins" / "amplitude_export"
DAILY, HOURLY = "amplitude_to_snowflake", "amplitude_hourly"
NETWORKS = "amplitude_ip_networks"
SECOND_LOOK = "amplitude_second_look"
INVENTORY = "amplitude_inventory"


@pytest.fixture(scope="module")
def bag() -> Iterator[DagBag]:
    """The DAGs, parsed with sockets off and nothing configured."""
    disable_socket(allow_unix_socket=True)
    with pytest.MonkeyPatch.context() as patch:
        for name in ("AMPLITUDE", "AWS", "NPM", "SNOWFLAKE"):
            patch.delenv(f"AIRFLOW_CONN_{name}_DEFAULT", raising=False)
        yield DagBag(str(ROOT / "dags"))
    enable_socket()


def test_every_dag_parses_without_network_or_connections(bag: DagBag) -> None:
    """There are nine DAGs and no import errors."""
    assert bag.import_errors == {}
    assert sorted(bag.dags) == [
        "amplitude_doctor",
        HOURLY,
        INVENTORY,
        "amplitude_ip_networks",
        "amplitude_reload",
        SECOND_LOOK,
        "amplitude_setup",
        DAILY,
        "amplitude_transform",
    ]


def test_the_launcher_knows_the_dags_and_those_with_a_schedule(bag: DagBag) -> None:
    """It waits until all are parsed, and pauses scheduled ones until they can succeed.

    Those that are paused by themselves are left to people.
    """
    paused = {dag_id for dag_id, dag in bag.dags.items() if dag.is_paused_upon_creation}
    # `make inventory` triggers its DAG.
    by_people = paused - {INVENTORY}
    assert by_people == {SECOND_LOOK, HOURLY}
    assert {DAILY, *DAGS} == bag.dags.keys() - by_people
    assert {DAILY, *SCHEDULED} == {
        dag_id
        for dag_id, dag in bag.dags.items()
        if dag.schedule is not None and dag_id not in by_people
    }


def test_task_ids_are_the_verbs_of_the_drawing(bag: DagBag) -> None:
    """These names are part of the contract."""
    assert [task.task_id for task in bag.dags[SECOND_LOOK].topological_sort()] == [
        "plan_days",
        "look_again.export",
        "look_again.compare",
        "look_again.decide",
        "look_again.decompress",
        "look_again.upload",
        "look_again.load",
        "look_again.clean_up",
    ]
    assert [task.task_id for task in bag.dags[DAILY].topological_sort()] == [
        "wait_for_day",
        "plan_windows",
        "stage_window.export",
        "stage_window.decompress",
        "stage_window.upload",
        "load",
        "clean_up",
    ]


def test_the_set_up_connects_both_sides_and_ends_with_the_doctor(bag: DagBag) -> None:
    """The checks are those of the doctor's own DAG, which also reads the ledger."""
    steps = [
        "deploy_stack",
        "create_account_objects",
        "trust_snowflake",
        "create_objects",
        "wait_for_stage",
        "fill_files",
    ]
    own = [task.task_id for task in bag.dags["amplitude_doctor"].topological_sort()]
    doctor = [task for task in own if task.startswith("doctor.")]
    assert {*own} - {*doctor} == {"find_projects", "record_ledger"}
    found = [task.task_id for task in bag.dags["amplitude_setup"].topological_sort()]
    assert found == [*steps, *doctor]
    assert found[-1] == "doctor.report"


def test_scheduled_runs_load_the_day_that_has_ended(bag: DagBag) -> None:
    """The schedule is daily in UTC, by intervals, without catch-up."""
    dag = bag.dags[DAILY]
    assert dag.timetable.expression == "0 0 * * *"
    assert type(dag.timetable).__name__ == "CronDataIntervalTimetable"
    assert dag.catchup is False


def scheduler_dag(bag: DagBag, dag_id: str) -> Any:
    """Return the DAG as the scheduler has it."""
    from airflow.serialization.serialized_objects import DagSerialization

    return DagSerialization.from_dict(DagSerialization.to_dict(bag.dags[dag_id]))


@pytest.mark.parametrize("dag_id", [SECOND_LOOK, HOURLY, *DAGS])
def test_every_day_has_all_tasks(bag: DagBag, dag_id: str) -> None:
    """Airflow runs no task of a run by hand before a start date, and the run is green."""
    dag = bag.dags[dag_id]
    assert {task.start_date for task in [dag, *dag.tasks]} == {None}
    assert {task.end_date for task in [dag, *dag.tasks]} == {None}


@pytest.mark.parametrize(
    ("dag_id", "last", "following"),
    [
        pytest.param(DAILY, None, "2026-11-29 00:00", id="first run"),
        pytest.param(DAILY, "2014-12-30", "2026-11-29 00:00", id="after a backfill"),
        pytest.param(DAILY, "2026-11-28", "2026-11-29 00:00", id="day after day"),
        pytest.param(HOURLY, None, "2026-11-30 12:10", id="first hourly run"),
        pytest.param(HOURLY, "2026-11-28", "2026-11-30 11:10", id="after missed hours"),
        pytest.param(NETWORKS, None, "2026-11-03 04:17", id="first run of the networks"),
        pytest.param(SECOND_LOOK, None, "2026-12-01 06:47", id="first second look"),
        pytest.param(SECOND_LOOK, "2026-11-20", "2026-11-30 06:47", id="second look after a pause"),
        pytest.param(INVENTORY, None, "2026-11-30 05:47", id="first run of the inventory"),
    ],
)
def test_no_scheduled_run_is_made_up_for(
    bag: DagBag, monkeypatch: pytest.MonkeyPatch, dag_id: str, last: str | None, following: str
) -> None:
    """Without catch-up the next run is the newest that is due, even after a backfill."""
    now = datetime(2026, 11, 30, 12, tzinfo=UTC)
    for module in ("interval", "trigger"):
        monkeypatch.setattr(f"airflow.timetables.{module}.utcnow", lambda: now)
    begin = last and pendulum.parse(last)
    done = DagRunInfo.interval(begin, begin.add(days=1)) if begin else None
    info = scheduler_dag(bag, dag_id).next_dagrun_info(last_automated_run_info=done)
    assert f"{info.logical_date:%F %H:%M}" == following


def test_a_backfill_makes_one_run_for_each_day_of_any_year(bag: DagBag) -> None:
    """Both days are included, as before."""
    span = (datetime(2014, 12, 30, tzinfo=UTC), datetime(2015, 1, 2, tzinfo=UTC))
    runs = scheduler_dag(bag, DAILY).iter_dagrun_infos_between(*span)
    days = [f"{run.logical_date:%F %T}" for run in runs]
    assert days == [
        "2014-12-30 00:00:00",
        "2014-12-31 00:00:00",
        "2015-01-01 00:00:00",
        "2015-01-02 00:00:00",
    ]


def all_tasks(bag: DagBag) -> list[Any]:
    return [task for dag in bag.dags.values() for task in dag.tasks]


def test_every_task_has_retries_a_limit_and_a_doc(bag: DagBag) -> None:
    """Every task is documented, and none can hang forever."""
    for task in all_tasks(bag):
        assert task.retries >= 2, task.task_id
        assert isinstance(task.retry_policy, RetryTransient), task.task_id
        assert task.execution_timeout, task.task_id
        assert task.doc_md, task.task_id


def test_a_dag_without_a_schedule_is_not_paused(bag: DagBag) -> None:
    """Airflow pauses new DAGs, and leaves a triggered run of a paused one queued."""
    by_hand = {dag_id for dag_id, dag in bag.dags.items() if dag.schedule is None}
    assert by_hand == {SETUP, DOCTOR, RELOAD}
    assert {bag.dags[dag_id].is_paused_upon_creation for dag_id in by_hand} == {False}


def test_the_inventory_runs_by_hand_until_a_person_unpauses_it(bag: DagBag) -> None:
    """It changes nothing unless its run is told to clean."""
    dag = bag.dags[INVENTORY]
    assert dag.is_paused_upon_creation is True
    assert dict(dag.params) == {"project": None, "from": None, "to": None, "clean": False}


def test_a_reload_of_many_days_is_transformed_once(bag: DagBag) -> None:
    """The transform waits until none of its days is being loaded."""
    assert [task.task_id for task in bag.dags[RELOAD].topological_sort()] == ["plan_days", "load"]

    def pending(dag_id: str, task_ids: list[str], states: list[str]) -> int:
        return 5 if (dag_id, task_ids) == (RELOAD, ["load"]) else 0

    instance = SimpleNamespace(
        get_ti_count=pending, get_dr_count=lambda dag_id, states: int(dag_id == RELOAD)
    )
    run = SimpleNamespace(start_date=datetime.now(UTC))
    sensor = bag.dags["amplitude_transform"].get_task("wait_for_loads")
    assert not sensor.poke({"ti": instance, "dag_run": run})


def test_few_tasks_at_once_send_requests_to_amplitude(bag: DagBag) -> None:
    """The limits cover all runs and backfills: Airflow counts instances over the whole DAG."""
    for dag_id, task_id, most in (
        (DAILY, "stage_window.export", 3),
        (SECOND_LOOK, "look_again.export", 1),
        (HOURLY, "stage_window.export", 1),
    ):
        export = bag.dags[dag_id].get_task(task_id)
        assert export.max_active_tis_per_dag == most
        assert export.max_active_tis_per_dagrun is None
    assert bag.dags[SECOND_LOOK].max_active_runs == 1


def test_hourly_runs_cost_nothing_until_they_are_switched_on(bag: DagBag) -> None:
    """A missed hour is caught up by the next run; nothing that listens to loads hears of hours."""
    dag = bag.dags[HOURLY]
    assert (dag.is_paused_upon_creation, dag.catchup, dag.max_active_runs) == (True, False, 1)
    assert [task.task_id for task in dag.topological_sort()] == [
        "plan_windows",
        "stage_window.export",
        "stage_window.decompress",
        "stage_window.upload",
        "load",
        "clean_up",
    ]
    assert [asset.name for asset in dag.get_task("load").outlets] == ["AMPLITUDE_PROVISIONAL"]
    condition = bag.dags["amplitude_transform"].timetable.asset_condition
    heard = {asset.name for asset in condition.objects}
    assert heard == {"AMPLITUDE_RAW", "IP_NETWORKS"}


def test_gold_is_made_of_final_days() -> None:
    """One view reads provisional hours, and no other model reads it."""
    words = re.compile(r"amplitude_raw_fresh|amplitude_provisional|'events_fresh'")
    models = (ROOT / "include/dbt").rglob("*.sql")
    assert [file.stem for file in models if words.search(file.read_text())] == ["events_fresh"]


def test_dags_explain_themselves(bag: DagBag) -> None:
    """The DAG's page has its drawing, promise and triage."""
    for dag in bag.dags.values():
        assert "─▶" in dag.doc_md
        assert "**Promise.**" in dag.doc_md
        assert "**Triage.**" in dag.doc_md


def test_the_list_of_files_that_import_airflow_is_exact() -> None:
    """The linter refuses Airflow elsewhere; here no entry of its list outlives its file."""
    lint = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["ruff"]["lint"]
    listed = [
        re.compile(_pattern(glob))
        for glob in lint["per-file-ignores"]
        if glob.startswith("plugins/amplitude_export/")
    ]
    found = [
        f"{file.relative_to(ROOT)}" for file in LIBRARY.rglob("*.py") if "airflow" in imports(file)
    ]
    assert [file for file in found if not any(glob.fullmatch(file) for glob in listed)] == []
    assert [glob for glob in listed if not any(map(glob.fullmatch, found))] == []


def _pattern(glob: str) -> str:
    """Return a glob of the linter, with `*` within a name and `{a,b}`, as a regular expression."""
    escaped = re.escape(glob).replace(r"\*", "[^/]+")
    return re.sub(r"\\{(.*)\\}", lambda names: f"({names[1].replace(',', '|')})", escaped)


def test_the_product_never_imports_its_stand_ins() -> None:
    """No file of dags/ or plugins/ imports local/."""
    for folder in ("dags", "plugins"):
        for file in (ROOT / folder).rglob("*.py"):
            assert "local" not in imports(file), file


def imports(file: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.split(".")[0])
    return names


def test_airflow_does_not_load_the_library_as_plugins() -> None:
    """Otherwise Airflow would import every file below plugins/ as a separate module."""
    assert (ROOT / "plugins/.airflowignore").read_text().split() == ["amplitude_export/"]


@pytest.mark.parametrize(
    "file", sorted((ROOT / "include/sql").rglob("*.sql")), ids=lambda f: f.stem
)
def test_every_statement_has_a_header_of_four_facts(file: Path) -> None:
    """The header's what, reads, writes and re-run appear with it in the query history."""
    text = file.read_text()
    header = text[: text.index("*/")]
    assert text.startswith("/*")
    assert all(f"\n{fact}" in header for fact in ("what:", "reads:", "writes:", "re-run:"))
    assert not text.rstrip().endswith(";")
    assert ";" not in text.replace(header, "") or file.parent.parent.name == "setup"
    assert "create or replace" not in text
