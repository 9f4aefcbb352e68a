"""What the forkserver does before its first child, so that no child has to: imports, and a client.

A client for S3 costs a task process half a second: it reads two megabytes of JSON about AWS, and
Airflow's hook looks at each module's source to find out who asks for it.
"""

from __future__ import annotations

import functools
import os
from unittest.mock import patch

import amplitude_export.clean_up  # noqa: F401
import amplitude_export.decompress  # noqa: F401
import amplitude_export.hooks.amplitude  # noqa: F401
import amplitude_export.hooks.warehouse  # noqa: F401
import amplitude_export.load  # noqa: F401
import pytest  # noqa: F401  every child looks at the main module of the tests
from amplitude_export.hooks.bucket import BucketHook
from botocore.loaders import JSONFileLoader

import tests.crashes.processes  # noqa: F401

JSONFileLoader.load_file = staticmethod(functools.cache(JSONFileLoader().load_file))
with patch.dict(os.environ, AIRFLOW_CONN_AWS_DEFAULT="aws://?region_name=us-east-1"):
    BucketHook().upload_client()
