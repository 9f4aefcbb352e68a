"""Turn botocore's errors into faults of the doctor, with the connection to look at."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, NoRegionError

from amplitude_export.bucket.codes import SET_CLOCK, advice, code_of, is_denied, message_of
from amplitude_export.bucket.denials import Denial
from amplitude_export.bucket.proxies import LOG_IN, refusal
from amplitude_export.doctor.runner import Fault
from amplitude_export.settings import AWS

_ASSUME = (
    "check role_arn in the extra of the connection {connection}: the role has to trust the "
    "connection's own identity, or the workers' (WorkerArn of include/aws/stack.yaml)."
)
_RIGHTS = "give the identity of the connection {connection} the right that the message names."
_NO_KEYS = "add the connection {connection}, or run the workers with a role of their own."
_REGION = "set region_name in the extra of the connection {connection}."
_REACH = (
    "check that this machine reaches AWS: network, proxy, and endpoint_url in the extra of the "
    "connection {connection}."
)


@contextmanager
def aws_errors(connection: str = AWS) -> Iterator[None]:
    """Raise Fault for botocore's errors; its advice names the connection."""
    try:
        with _proxy_errors(connection):
            yield
    except ClientError as error:
        what = f"AWS returned {code_of(error)} for {error.operation_name}: {message_of(error)}"
        raise Fault(what, _advice(error, connection)) from error
    except NoCredentialsError as error:
        raise Fault(
            "There are no AWS credentials", _NO_KEYS.format(connection=connection)
        ) from error
    except NoRegionError as error:
        raise Fault("No AWS region is set", _REGION.format(connection=connection)) from error
    except BotoCoreError as error:
        raise Fault(
            f"The request did not reach AWS: {error}", _REACH.format(connection=connection)
        ) from error


@contextmanager
def _proxy_errors(connection: str) -> Iterator[None]:
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        if refused := refusal(error):
            raise Fault(refused, LOG_IN.format(connection=connection)) from error
        raise


def is_refused(call: Callable[[], Any]) -> bool:
    """Return True if AWS denies the call; raises ClientError for any other error."""
    try:
        call()
    except ClientError as error:
        if is_denied(error):
            return True
        raise
    return False


def _advice(error: ClientError, connection: str) -> str:
    # STS has no code of its own for a wrong clock: only the text tells it from a wrong key.
    if "Signature expired" in str(error) or "not yet current" in str(error):
        return SET_CLOCK
    if is_denied(error):
        advised = _ASSUME if error.operation_name.startswith("AssumeRole") else _RIGHTS
        by_cause = Denial.of(message_of(error)).advice(connection)
        return by_cause or advised.format(connection=connection)
    return advice(error, connection)
