"""A test for optional connections, such as those of the set-up's administrators."""

from __future__ import annotations

from airflow.sdk import BaseHook
from airflow.sdk.exceptions import AirflowNotFoundException, AirflowRuntimeError, ErrorType
from airflow.sdk.execution_time.supervisor import ensure_secrets_backend_loaded

from amplitude_export.connection import read_connection


def is_configured(conn_id: str) -> bool:
    """Return True if Airflow has the connection, in secrets backend, environment or metadata.

    Raises BadSetting if it is there but broken.
    """
    try:
        read_connection(conn_id, BaseHook.get_connection, ensure_secrets_backend_loaded)
    except AirflowNotFoundException:
        return False
    except AirflowRuntimeError as error:
        if error.error.error == ErrorType.CONNECTION_NOT_FOUND:
            return False
        raise
    return True
