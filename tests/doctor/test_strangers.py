"""A bucket that a policy opens to everybody, and what S3 then answers to a stranger."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NoReturn

import pytest
from amplitude_export.doctor import run
from amplitude_export.doctor.check import State
from botocore.exceptions import ClientError

from tests.doctor.deployment import BUCKET, Deployment, failed

# As S3 says it to a request without a signature, once a policy has let it in.
KMS = (
    "Requests specifying Server Side Encryption with AWS KMS managed keys require AWS Signature "
    "Version 4."
)


class Answers:
    """S3 to a stranger: one answer to a get, and no to a list."""

    def __init__(self, code: str, message: str) -> None:
        self._answer = {"Error": {"Code": code, "Message": message}}

    def get_object(self, **_: Any) -> NoReturn:
        raise ClientError(self._answer, "GetObject")  # type: ignore[arg-type]

    def list_objects_v2(self, **_: Any) -> NoReturn:
        raise ClientError({"Error": {"Code": "AccessDenied"}}, "ListObjectsV2")


def look(monkeypatch: pytest.MonkeyPatch, code: str, message: str) -> Any:
    clients = run._clients
    stranger = Answers(code, message)
    monkeypatch.setattr(run, "_clients", lambda: replace(clients(), anonymous=stranger))
    return {check.name: check for check in run.examine_bucket(BUCKET)}


def test_an_encrypted_object_that_everybody_may_get_is_public(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The policy lets the stranger in, and only the key keeps the object closed."""
    checks = look(monkeypatch, "InvalidArgument", KMS)
    assert failed(checks) == ["bucket.public"]
    assert checks["bucket.public"].found.startswith("everybody may read objects")
    assert checks["bucket.public"].do.startswith("block public access of the bucket")


def test_another_trouble_of_a_stranger_proves_nothing(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is said as AWS says it."""
    checks = look(monkeypatch, "InvalidArgument", "Something else.")
    assert checks["bucket.public"].state is State.FAILED
    assert checks["bucket.public"].found == "AWS returned InvalidArgument for GetObject: " + (
        "Something else."
    )
