"""Deployment of the project's own template, for a start from an account that is set up."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from local.aws.account import EXTERNAL_ID, SNOWFLAKE_USER_ARN, Account, client
from local.aws.identities import UPLOADER, create_access_key

TEMPLATE = Path(__file__).parents[2] / "include" / "aws" / "stack.yaml"
STACK = "amplitude-to-snowflake"


def deploy(account: Account, bucket: str) -> Account:
    """Deploy the stack with its trust open to `snowflake`; create the uploader's access key."""
    given = {
        "BucketName": bucket,
        "SnowflakeUserArn": SNOWFLAKE_USER_ARN,
        "ExternalId": EXTERNAL_ID,
    }
    stacks = client("cloudformation", account.endpoint, account.administrator)
    stacks.create_stack(
        StackName=STACK,
        TemplateBody=TEMPLATE.read_text(),
        Parameters=[{"ParameterKey": k, "ParameterValue": v} for k, v in given.items()],
        Capabilities=["CAPABILITY_NAMED_IAM"],
    )
    (stack,) = stacks.describe_stacks(StackName=STACK)["Stacks"]
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
    iam = client("iam", account.endpoint, account.administrator)
    return replace(
        account,
        bucket=outputs["BucketName"],
        kms_key_arn=outputs["KeyArn"],
        uploader=create_access_key(iam, UPLOADER),
        role_arn=outputs["SnowflakeRoleArn"],
    )
