"""S3 over the provider's hook, with a client made for many small puts at once."""

from __future__ import annotations

from typing import Any

from airflow.providers.amazon.aws.hooks.s3 import S3Hook

from amplitude_export.bucket.put import CLIENT_CONFIG


class BucketHook(S3Hook):
    """One client for all threads of an upload; what the connection's `config_kwargs` say wins."""

    def upload_client(self) -> Any:
        """boto3's S3 client."""
        own = self.conn_config.botocore_config
        return self.get_client_type(config=CLIENT_CONFIG.merge(own) if own else CLIENT_CONFIG)
