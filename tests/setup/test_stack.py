"""The stack is created and updated by change sets; changes that would lose data are refused."""

from __future__ import annotations

from typing import Any

import pytest
from amplitude_export.deployment import Deployment
from amplitude_export.errors import StackRefused
from amplitude_export.setup.stack import deploy

from local.aws import Account, client
from tests.setup.accounts import BUCKET

STACK = Deployment().stack
GIVEN = {"BucketName": BUCKET}


@pytest.fixture
def cloudformation(aws: Account) -> Any:
    """A client of CloudFormation with every permission."""
    return client("cloudformation", aws.endpoint, aws.administrator)


def parameters(cloudformation: Any) -> dict[str, str]:
    stack = cloudformation.describe_stacks(StackName=STACK)["Stacks"][0]
    return {each["ParameterKey"]: each["ParameterValue"] for each in stack["Parameters"]}


def test_parameters_that_are_not_given_keep_their_values(cloudformation: Any) -> None:
    """The stack is created with its defaults, then one parameter changes, then none."""
    created = deploy(lambda: cloudformation, STACK, GIVEN)
    assert "Add AWS::S3::Bucket Bucket" in created.changed
    assert created.outputs["BucketName"] == BUCKET
    assert created.outputs["SnowflakeRoleArn"].endswith(":role/snowflake-amplitude-python")
    assert deploy(lambda: cloudformation, STACK, {"RetentionDays": "120"}).changed == [
        "Modify AWS::S3::Bucket Bucket"
    ]
    assert deploy(lambda: cloudformation, STACK, GIVEN).changed == []
    assert parameters(cloudformation)["RetentionDays"] == "120"


def test_another_bucket_is_refused_and_nothing_changes(cloudformation: Any) -> None:
    """It would leave the landed events behind; the change set is deleted."""
    deploy(lambda: cloudformation, STACK, GIVEN)
    with pytest.raises(StackRefused, match=r"leave data behind: Modify AWS::S3::Bucket .*replaced"):
        deploy(lambda: cloudformation, STACK, {"BucketName": "another-bucket"})
    assert parameters(cloudformation)["BucketName"] == BUCKET
    remaining = cloudformation.list_change_sets(StackName=STACK)["Summaries"]
    assert {each["ExecutionStatus"] for each in remaining} == {"EXECUTE_COMPLETE"}


def test_without_permission_to_deploy_the_advice_is_a_dry_run(aws: Account) -> None:
    """The workers' identity has no such permission."""
    worker = client("cloudformation", aws.endpoint, aws.worker)
    with pytest.raises(StackRefused, match="AccessDenied.*dry_run"):
        deploy(lambda: worker, STACK, GIVEN)
