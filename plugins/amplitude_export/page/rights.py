"""What a user is allowed to see and to start: the checks of Airflow's own API."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from airflow.api_fastapi.app import get_auth_manager
from airflow.api_fastapi.auth.managers.base_auth_manager import ResourceMethod
from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity, DagDetails
from airflow.models.dag import DagModel


def visible_dags(user: Any, dag_ids: Sequence[str]) -> set[str]:
    """Return those of the DAGs whose runs and loads the user can see."""
    if not get_auth_manager().is_authorized_asset(method="GET", user=user):
        return set()
    teams = DagModel.get_dag_id_to_team_name_mapping(list(dag_ids))
    return {each for each in dag_ids if _can("GET", user, each, teams.get(each))}


def can_load(user: Any, dag_id: str) -> bool:
    """Return True if the user has the right that Airflow requires to create a backfill."""
    return _can("POST", user, dag_id, DagModel.get_team_name(dag_id))


def can_see_dag(user: Any, dag_id: str) -> bool:
    """Return True if the user can see the DAG, whose events are about all projects."""
    details = DagDetails(id=dag_id, team_name=DagModel.get_team_name(dag_id))
    return get_auth_manager().is_authorized_dag(method="GET", details=details, user=user)


def _can(method: ResourceMethod, user: Any, dag_id: str, team: str | None) -> bool:
    return get_auth_manager().is_authorized_dag(
        method=method,
        access_entity=DagAccessEntity.RUN,
        details=DagDetails(id=dag_id, team_name=team),
        user=user,
    )
