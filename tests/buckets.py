"""Buckets of the S3 stand-in, and a transport that counts requests and refuses on demand."""

from __future__ import annotations

import zlib
from base64 import b64encode
from collections.abc import Iterator
from io import BytesIO
from threading import Lock
from typing import Any
from uuid import uuid4

from amplitude_export.manifest import LandedFile
from amplitude_export.workspace import Workspace, object_key
from botocore.awsrequest import AWSResponse

from tests.archives import WHOLE_DAY


def new_bucket(client: Any) -> str:
    """Create an empty bucket that no other test uses."""
    name = f"amplitude-{uuid4().hex}"
    client.create_bucket(Bucket=name)
    return name


def bodies(client: Any, bucket: str) -> dict[str, bytes]:
    """Return every object of the bucket with its content."""
    listed = client.list_objects_v2(Bucket=bucket).get("Contents", [])
    return {e["Key"]: client.get_object(Bucket=bucket, Key=e["Key"])["Body"].read() for e in listed}


def landed(workspace: Workspace, hour: int, content: bytes) -> LandedFile:
    """Write a file as decompress does, and return its entry in the manifest."""
    file = f"123456_2026-09-24_{hour:02}_0.json"
    (workspace.json_folder / file).write_bytes(content)
    crc = b64encode(zlib.crc32(content).to_bytes(4, "big")).decode()
    key = object_key(WHOLE_DAY.day, file)
    return LandedFile(hour, 0, file, key, content.count(b"\n"), len(content), crc)


class Wire:
    """A recorder of uploads by file; `refuse` maps files to S3's status and error code."""

    def __init__(self, client: Any) -> None:
        self.sent: list[str] = []
        self.refuse: dict[str, tuple[int, str]] = {}
        self._lock = Lock()
        client.meta.events.register("before-send.s3.PutObject", self._on_send)

    def _on_send(self, request: Any, **_: Any) -> AWSResponse | None:
        file = request.url.split("?")[0].rsplit("/", 1)[-1]
        with self._lock:
            self.sent.append(file)
        return _refusal(request.url, *self.refuse[file]) if file in self.refuse else None


class _Raw(BytesIO):
    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self.read()


def _refusal(url: str, status: int, code: str) -> AWSResponse:
    body = f"<Error><Code>{code}</Code><Message>Made up: {code}</Message></Error>".encode()
    return AWSResponse(url, status, {}, _Raw(body))
