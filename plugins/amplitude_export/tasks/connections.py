"""Whether a connection is there at all: some are only for the set-up."""

from __future__ import annotations

from airflow.sdk import BaseHook
from airflow.sdk.exceptions import AirflowNotFoundException, AirflowRuntimeError, ErrorType


def is_configured(conn_id: str) -> bool:
    """Looks wherever Airflow looks: secrets backend, environment, metadata."""
    try:
        BaseHook.get_connection(conn_id)
    except AirflowNotFoundException:
        return False
    except AirflowRuntimeError as error:
        if error.error.error == ErrorType.CONNECTION_NOT_FOUND:
            return False
        raise
    return True
