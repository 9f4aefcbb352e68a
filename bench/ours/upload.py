"""The task `upload`, with a client as the product configures it."""

from __future__ import annotations

import boto3
from amplitude_export.bucket.put import CLIENT_CONFIG
from amplitude_export.upload.upload import upload

from bench.ours.workspace import read_manifest, workspace
from bench.place import BUCKET, Place


def run(place: Place) -> None:
    """Upload the manifest's files."""
    client = boto3.client("s3", endpoint_url=place.s3, config=CLIENT_CONFIG)
    upload(read_manifest(place), workspace(place), client, BUCKET)
