"""The arguments of every task of the DAGs: its retries, and its record of a failure."""

from __future__ import annotations

import logging
from typing import Any

from amplitude_export.failure import FAILURE, FailureRecord, failure_record, runbook_url
from amplitude_export.record import to_record
from amplitude_export.tasks.addresses import base_url
from amplitude_export.tasks.retries import RetryTransient

log = logging.getLogger(__name__)


def log_failure_links(context: Any) -> None:
    """Log one line about a task that failed or will be retried, and push the failure as an XCom.

    The links lead to the task's page in the UI, with its run, log and tries, and to the section of
    the runbook; both are below `[api] base_url`. The page and the notices read the XCom. A task
    that was ended from outside has no exception, and its callback runs in the dag-processor, which
    cannot write XComs.
    """
    instance, error = context["ti"], context.get("exception")
    failure = failure_record(error) if error else None
    # No full stop after an address: Airflow's UI would make it a part of the link.
    log.error(
        "%s of %s: %s. Task: %s Runbook: %s",
        instance.task_id,
        instance.run_id,
        failure.error if failure else "ended from outside",
        instance.log_url,
        runbook_url(base_url(), failure.runbook if failure else "other-errors"),
    )
    if failure:
        _keep(instance, failure)


def _keep(instance: Any, failure: FailureRecord) -> None:
    """Push the XCom; if that fails, only the log has the reason."""
    try:
        instance.xcom_push(key=FAILURE, value=to_record(failure))
    except Exception:
        log.exception("The reason could not be stored: the page and notices will not show it.")


DEFAULT_ARGS: dict[str, Any] = {
    "retry_policy": RetryTransient(),
    "on_retry_callback": log_failure_links,
    "on_failure_callback": log_failure_links,
}
