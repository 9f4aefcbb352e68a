"""AWS's error codes: one table for the uploads, the doctor and the set-up."""

from __future__ import annotations

from itertools import combinations

import pytest
from amplitude_export.bucket.codes import DENIED, LOGIN, TRANSIENT, WRONG_REGION, advice
from amplitude_export.bucket.errors import upload_error
from amplitude_export.doctor.aws import aws_errors
from amplitude_export.doctor.runner import Fault
from botocore.exceptions import ClientError


def error_with(code: str, **details: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "", **details}}, "PutObject")


@pytest.mark.parametrize("pair", [*combinations([DENIED, LOGIN, TRANSIENT, WRONG_REGION], 2)])
def test_a_code_belongs_to_one_group_only(pair: tuple[frozenset[str], frozenset[str]]) -> None:
    """No code is both transient and for a person to fix."""
    assert pair[0].isdisjoint(pair[1])


@pytest.mark.parametrize("code", [*sorted(LOGIN | WRONG_REGION), "NoSuchBucket", "Unknown"])
def test_tasks_and_doctor_give_the_same_advice(code: str) -> None:
    """Both take it from the table."""
    with pytest.raises(Fault) as fault, aws_errors():
        raise error_with(code)
    assert fault.value.do == upload_error(error_with(code), "bucket", "key").do


def test_advice_names_the_connection_and_the_region_that_s3_names() -> None:
    """S3 puts the right region into the error."""
    assert advice(error_with("PermanentRedirect", Region="eu-west-1"), "aws_admin") == (
        "set region_name in the extra of aws_admin to the bucket's region, which is eu-west-1."
    )
