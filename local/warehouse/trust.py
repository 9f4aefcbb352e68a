"""The credentials for S3: an integration's role is assumed over STS, as Snowflake does it.

The process's own identity (its AWS_* environment variables) is Snowflake's IAM user.
"""

from __future__ import annotations

import threading

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from local.warehouse.catalogue import Catalogue, Stage
from local.warehouse.errors import error
from local.warehouse.s3_files import PATIENCE, REGION, S3Files

SESSION_NAME = "snowflake"


class Trust:
    """The source of S3 readers; raises error 3167 if AWS refuses to let the role be assumed.

    A role is assumed again for each statement (about 15 ms): a changed trust holds at once.
    """

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint
        self._session = boto3.Session()
        self._own = S3Files(endpoint, self._session)
        self._sts = self._session.client(
            "sts",
            endpoint_url=endpoint,
            region_name=self._session.region_name or REGION,
            config=PATIENCE,
        )
        # A boto3 session can create clients in one thread at a time only.
        self._guard = threading.Lock()

    def files(self, stage: Stage, catalogue: Catalogue) -> S3Files:
        """Return a reader; a stage without an integration uses the process's own credentials."""
        if not stage.storage_integration:
            return self._own
        # The integration can have changed since the stage was created.
        integration = catalogue.integration(stage.storage_integration)
        integration.check(stage.url)
        return self._assume(integration.storage_aws_role_arn, integration.storage_aws_external_id)

    def _assume(self, role: str, external_id: str) -> S3Files:
        try:
            given = self._sts.assume_role(
                RoleArn=role, RoleSessionName=SESSION_NAME, ExternalId=external_id
            )["Credentials"]
        except ClientError as refused:
            raise _refusal(refused.response["Error"]["Message"]) from refused
        except BotoCoreError as failed:
            raise _refusal(str(failed)) from failed
        with self._guard:
            return S3Files(
                self._endpoint,
                self._session,
                aws_access_key_id=given["AccessKeyId"],
                aws_secret_access_key=given["SecretAccessKey"],
                aws_session_token=given["SessionToken"],
            )


def _refusal(words: str) -> Exception:
    return error(3167, "42601", f"SQL execution error:\nError assuming AWS_ROLE:\n{words}")
