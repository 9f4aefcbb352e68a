"""What AWS's refusals mean to the doctor, beyond those of a put, which `s3_errors` knows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, NoRegionError

from amplitude_export.doctor.runner import Fault

_KEYS = "check login and password (the access key) of the connection {connection}."
_ASSUME = (
    "check role_arn in the extra of the connection {connection}: the role has to trust the "
    "connection's own identity, or the workers' (WorkerArn of include/aws/stack.yaml)."
)
_CLOCK = "set this machine's clock (NTP): signatures carry the time."
_ADVICE = {
    "InvalidClientTokenId": _KEYS,
    "InvalidAccessKeyId": _KEYS,
    "SignatureDoesNotMatch": _KEYS,
    "UnrecognizedClientException": _KEYS,
    "AuthFailure": _KEYS,
    "ExpiredToken": "renew the session token of the connection {connection}.",
    "RequestTimeTooSkewed": _CLOCK,
    "NoSuchBucket": "create the bucket (DAG amplitude_setup), or correct the Variable "
    "amplitude_bucket.",
}
_RIGHTS = "give the identity of the connection {connection} the right that the message names."
_NO_KEYS = "add the connection {connection}, or run the workers with a role of their own."
_REGION = "set region_name in the extra of the connection {connection}."
_REACH = (
    "check that this machine reaches AWS: network, proxy, and endpoint_url in the extra of the "
    "connection {connection}."
)
_DENIED = {"AccessDenied", "AccessDeniedException", "403", "Forbidden", "UnauthorizedOperation"}


@contextmanager
def aws_errors(connection: str = "aws_default") -> Iterator[None]:
    """Turns botocore's errors into Faults that name the connection to look at."""
    try:
        yield
    except ClientError as error:
        raise Fault(_said(error), _advice(error).format(connection=connection)) from error
    except NoCredentialsError as error:
        raise Fault(
            "There are no AWS credentials", _NO_KEYS.format(connection=connection)
        ) from error
    except NoRegionError as error:
        raise Fault("No AWS region is set", _REGION.format(connection=connection)) from error
    except BotoCoreError as error:
        raise Fault(f"AWS was not asked: {error}", _REACH.format(connection=connection)) from error


def is_denied(error: ClientError) -> bool:
    """Whether the identity may not do it; a HEAD's answer has the status only."""
    return code_of(error) in _DENIED


def is_refused(call: Callable[[], Any]) -> bool:
    """Whether AWS says no to the call; raises ClientError for any other trouble."""
    try:
        call()
    except ClientError as error:
        if is_denied(error):
            return True
        raise
    return False


def code_of(error: ClientError) -> str:
    """AWS's name of the error."""
    return str(error.response.get("Error", {}).get("Code", ""))


def _said(error: ClientError) -> str:
    message = error.response.get("Error", {}).get("Message", "")
    return f"AWS answered {code_of(error)} to {error.operation_name}: {message}"


def _advice(error: ClientError) -> str:
    if "Signature expired" in str(error) or "not yet current" in str(error):
        return _CLOCK
    if is_denied(error):
        return _ASSUME if error.operation_name.startswith("AssumeRole") else _RIGHTS
    return _ADVICE.get(code_of(error), "the message says what AWS did not like.")
