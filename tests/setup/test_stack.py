"""The stack is created and updated by change sets, and what would lose data is refused."""

from __future__ import annotations

from typing import Any

import pytest
from amplitude_export.errors import StackRefused
from amplitude_export.setup.stack import STACK, deploy

from local.aws import Account, client
from tests.setup.accounts import BUCKET

GIVEN = {"BucketName": BUCKET}


@pytest.fixture
def cloudformation(aws: Account) -> Any:
    """CloudFormation, for somebody who may do everything."""
    return client("cloudformation", aws.endpoint, aws.administrator)


def parameters(cloudformation: Any) -> dict[str, str]:
    stack = cloudformation.describe_stacks(StackName=STACK)["Stacks"][0]
    return {each["ParameterKey"]: each["ParameterValue"] for each in stack["Parameters"]}


def test_what_is_not_given_stays_as_it_is(cloudformation: Any) -> None:
    """Created with its defaults, then one parameter is changed, then nothing."""
    created = deploy(lambda: cloudformation, GIVEN)
    assert "Add AWS::S3::Bucket Bucket" in created.changed
    assert created.outputs["BucketName"] == BUCKET
    assert created.outputs["SnowflakeRoleArn"].endswith(":role/snowflake-amplitude-python")
    assert deploy(lambda: cloudformation, {"RetentionDays": "30"}).changed == [
        "Modify AWS::S3::Bucket Bucket"
    ]
    assert deploy(lambda: cloudformation, GIVEN).changed == []
    assert parameters(cloudformation)["RetentionDays"] == "30"


def test_another_bucket_is_refused_and_nothing_changes(cloudformation: Any) -> None:
    """It would leave the landed events behind; the change set is removed."""
    deploy(lambda: cloudformation, GIVEN)
    with pytest.raises(StackRefused, match=r"leave data behind: Modify AWS::S3::Bucket .*replaced"):
        deploy(lambda: cloudformation, {"BucketName": "another-bucket"})
    assert parameters(cloudformation)["BucketName"] == BUCKET
    left = cloudformation.list_change_sets(StackName=STACK)["Summaries"]
    assert {each["ExecutionStatus"] for each in left} == {"EXECUTE_COMPLETE"}


def test_without_the_right_to_deploy_it_says_how_to_have_it_done(aws: Account) -> None:
    """The workers' identity may not; the advice is the dry run."""
    worker = client("cloudformation", aws.endpoint, aws.worker)
    with pytest.raises(StackRefused, match="AccessDenied.*dry_run"):
        deploy(lambda: worker, GIVEN)
