"""The retry policy: which errors are retried, and after which delay."""

from __future__ import annotations

from datetime import timedelta

import pytest
from airflow.sdk import RetryAction
from airflow.sdk.exceptions import AirflowNotFoundException, AirflowRuntimeError, ErrorType
from airflow.sdk.execution_time.comms import ErrorResponse
from amplitude_export import errors
from amplitude_export.errors import AmplitudeUnavailable, DoNotRetry, PipelineError, TryAgain
from amplitude_export.tasks.retries import FIRST_DELAY, LONGEST_DELAY, RetryTransient

CLASSES = [c for c in vars(errors).values() if isinstance(c, type) and issubclass(c, PipelineError)]
PERMANENT = [c for c in CLASSES if issubclass(c, DoNotRetry)]
TRANSIENT = [c for c in CLASSES if issubclass(c, TryAgain)]


@pytest.mark.parametrize("kind", [*PERMANENT, AirflowNotFoundException])
def test_an_error_that_no_retry_fixes_fails_at_once(kind: type[Exception]) -> None:
    """The task fails on its first try."""
    decision = RetryTransient().evaluate(kind("x"), 1, 5)
    assert decision.action == RetryAction.FAIL
    assert kind.__name__ in decision.reason


@pytest.mark.parametrize("missing", [ErrorType.VARIABLE_NOT_FOUND, ErrorType.CONNECTION_NOT_FOUND])
def test_a_missing_setting_is_not_retried(missing: ErrorType) -> None:
    """A missing Variable or connection is still missing in an hour."""
    unset = AirflowRuntimeError(ErrorResponse(error=missing, detail={"key": "amplitude_bucket"}))
    assert RetryTransient().evaluate(unset, 1, 5).action == RetryAction.FAIL
    broken = AirflowRuntimeError(ErrorResponse(error=ErrorType.API_SERVER_ERROR))
    assert RetryTransient().evaluate(broken, 1, 5).action == RetryAction.RETRY


@pytest.mark.parametrize("kind", [*TRANSIENT, OSError, RuntimeError])
def test_a_transient_error_is_retried(kind: type[Exception]) -> None:
    """Unexpected errors are retried too."""
    decision = RetryTransient().evaluate(kind("x"), 1, 5)
    assert decision.action == RetryAction.RETRY
    assert FIRST_DELAY * 0.5 <= decision.retry_delay <= FIRST_DELAY * 1.5


@pytest.mark.parametrize("try_number", [1, 2, 3, 5, 6, 50, 5000])
def test_delays_double_up_to_an_hour(try_number: int) -> None:
    """The random factor is between 0.5 and 1.5, after any number of tries."""
    decision = RetryTransient().evaluate(AmplitudeUnavailable("x"), try_number, 9999)
    usual = min(FIRST_DELAY * 2 ** min(try_number - 1, 20), LONGEST_DELAY)
    assert usual * 0.5 <= decision.retry_delay <= usual * 1.5


def test_a_retry_is_never_earlier_than_the_error_allows() -> None:
    """`retry_after` is a minimum; the backoff can be longer."""
    policy = RetryTransient()
    later = AmplitudeUnavailable("x", retry_after=timedelta(hours=3))
    assert policy.evaluate(later, 1, 5).retry_delay >= timedelta(hours=3)
    short = AmplitudeUnavailable("x", retry_after=timedelta(seconds=1))
    assert policy.evaluate(short, 1, 5).retry_delay >= FIRST_DELAY * 0.5


def test_tasks_that_failed_together_are_retried_apart() -> None:
    """Each mapped task of the same try has its own delay."""
    policy = RetryTransient()
    delays = {policy.evaluate(AmplitudeUnavailable("x"), 1, 5).retry_delay for _ in range(20)}
    assert len(delays) > 10


def test_the_policy_survives_the_serialisation_of_the_dag() -> None:
    """The scheduler's copy has the same type as the DAG file's."""
    assert type(RetryTransient.deserialize(RetryTransient().serialize())) is RetryTransient
