"""The identities of a real account before anything of this project is set up."""

from __future__ import annotations

import json
from typing import Any

from local.aws.account import ACCOUNT_ID, SNOWFLAKE_USER_ARN, AccessKey, Account, client

UPLOADER = "amplitude_python_uploader"
# Before IAM is enforced, any key works.
_ANYBODY = AccessKey("anybody", "anybody")


def create_identities(endpoint: str) -> Account:
    """Create the administrator, the workers' identity and Snowflake's IAM user."""
    iam = client("iam", endpoint, _ANYBODY)
    uploader = f"arn:aws:iam::{ACCOUNT_ID}:role/{UPLOADER}"
    path, name = SNOWFLAKE_USER_ARN.split(":user", 1)[1].rsplit("/", 1)
    return Account(
        endpoint,
        administrator=_create(iam, "administrator", "*", "*"),
        worker=_create(iam, "worker", "sts:AssumeRole", uploader),
        snowflake=_create(iam, name, "sts:AssumeRole", "*", f"{path}/"),
    )


def _create(iam: Any, name: str, action: str, resource: str, path: str = "/") -> AccessKey:
    allowed = {"Effect": "Allow", "Action": action, "Resource": resource}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    iam.create_user(UserName=name, Path=path)
    iam.put_user_policy(UserName=name, PolicyName=name, PolicyDocument=policy)
    return create_access_key(iam, name)


def create_access_key(iam: Any, name: str) -> AccessKey:
    """Create an access key of the user, as its administrator would."""
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return AccessKey(key["AccessKeyId"], key["SecretAccessKey"])
