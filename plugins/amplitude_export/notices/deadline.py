"""Attach the notices to the daily DAG, with workarounds for deadlines of Airflow 3.3.2."""

from __future__ import annotations

from typing import Any

from airflow.sdk import DAG
from airflow.sdk.definitions.callback import AsyncCallback
from airflow.sdk.definitions.deadline import DeadlineAlert, DeadlineReference

from amplitude_export.notices.callbacks import notify_deadline, notify_failure, notify_gaps
from amplitude_export.notices.run import COMPLETE_WITHIN

# Counted from the time when the run is queued: each day of a backfill would be late at once if
# counted from its logical date. In seconds: Airflow cannot add a serialized timedelta, so that it
# would fail when a user clears the run (apache/airflow#70370).
NOTICES: dict[str, Any] = {
    "on_failure_callback": notify_failure,
    "on_success_callback": notify_gaps,
    "deadline": DeadlineAlert(
        reference=DeadlineReference.DAGRUN_QUEUED_AT,
        interval=COMPLETE_WITHIN.total_seconds(),  # type: ignore[arg-type]
        callback=AsyncCallback(notify_deadline),
    ),
}


def without_notices_in_dag_test(dag: DAG) -> DAG:
    """Return the DAG with a `test()` without callbacks and deadline; `airflow dags test` calls it.

    The user of a test sees the outcome. The callbacks cannot read tasks and results there, and with
    a deadline the test fails at the end of a successful run (apache/airflow#73428).
    """
    test = dag.test
    callbacks = ("on_failure_callback", "on_success_callback")
    without = {"deadline": None, **dict.fromkeys(callbacks)}
    without |= {f"has_{name}": False for name in callbacks}

    def test_without_notices(*args: Any, **kwargs: Any) -> Any:
        given = {name: getattr(dag, name) for name in without}
        _set(dag, without)
        try:
            return test(*args, **kwargs)
        finally:
            _set(dag, given)

    dag.test = test_without_notices  # type: ignore[method-assign]
    return dag


def _set(dag: DAG, values: dict[str, Any]) -> None:
    for name, value in values.items():
        setattr(dag, name, value)
