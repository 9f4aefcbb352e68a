"""The proxy as a process: with an S3 that checks signatures, with a dead one, and at its end."""

from __future__ import annotations

import http.client
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import boto3
import pytest
import requests
from boto3.s3.transfer import TransferConfig
from botocore.exceptions import ClientError

from local.aws import EXTERNAL_ID, Account, client
from local.s3_proxy import S3Proxy
from tests.aws.callers import assume
from tests.buckets import new_bucket

pytestmark = pytest.mark.enable_socket

ROOT = Path(__file__).resolve().parents[2]
MIB = 2**20
LINE = b'{"event_type":"a"}\n'
LARGE = LINE * (20 * MIB // len(LINE))
KEY = "python-import/2026-09-24/1_2026-09-24_00_0.json"
IN_PARTS = TransferConfig(multipart_threshold=5 * MIB, multipart_chunksize=5 * MIB)


@pytest.fixture
def start() -> Iterator[Callable[..., tuple[subprocess.Popen[str], str]]]:
    """Start a module of local/ and read its URL from the ready line."""
    with ExitStack() as stack:

        def start(module: str, *options: str) -> tuple[subprocess.Popen[str], str]:
            command = [sys.executable, "-m", module, "--port", "0", *options]
            process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
            stack.enter_context(process)
            stack.callback(process.terminate)
            assert process.stdout
            return process, process.stdout.readline().removeprefix("ready ").strip()

        yield start


def test_a_process_takes_its_faults_by_http(
    start: Any, s3_endpoint: str, environment: None
) -> None:
    """POST queues a fault, DELETE removes all, GET counts; a large body leaves memory flat."""
    process, url = start("local.s3_proxy", "--s3-endpoint", s3_endpoint)
    fault = {"name": "access_denied", "path_has": KEY, "times": None}
    assert requests.post(f"{url}/-/faults", json=fault, timeout=5).status_code == 204
    assert requests.post(f"{url}/-/faults", json={"name": "flood"}, timeout=5).status_code == 400
    s3 = boto3.client("s3", endpoint_url=url)
    bucket = new_bucket(s3)
    with pytest.raises(ClientError, match="AccessDenied"):
        s3.put_object(Bucket=bucket, Key=KEY, Body=LINE)
    assert requests.delete(f"{url}/-/faults", timeout=5).status_code == 204
    before = _peak_memory(process.pid)
    s3.put_object(Bucket=bucket, Key=KEY, Body=LARGE)
    assert s3.get_object(Bucket=bucket, Key=KEY)["Body"].read() == LARGE
    assert _peak_memory(process.pid) - before < 8 * MIB
    counts = requests.get(f"{url}/-/requests", timeout=5).json()
    assert counts == {"requests": 4, "failed": 1}
    process.terminate()
    assert process.wait(5) in (0, -signal.SIGTERM)


def test_s3_with_iam_enforced_accepts_signatures_for_the_proxy(start: Any, tmp_path: Path) -> None:
    """The signature covers the proxy's Host; a caller without the right is still refused."""
    identities = tmp_path / "identities.json"
    start("local.aws", "--bucket", "amplitude-events-test", "--identities", str(identities))
    account = Account.load(identities)
    with S3Proxy(account.endpoint) as proxy:
        uploader = client("s3", proxy.url, account.uploader)
        put = uploader.put_object(Bucket=account.bucket, Key=KEY, Body=LINE)
        with pytest.raises(ClientError, match="AccessDenied"):
            uploader.get_object(Bucket=account.bucket, Key=KEY)
        uploader.upload_fileobj(BytesIO(LARGE), account.bucket, KEY, Config=IN_PARTS)
        behind = replace(account, endpoint=proxy.url)
        reader = assume(behind, account.snowflake, account.role_arn, ExternalId=EXTERNAL_ID)
        assert reader.get_object(Bucket=account.bucket, Key=KEY)["Body"].read() == LARGE
    assert put["SSEKMSKeyId"] == account.kms_key_arn


def test_a_stall_ends_with_the_proxy(s3_endpoint: str) -> None:
    """The connection is closed without a response, before the fault's seconds are over."""
    with S3Proxy(s3_endpoint) as proxy:
        proxy.fail("stall", seconds=600)
        connection = http.client.HTTPConnection(proxy.url.removeprefix("http://"), timeout=5)
        connection.request("GET", "/bucket")
        deadline = time.monotonic() + 5
        while not proxy.requests:
            assert time.monotonic() < deadline
            time.sleep(0.01)
    with pytest.raises(http.client.RemoteDisconnected):
        connection.getresponse()
    connection.close()


def test_a_connection_that_outlives_the_proxy_is_closed(s3_endpoint: str) -> None:
    """A client that holds it open gets no response on it any more."""
    with S3Proxy(s3_endpoint) as proxy:
        connection = http.client.HTTPConnection(proxy.url.removeprefix("http://"), timeout=5)
        connection.request("GET", "/-/requests")
        assert connection.getresponse().read() == b'{"requests": 0, "failed": 0}'
    connection.request("GET", "/-/requests")
    with pytest.raises(http.client.RemoteDisconnected):
        connection.getresponse()
    connection.close()


def test_a_dead_s3_is_a_broken_connection() -> None:
    """The proxy sends no response of its own."""
    # Nothing listens on port 1.
    with S3Proxy("http://127.0.0.1:1") as proxy:
        with pytest.raises(requests.ConnectionError):
            requests.get(f"{proxy.url}/bucket", timeout=5)
        assert [request.status for request in proxy.requests] == [0]


def _peak_memory(pid: int) -> int:
    """Return the peak memory of the process in bytes (Linux)."""
    (mark,) = re.findall(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    return int(mark) * 1024
