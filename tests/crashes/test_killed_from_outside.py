"""Kills at moments outside the task's own actions: received bytes, or work elsewhere."""

from __future__ import annotations

import signal
import time
from pathlib import Path

from amplitude_export.bucket import put
from boto3.s3.transfer import TransferConfig

from tests.crashes.deployment import Deployment
from tests.crashes.kills import Kill
from tests.crashes.processes import PATIENCE, outcome, run, started
from tests.crashes.replaced import CHANGED, DAY, Replaced, succeed

# S3's minimum size of a part.
PART = 5 * 2**20


def test_a_killed_download_starts_again(deployment: Deployment) -> None:
    """The next attempt removes the first bytes and downloads the whole archive."""
    replaced = Replaced.loaded_before(deployment)
    deployment.api.faults.add("stall", after=50_000)
    with started(replaced.day, "export") as (process, receiver):
        part = first_bytes(deployment.volume)
        process.kill()
        assert outcome(process, receiver).code == -signal.SIGKILL
    assert part.stat().st_size <= 50_000
    assert replaced.rows == replaced.old
    succeed(replaced.day, "export")
    assert not part.exists()
    replaced.resume_from("decompress")


def first_bytes(volume: Path) -> Path:
    """Wait until a file that is being written has some bytes."""
    give_up = time.monotonic() + PATIENCE
    while time.monotonic() < give_up:
        for part in volume.rglob("*.part"):
            if part.stat().st_size:
                return part
        time.sleep(0.01)
    raise TimeoutError("no byte arrived")


def send_in_parts() -> None:
    """Upload files in parts from 5 MB, instead of 64 MB."""
    put._TRANSFER = TransferConfig(
        multipart_threshold=PART, multipart_chunksize=PART, use_threads=False
    )


def test_parts_of_a_killed_upload_are_not_an_object(deployment: Deployment) -> None:
    """Killed before the second of three parts; the lifecycle rule removes the first."""
    replaced = Replaced.loaded_before(deployment)
    events = replaced.new[CHANGED]
    deployment.contents.set(DAY, CHANGED, 0, events, 3 * PART // len(events) - PART // 10)
    succeed(replaced.day, "export", "decompress")
    kill = Kill("^send PUT .*partNumber=2")
    assert run(replaced.day, "upload", kill=kill, prepare=send_in_parts).code == -signal.SIGKILL
    (orphan,) = deployment.s3.list_multipart_uploads(Bucket=deployment.bucket)["Uploads"]
    assert orphan["Key"].endswith(f"_{CHANGED:02}_0.json")
    assert run(replaced.day, "upload", prepare=send_in_parts).code == 0
    replaced.resume_from("load")


def test_a_statement_of_a_killed_client_delays_the_next_load_briefly(
    deployment: Deployment,
) -> None:
    """The copy continues without its client and is rolled back; the next load waits for that."""
    replaced = Replaced.loaded_before(deployment)
    succeed(replaced.day, "export", "decompress", "upload")
    deployment.warehouse.fail("slow", statement="^copy into", seconds=1)
    kill = Kill("^sent copy into")
    assert run(replaced.day, "load", kill=kill).code == -signal.SIGKILL
    assert replaced.rows == replaced.old
    replaced.resume_from("load")
    assert deployment.warehouse.failed == 1
