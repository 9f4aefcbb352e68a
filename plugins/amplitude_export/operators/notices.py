"""What a failed task says last: where a person looks next."""

from __future__ import annotations

import logging
from typing import Any

from amplitude_export.errors import PipelineError

log = logging.getLogger(__name__)


def say_where_to_look(context: Any) -> None:
    """Airflow's callback for a task that failed, or that will be tried again: one line in its log.

    The link is the task's page in the UI, from which its run, its log and its tries are reached;
    its host is `[api] base_url`.
    """
    instance, error = context["ti"], context.get("exception")
    name = type(error).__name__ if error else "ended from outside"
    log.error(
        "%s of %s: %s. Look at %s and at docs/runbook.md#%s.",
        instance.task_id,
        instance.run_id,
        name,
        instance.log_url,
        name.lower() if isinstance(error, PipelineError) else "other-errors",
    )
