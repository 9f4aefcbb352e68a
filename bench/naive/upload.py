"""Upload one file after the other, with boto3's defaults."""

from __future__ import annotations

import boto3

from bench.place import BUCKET, Place


def run(place: Place) -> None:
    """Upload json/."""
    client = boto3.client("s3", endpoint_url=place.s3)
    for path in (place.folder / "json").iterdir():
        client.upload_file(str(path), BUCKET, f"python-import/{path.name}")
