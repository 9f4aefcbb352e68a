"""What a request is about: the projects that its user can see, and the one that it names.

These are dependencies of the endpoint. They wait for Airflow's database, so they are not coroutines
and run in threads.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

from airflow.api_fastapi.core_api.security import GetUserDep
from fastapi import Depends, HTTPException, Request

from amplitude_export.page import database, rights
from amplitude_export.page.projects import Projects, ShownProject, known_projects
from amplitude_export.page.rest import Airflow
from amplitude_export.projects import second_look_dag_id
from amplitude_export.settings import DOCTOR, RELOAD


def utc_now() -> datetime:
    """Return the time in UTC."""
    return datetime.now(UTC)


Now = Annotated[datetime, Depends(utc_now)]


@dataclass(frozen=True)
class Choice:
    """The projects that the user can see, and the `chosen` one; it is None for all of several.

    `recorded` has the ids of the events with their ledgers, `stuck` the runs that never start, by
    DAG, and `looks` the daily DAG of each DAG that looks again. `reloads` tells whether the user
    can see the DAG that loads days from the bucket.
    """

    projects: Projects
    chosen: ShownProject | None
    recorded: dict[str, int]
    stuck: dict[str, frozenset[str]]
    looks: dict[str, str]
    reloads: bool


def choice(user: GetUserDep, project: str | None = None, dag_id: str | None = None) -> Choice:
    """Return the choice of a request that names a project, or its DAG, or neither.

    Raises 403 if the user can see no project, and 404 for one that the user cannot see.
    """
    recorded = database.recorded_ledgers() if rights.can_see_dag(user, DOCTOR) else {}
    known = known_projects(database.daily_dags(), recorded)
    visible = rights.visible_dags(user, [each.dag_id for each in known.shown])
    shown = [each for each in known.shown if each.dag_id in visible]
    if not shown:
        raise HTTPException(403, "Forbidden")
    projects = Projects(shown, known.problem)
    chosen = _chosen(projects, project, dag_id)
    stuck = database.stuck_runs([chosen.dag_id] if chosen else visible)
    looks = {second_look_dag_id(each.name): each.dag_id for each in shown}
    seen = rights.visible_dags(user, [*looks, RELOAD])
    looks = {dag_id: daily for dag_id, daily in looks.items() if dag_id in seen}
    return Choice(projects, chosen, recorded, stuck, looks, RELOAD in seen)


def _chosen(projects: Projects, name: str | None, dag_id: str | None) -> ShownProject | None:
    if name is None and dag_id is None:
        return projects.shown[0] if len(projects.shown) == 1 else None
    found = projects.of_dag(dag_id or "") if name is None else projects.named(name)
    if found is None:
        names = ", ".join(each.name for each in projects.shown)
        if name is not None:
            raise HTTPException(404, f"There is no project {name}. The projects are {names}.")
        # With them, the tab of another DAG can link theirs.
        dags = [{"project": each.name, "dag_id": each.dag_id} for each in projects.shown]
        what = f"The DAG {dag_id} loads no project. The projects are {names}."
        raise HTTPException(404, {"message": what, "projects": dags})
    return found


Chosen = Annotated[Choice, Depends(choice)]


def one_project(choice: Chosen) -> ShownProject:
    """Return the chosen project; raises 400 if the request has to name one."""
    if choice.chosen is None:
        raise HTTPException(400, "There are several projects: name one with ?project=.")
    return choice.chosen


One = Annotated[ShownProject, Depends(one_project)]


def airflow_of(request: Request, choice: Chosen) -> Airflow | None:
    """Return Airflow's API about the chosen project, with the credentials of this request.

    It is None for all projects, and for a removed one whose DAG was deleted.
    """
    project = choice.chosen
    if project is None or (project.removed and project.dag is None):
        return None
    app = request.scope["amplitude.parent"]
    return Airflow(app, request.headers, project.dag_id, read_xcom)


Api = Annotated[Airflow | None, Depends(airflow_of)]


def read_xcom(key: str, stored: Any) -> Any:
    """Return the value of an XCom from the configured backend, as a task reads it.

    Airflow's API leaves that out. Only text can be the reference of a backend: of a list that a
    user wrote, Airflow's deserializer would make objects, in the api-server. The imports are
    inside: they fail if the backend is missing.
    """
    if not isinstance(stored, str):
        return stored
    from airflow.sdk.execution_time import xcom
    from airflow.sdk.execution_time.comms import XComResult

    return xcom.XCom.deserialize_value(XComResult(key=key, value=stored))
