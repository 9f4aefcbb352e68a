"""The projects of a deployment, and the ids that are made of their names."""

from __future__ import annotations

from amplitude_export.ledger import DEFAULT_PROJECT
from amplitude_export.settings import DAILY


def daily_dag_id(project: str) -> str:
    """Return the id of the project's daily DAG.

    >>> daily_dag_id("default"), daily_dag_id("app")
    ('amplitude_to_snowflake', 'amplitude_to_snowflake_app')
    """
    return DAILY if project == DEFAULT_PROJECT else f"{DAILY}_{project}"
