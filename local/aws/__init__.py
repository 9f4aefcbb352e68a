"""The stand-in for AWS: moto's server with what CloudFormation, IAM and KMS lack there added.

What is like AWS and what is not stands in README.md.
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
