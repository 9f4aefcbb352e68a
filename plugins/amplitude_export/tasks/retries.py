"""The retry policy of every task of the DAGs."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

from airflow.sdk import RetryDecision, RetryPolicy
from airflow.sdk.exceptions import AirflowNotFoundException, AirflowRuntimeError, ErrorType

from amplitude_export.errors import DoNotRetry, TryAgain

FIRST_DELAY = timedelta(minutes=2)
LONGEST_DELAY = timedelta(hours=1)


class RetryTransient(RetryPolicy):
    """Fails at once if a retry cannot help, and otherwise retries with a growing, random delay.

    The delay doubles from FIRST_DELAY to LONGEST_DELAY, times a random factor of 0.5 to 1.5, so
    that mapped tasks that failed together are not retried together (Airflow's own jitter is the
    same for all of them); it is never shorter than the error's `retry_after`.
    """

    def evaluate(
        self,
        exception: BaseException,
        try_number: int,
        max_tries: int,
        context: Any = None,
    ) -> RetryDecision:
        """Decide whether to fail or to retry after a delay; `try_number` counts from 1."""
        if isinstance(exception, DoNotRetry | AirflowNotFoundException) or _is_unset(exception):
            return RetryDecision.fail(reason=f"{type(exception).__name__}: a retry changes nothing")
        backoff = min(FIRST_DELAY * 2 ** min(try_number - 1, 10), LONGEST_DELAY)
        delay = backoff * random.uniform(0.5, 1.5)  # noqa: S311 - spreads load, not a secret
        if isinstance(exception, TryAgain) and exception.retry_after:
            delay = max(delay, exception.retry_after)
        return RetryDecision.retry(delay, reason=f"{type(exception).__name__}: tried again")

    def serialize(self) -> dict[str, Any]:
        """Return no state: the class alone defines the policy."""
        return {}

    @classmethod
    def deserialize(cls, data: dict[str, Any]) -> RetryTransient:
        """Return a new instance; all are the same."""
        return cls()


def _is_unset(exception: BaseException) -> bool:
    """Return True if a Variable or a connection is missing: it will be missing in an hour, too."""
    return isinstance(exception, AirflowRuntimeError) and exception.error.error in (
        ErrorType.VARIABLE_NOT_FOUND,
        ErrorType.CONNECTION_NOT_FOUND,
    )
