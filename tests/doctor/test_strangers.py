"""A bucket that a policy opens to everyone, and S3's responses to requests without credentials."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NoReturn

import pytest
from amplitude_export.doctor import run
from amplitude_export.doctor.check import State
from botocore.exceptions import ClientError

from tests.doctor.deployment import BUCKET, Deployment, failed

# S3's message for a request without a signature that a policy allows.
KMS = (
    "Requests specifying Server Side Encryption with AWS KMS managed keys require AWS Signature "
    "Version 4."
)


class Anonymous:
    """A client without credentials: a get raises one error, and a list is denied."""

    def __init__(self, code: str, message: str) -> None:
        self._response = {"Error": {"Code": code, "Message": message}}

    def get_object(self, **_: Any) -> NoReturn:
        raise ClientError(self._response, "GetObject")  # type: ignore[arg-type]

    def list_objects_v2(self, **_: Any) -> NoReturn:
        raise ClientError({"Error": {"Code": "AccessDenied"}}, "ListObjectsV2")


def examine(monkeypatch: pytest.MonkeyPatch, code: str, message: str) -> Any:
    clients = run._clients
    anonymous = Anonymous(code, message)
    monkeypatch.setattr(run, "_clients", lambda: replace(clients(), anonymous=anonymous))
    return {check.name: check for check in run.examine_bucket(BUCKET, "")}


def test_an_encrypted_object_that_a_policy_opens_to_everyone_is_public(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The policy allows the read, and only the KMS key denies it."""
    checks = examine(monkeypatch, "InvalidArgument", KMS)
    assert failed(checks) == ["bucket.public"]
    assert checks["bucket.public"].found.startswith("everyone can read objects")
    assert checks["bucket.public"].do.startswith("block public access of the bucket")


def test_another_error_without_credentials_proves_nothing(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The finding is AWS's own message."""
    checks = examine(monkeypatch, "InvalidArgument", "Something else.")
    assert checks["bucket.public"].state is State.FAILED
    assert checks["bucket.public"].found == "AWS returned InvalidArgument for GetObject: " + (
        "Something else."
    )
