"""S3 over the provider's hook, with a client for many small puts in parallel."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from airflow.providers.amazon.aws.hooks.base_aws import AwsGenericHook
from airflow.providers.amazon.aws.hooks.s3 import S3Hook
from airflow.sdk.execution_time.supervisor import ensure_secrets_backend_loaded
from botocore.exceptions import BotoCoreError, ClientError

from amplitude_export.bucket.connection import building, require_usable
from amplitude_export.bucket.errors import opening_error
from amplitude_export.bucket.put import CLIENT_CONFIG
from amplitude_export.connection import read_connection


class AwsHook(AwsGenericHook[Any]):
    """AwsGenericHook that raises BadSetting for a connection with which AWS cannot be called.

    A connection that is missing is none: boto3 then finds credentials by itself.
    """

    @classmethod
    def get_connection(cls, conn_id: str) -> Any:
        """Return Airflow's connection. Raises BadSetting if no client can be made of it."""
        given = read_connection(conn_id, super().get_connection, ensure_secrets_backend_loaded)
        require_usable(given)
        return given

    @cached_property
    def conn_config(self) -> Any:
        """The connection as the provider reads it. Raises BadSetting."""
        with building(str(self.aws_conn_id)):
            return super().conn_config

    def get_client_type(self, *args: Any, **kwargs: Any) -> Any:
        """Return boto3's client. Raises BadSetting, and what AWS returns for the credentials."""
        with building(str(self.aws_conn_id)):
            return super().get_client_type(*args, **kwargs)


class BucketHook(AwsHook, S3Hook):
    """S3Hook with one client for all threads of an upload; the connection's `config_kwargs` win."""

    def upload_client(self) -> Any:
        """Return boto3's S3 client. Raises BadSetting, BucketRefused or UploadFailed."""
        own = self.conn_config.botocore_config
        try:
            return self.get_client_type(config=CLIENT_CONFIG.merge(own) if own else CLIENT_CONFIG)
        except (ClientError, BotoCoreError) as error:
            raise opening_error(error) from error
