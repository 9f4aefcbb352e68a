"""S3 over the provider's hook, with a client for many small puts in parallel."""

from __future__ import annotations

from typing import Any

from airflow.providers.amazon.aws.hooks.s3 import S3Hook

from amplitude_export.bucket.put import CLIENT_CONFIG


class BucketHook(S3Hook):
    """S3Hook with one client for all threads of an upload; the connection's `config_kwargs` win."""

    def upload_client(self) -> Any:
        """Return boto3's S3 client."""
        own = self.conn_config.botocore_config
        return self.get_client_type(config=CLIENT_CONFIG.merge(own) if own else CLIENT_CONFIG)
