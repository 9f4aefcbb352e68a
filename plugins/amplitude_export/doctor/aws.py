"""Turn botocore's errors into faults of the doctor, with the connection to look at."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

from amplitude_export.bucket.codes import (
    SET_CLOCK,
    advice,
    code_of,
    is_about_clock,
    is_denied,
    message_of,
)
from amplitude_export.bucket.connection import setting_error
from amplitude_export.bucket.denials import Denial
from amplitude_export.bucket.proxies import LOG_IN, refusal
from amplitude_export.doctor.runner import Fault
from amplitude_export.settings import AWS

_RIGHTS = "give the identity of the connection {connection} the right that the message names."
_NO_KEYS = "add the connection {connection}, or run the workers with a role of their own."
_REACH = (
    "check that this machine reaches AWS: network, proxy, and endpoint_url in the extra of the "
    "connection {connection}."
)


@contextmanager
def aws_errors(connection: str = AWS) -> Iterator[None]:
    """Raise Fault for botocore's errors; its advice names the connection.

    Raises BadSetting, as the tasks do, if the connection itself cannot work.
    """
    try:
        with _proxy_errors(connection):
            yield
    except ClientError as error:
        if fault := setting_error(error, connection):
            raise fault from error
        what = f"AWS returned {code_of(error)} for {error.operation_name}: {message_of(error)}"
        raise Fault(what, _advice(error, connection)) from error
    except NoCredentialsError as error:
        raise Fault(
            "There are no AWS credentials", _NO_KEYS.format(connection=connection)
        ) from error
    except BotoCoreError as error:
        if fault := setting_error(error, connection):
            raise fault from error
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
    if is_about_clock(error):
        return SET_CLOCK
    if is_denied(error):
        by_cause = Denial.of(message_of(error)).advice(connection)
        return by_cause or _RIGHTS.format(connection=connection)
    return advice(error, connection)
