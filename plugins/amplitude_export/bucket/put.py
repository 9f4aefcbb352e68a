"""Put one file into the bucket, verified by S3 itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from boto3.exceptions import S3UploadFailedError
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from isal import isal_zlib

from amplitude_export.manifest import crc32_text
from amplitude_export.volume import open_file, volume_errors

# A request spends most of its time waiting for the network: at 50 ms a request, eight threads are
# seven times as fast as one. One thread sends one file.
THREADS = 8
CLIENT_CONFIG = Config(
    max_pool_connections=THREADS,
    retries={"mode": "adaptive", "max_attempts": 5},
    connect_timeout=15,
    read_timeout=120,
    # The CRC-32 is a signed header, which S3 compares with the body. With payload signing, botocore
    # also hashes each body with SHA-256, even over https: half of an upload's CPU time.
    s3={"payload_signing_enabled": False},
)
_TRANSFER = TransferConfig(
    multipart_threshold=64 * 2**20, multipart_chunksize=64 * 2**20, use_threads=False
)
# The errors that boto3 raises for a failed put; `errors.upload_error` explains them.
PUT_ERRORS = (S3UploadFailedError, ClientError, BotoCoreError)


def put_file(client: Any, bucket: str, path: Path, key: str, crc32: str) -> None:
    """Send one file, which S3 accepts only if its CRC-32 (base64) matches.

    Raises PUT_ERRORS, and as `volume.open_file` does.
    """
    with open_file(path) as file:
        # boto3 opens files itself, and would follow links to them. Of an open file it would hold
        # each part of a large one in memory.
        opened = f"/dev/fd/{file.fileno()}"
        client.upload_file(
            opened, bucket, key, ExtraArgs={"ChecksumCRC32": crc32}, Config=_TRANSFER
        )


def crc32_of(path: Path) -> str:
    """Return the file's CRC-32 in S3's form, base64."""
    with volume_errors(path), open_file(path) as content:
        crc = 0
        while piece := content.read(1 << 20):
            crc = isal_zlib.crc32(piece, crc)
    return crc32_text(crc)
