"""Who calls the stand-in, with which keys, and what they are told when they may not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.aws import AccessKey, Account, client

BUCKET = "amplitude-events-test"
LANDED = "python-import/2026-09-24/1_2026-09-24_00_0.json"


def administrator(account: Account, service: str) -> Any:
    """A client that may do everything."""
    return client(service, account.endpoint, account.administrator)


def assume(account: Account, caller: AccessKey, role_arn: str, **given: str) -> Any:
    """An S3 client of the role that the caller assumes; raises ClientError if it may not."""
    sts = client("sts", account.endpoint, caller)
    answer = sts.assume_role(RoleArn=role_arn, RoleSessionName="test", **given)
    key = AccessKey(answer["Credentials"]["AccessKeyId"], answer["Credentials"]["SecretAccessKey"])
    return client("s3", account.endpoint, key, answer["Credentials"]["SessionToken"])


def refusal(call: Callable[[], object]) -> tuple[str, str]:
    """The error code and the message that AWS answers `call` with."""
    with pytest.raises(ClientError) as raised:
        call()
    error = raised.value.response["Error"]
    return str(error["Code"]), str(error["Message"])


def assert_denied(call: Callable[[], object], action: str) -> None:
    """The call is refused for want of this very action."""
    code, message = refusal(call)
    assert code == "AccessDenied"
    assert f"is not authorized to perform: {action} on resource: " in message
