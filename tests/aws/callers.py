"""Clients with the keys of each identity, and assertions on refusals."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.aws import AccessKey, Account, client

BUCKET = "amplitude-events-test"
LANDED = "python-import/2026-09-24/1_2026-09-24_00_0.json"


def administrator(account: Account, service: str) -> Any:
    """Return a client with all rights."""
    return client(service, account.endpoint, account.administrator)


def assume(account: Account, caller: AccessKey, role_arn: str, **given: str) -> Any:
    """Assume the role and return its S3 client; raises ClientError if that is denied."""
    sts = client("sts", account.endpoint, caller)
    response = sts.assume_role(RoleArn=role_arn, RoleSessionName="test", **given)
    key = AccessKey(
        response["Credentials"]["AccessKeyId"], response["Credentials"]["SecretAccessKey"]
    )
    return client("s3", account.endpoint, key, response["Credentials"]["SessionToken"])


def refusal(call: Callable[[], object]) -> tuple[str, str]:
    """Return the error code and the message of AWS's response to `call`."""
    with pytest.raises(ClientError) as raised:
        call()
    error = raised.value.response["Error"]
    return str(error["Code"]), str(error["Message"])


def assert_denied(call: Callable[[], object], action: str) -> None:
    """Assert that the call is refused because exactly this action is missing."""
    code, message = refusal(call)
    assert code == "AccessDenied"
    assert f"is not authorized to perform: {action} on resource: " in message
