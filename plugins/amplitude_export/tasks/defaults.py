"""What every task of the DAGs has in common: its retries, and what it leaves when it fails."""

from __future__ import annotations

import logging
from typing import Any

from amplitude_export.failure import FAILURE, FailureRecord, failure_record
from amplitude_export.tasks.retries import RetryWhatCanPass

log = logging.getLogger(__name__)


def log_failure_links(context: Any) -> None:
    """Airflow's callback for a task that failed, or that will be tried again: one line in its log.

    The link is the task's page in the UI, from which its run, its log and its tries are reached;
    its host is `[api] base_url`. The reason is kept as an XCom for the page and for notices; what
    was ended from outside has none, and runs this in the dag-processor, which may not write XComs.
    """
    instance, error = context["ti"], context.get("exception")
    failure = failure_record(error) if error else None
    log.error(
        "%s of %s: %s. Look at %s and at docs/runbook.md#%s.",
        instance.task_id,
        instance.run_id,
        failure["error"] if failure else "ended from outside",
        instance.log_url,
        failure["runbook"] if failure else "other-errors",
    )
    if failure:
        _keep(instance, failure)


def _keep(instance: Any, failure: FailureRecord) -> None:
    """Pushes the XCom; where that is impossible, the log alone has the reason."""
    try:
        instance.xcom_push(key=FAILURE, value=failure)
    except Exception:
        log.exception("The reason could not be kept: the page and notices will not show it.")


DEFAULT_ARGS: dict[str, Any] = {
    "retry_policy": RetryWhatCanPass(),
    "on_retry_callback": log_failure_links,
    "on_failure_callback": log_failure_links,
}
