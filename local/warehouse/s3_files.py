"""The objects behind an external stage, read over the S3 API and never written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from local.warehouse.errors import error

# The stand-in is on this machine: without a fast response there will be none.
PATIENCE = Config(connect_timeout=5, read_timeout=60, retries={"total_max_attempts": 3})
# The default without one in the environment; the stand-in for AWS has no other.
REGION = "us-east-1"


@dataclass(frozen=True)
class S3File:
    """An object: its `s3://` URL, size in bytes, ETag without quotes, and last change (UTC)."""

    url: str
    size: int
    etag: str
    modified: datetime

    @property
    def key(self) -> str:
        """Return the key from the bucket's root, which is Snowflake's METADATA$FILENAME."""
        return _split(self.url)[1]


class S3Files:
    """A reader with the session's credentials, or the `AWS_*` variables' if none are given.

    `credentials` are temporary ones: aws_access_key_id, aws_secret_access_key, aws_session_token.
    """

    def __init__(
        self, endpoint: str, session: boto3.Session | None = None, **credentials: str
    ) -> None:
        session = session or boto3.Session()
        # In the stubs each service's name is a type of its own.
        new_client: Any = session.client
        self._client = new_client(
            "s3",
            endpoint_url=endpoint,
            region_name=session.region_name or REGION,
            config=PATIENCE,
            **credentials,
        )

    def list(self, url: str) -> Iterator[S3File]:
        """Yield every object whose URL starts with the given one, in key order."""
        bucket, prefix = _split(url)
        with _refusals(url):
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=bucket, Prefix=prefix
            )
            for page in pages:
                for item in page.get("Contents", []):
                    yield S3File(
                        f"s3://{bucket}/{item['Key']}",
                        item["Size"],
                        item["ETag"].strip('"'),
                        item["LastModified"],
                    )

    def fetch(self, url: str, path: Path) -> S3File:
        """Stream one object into a local file; raise error 91016 if it does not exist."""
        bucket, key = _split(url)
        with _refusals(url):
            answer = self._client.get_object(Bucket=bucket, Key=key)
            with path.open("wb") as file:
                for chunk in answer["Body"].iter_chunks(1 << 20):
                    file.write(chunk)
        return S3File(
            url, answer["ContentLength"], answer["ETag"].strip('"'), answer["LastModified"]
        )


def _split(url: str) -> tuple[str, str]:
    bucket = urlsplit(url).netloc
    return bucket, url.removeprefix(f"s3://{bucket}").removeprefix("/")


@contextmanager
def _refusals(url: str) -> Iterator[None]:
    try:
        yield
    except ClientError as refused:
        raise _refusal(url, refused) from refused
    except BotoCoreError as failed:
        raise error(91003, "55000", f"Failure using stage area. Cause: [{failed}]") from failed


def _refusal(url: str, refused: ClientError) -> Exception:
    code = refused.response["Error"]["Code"]
    status = refused.response["ResponseMetadata"]["HTTPStatusCode"]
    if code in ("NoSuchKey", "404"):
        return error(
            91016,
            "22000",
            f"Remote file '{url}' was not found. There are several potential causes. The file "
            "might not exist. The required credentials may be missing or invalid.",
        )
    words = "Access Denied" if code == "AccessDenied" else refused.response["Error"]["Message"]
    cause = f"[{words} (Status Code: {status}; Error Code: {code})]"
    return error(91003, "55000", f"Failure using stage area. Cause: {cause} Location: '{url}'")
