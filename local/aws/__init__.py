"""The stand-in for AWS: moto's server, with what it lacks of CloudFormation, IAM and KMS.

README.md lists how it differs from AWS.
"""

from __future__ import annotations

from local.aws.account import (
    ACCOUNT_ID,
    EXTERNAL_ID,
    REGION,
    SNOWFLAKE_USER_ARN,
    AccessKey,
    Account,
    client,
)

__all__ = [
    "ACCOUNT_ID",
    "EXTERNAL_ID",
    "REGION",
    "SNOWFLAKE_USER_ARN",
    "AccessKey",
    "Account",
    "client",
]
