"""When a task is tried again, and how long it waits."""

from __future__ import annotations

from datetime import timedelta

import pytest
from airflow.sdk import RetryAction
from airflow.sdk.exceptions import AirflowNotFoundException, AirflowRuntimeError, ErrorType
from airflow.sdk.execution_time.comms import ErrorResponse
from amplitude_export import errors
from amplitude_export.errors import AmplitudeUnavailable, DoNotRetry, PipelineError, TryAgain
from amplitude_export.tasks.retries import FIRST_DELAY, LONGEST_DELAY, RetryWhatCanPass

CLASSES = [c for c in vars(errors).values() if isinstance(c, type) and issubclass(c, PipelineError)]
HOPELESS = [c for c in CLASSES if issubclass(c, DoNotRetry)]
PASSING = [c for c in CLASSES if issubclass(c, TryAgain)]


@pytest.mark.parametrize("kind", [*HOPELESS, AirflowNotFoundException])
def test_what_a_retry_cannot_mend_fails_at_once(kind: type[Exception]) -> None:
    """On the first try already."""
    decision = RetryWhatCanPass().evaluate(kind("x"), 1, 5)
    assert decision.action == RetryAction.FAIL
    assert kind.__name__ in decision.reason


@pytest.mark.parametrize("missing", [ErrorType.VARIABLE_NOT_FOUND, ErrorType.CONNECTION_NOT_FOUND])
def test_a_setting_that_nobody_made_is_not_waited_for(missing: ErrorType) -> None:
    """A Variable without a default, a connection: both are missing in an hour, too."""
    unset = AirflowRuntimeError(ErrorResponse(error=missing, detail={"key": "amplitude_bucket"}))
    assert RetryWhatCanPass().evaluate(unset, 1, 5).action == RetryAction.FAIL
    broken = AirflowRuntimeError(ErrorResponse(error=ErrorType.API_SERVER_ERROR))
    assert RetryWhatCanPass().evaluate(broken, 1, 5).action == RetryAction.RETRY


@pytest.mark.parametrize("kind", [*PASSING, OSError, RuntimeError])
def test_what_can_pass_is_tried_again(kind: type[Exception]) -> None:
    """What nobody has foreseen as well."""
    decision = RetryWhatCanPass().evaluate(kind("x"), 1, 5)
    assert decision.action == RetryAction.RETRY
    assert FIRST_DELAY * 0.5 <= decision.retry_delay <= FIRST_DELAY * 1.5


@pytest.mark.parametrize("try_number", [1, 2, 3, 5, 6, 50, 5000])
def test_delays_double_up_to_an_hour(try_number: int) -> None:
    """However often it has been tried, within half and one and a half."""
    decision = RetryWhatCanPass().evaluate(AmplitudeUnavailable("x"), try_number, 9999)
    usual = min(FIRST_DELAY * 2 ** min(try_number - 1, 20), LONGEST_DELAY)
    assert usual * 0.5 <= decision.retry_delay <= usual * 1.5


def test_a_retry_never_comes_before_it_makes_sense() -> None:
    """What the error asks for is the least; the backoff may be longer."""
    policy = RetryWhatCanPass()
    asked = AmplitudeUnavailable("x", retry_after=timedelta(hours=3))
    assert policy.evaluate(asked, 1, 5).retry_delay >= timedelta(hours=3)
    short = AmplitudeUnavailable("x", retry_after=timedelta(seconds=1))
    assert policy.evaluate(short, 1, 5).retry_delay >= FIRST_DELAY * 0.5


def test_tasks_that_failed_together_come_back_apart() -> None:
    """Mapped tasks of one try have delays of their own."""
    policy = RetryWhatCanPass()
    delays = {policy.evaluate(AmplitudeUnavailable("x"), 1, 5).retry_delay for _ in range(20)}
    assert len(delays) > 10


def test_the_policy_survives_the_serialisation_of_the_dag() -> None:
    """The scheduler's copy decides like the DAG file's."""
    assert type(RetryWhatCanPass.deserialize(RetryWhatCanPass().serialize())) is RetryWhatCanPass
