"""The projects that the page shows: those of the deployment's own file, and removed ones.

A project is known by the file, by its daily DAG in Airflow's database, which has the tag
`project:<name>`, and by its days in the ledger. Each stays when the others are gone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from amplitude_export.errors import BadSetting
from amplitude_export.ledger import DEFAULT_PROJECT
from amplitude_export.projects import Project, daily_dag_id, is_name, read_config


@dataclass(frozen=True)
class DailyDag:
    """A daily DAG in Airflow's database; it is `active` if a DAG file still makes it."""

    project: str
    dag_id: str
    active: bool
    is_paused: bool


@dataclass(frozen=True)
class ShownProject:
    """One project. `dag` is None if Airflow's database does not have its DAG.

    It is `removed` if neither the file has it nor a DAG file makes its DAG. `first_day` is the
    file's.
    """

    name: str
    dag_id: str
    dag: DailyDag | None
    removed: bool
    first_day: date | None


@dataclass(frozen=True)
class Projects:
    """In the order of the file, then the others by name, the removed ones last.

    `problem` says what to correct in a file that cannot be read. No project counts as removed then.
    """

    shown: Sequence[ShownProject]
    problem: str | None = None

    def named(self, name: str) -> ShownProject | None:
        """Return the project with this name, or None."""
        return next((each for each in self.shown if each.name == name), None)

    def of_dag(self, dag_id: str) -> ShownProject | None:
        """Return the project that this DAG loads, or None."""
        return next((each for each in self.shown if each.dag_id == dag_id), None)


def known_projects(dags: Iterable[DailyDag], in_ledger: Iterable[str]) -> Projects:
    """Return all projects; `in_ledger` has the names of those that have days there.

    Tags and events with a name that no project can have are of no project.
    """
    dags = [dag for dag in dags if is_name(dag.project)]
    in_ledger = list(filter(is_name, in_ledger))
    try:
        return Projects(_ordered(read_config().projects, dags, in_ledger, complete=True))
    except BadSetting as error:
        return Projects(_ordered([], dags, in_ledger, complete=False), str(error))


def _ordered(
    configured: Sequence[Project],
    dags: Iterable[DailyDag],
    in_ledger: Iterable[str],
    *,
    complete: bool,
) -> list[ShownProject]:
    in_file = {project.name: project for project in configured}
    by_name = _by_name(dags)
    others = sorted(
        {*by_name, *in_ledger} - in_file.keys(), key=lambda name: (name != DEFAULT_PROJECT, name)
    )

    def shown() -> Iterator[ShownProject]:
        for name in [*in_file, *others]:
            project, dag = in_file.get(name), by_name.get(name)
            removed = complete and project is None and not (dag and dag.active)
            dag_id = dag.dag_id if dag else daily_dag_id(name)
            yield ShownProject(name, dag_id, dag, removed, project.first_day if project else None)

    return sorted(shown(), key=lambda each: each.removed)


def _by_name(dags: Iterable[DailyDag]) -> dict[str, DailyDag]:
    """Return the daily DAG of each project; among several with its tag, the one with its id."""
    usual_last = sorted(dags, key=lambda dag: dag.dag_id == daily_dag_id(dag.project))
    return {dag.project: dag for dag in usual_last}
