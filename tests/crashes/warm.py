"""Imports and one S3 client of the forkserver, so that its children start fast.

A client for S3 costs a task process half a second: it reads two megabytes of JSON about AWS, and
Airflow's hook searches all modules for its caller.
"""

from __future__ import annotations

import os
from functools import cache
from unittest.mock import patch

import amplitude_export.clean_up.clean_up  # noqa: F401
import amplitude_export.decompress.decompress  # noqa: F401
import amplitude_export.load.load  # noqa: F401
import amplitude_export.second_look.compare  # noqa: F401
import amplitude_export.upload.upload  # noqa: F401
import amplitude_export.warehouse.hook  # noqa: F401
import botocore.session
import pytest  # noqa: F401  every child looks at the main module of the tests
from airflow.providers.amazon.aws.hooks.base_aws import AwsGenericHook
from amplitude_export.bucket.hook import BucketHook

import tests.crashes.processes  # noqa: F401

botocore.session.create_loader = cache(botocore.session.create_loader)
AwsGenericHook._get_caller = lambda hook: "Test"
with patch.dict(os.environ, AIRFLOW_CONN_AWS_DEFAULT="aws://?region_name=us-east-1"):
    BucketHook().upload_client()
