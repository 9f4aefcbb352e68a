"""A test for optional connections, such as those of the set-up's administrators."""

from __future__ import annotations

from airflow.sdk import BaseHook
from airflow.sdk.exceptions import AirflowNotFoundException, AirflowRuntimeError, ErrorType


def is_configured(conn_id: str) -> bool:
    """Return True if Airflow has the connection, in secrets backend, environment or metadata."""
    try:
        BaseHook.get_connection(conn_id)
    except AirflowNotFoundException:
        return False
    except AirflowRuntimeError as error:
        if error.error.error == ErrorType.CONNECTION_NOT_FOUND:
            return False
        raise
    return True
