"""A bucket can have any name: paths from LIST and COPY are cut at the stage's own URL."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import snowflake.connector
from amplitude_export.doctor import probe
from amplitude_export.doctor.check import State
from amplitude_export.doctor.run import examine_snowflake
from amplitude_export.errors import CountsDiffer
from amplitude_export.setup.stage import wait_for_stage
from amplitude_export.verify.verify import verify_day

from local.export_api import ExportApi
from tests.days import Day
from tests.pipeline.stand_ins import BUCKET, Table

DAY = date(2026, 8, 11)
# Bucket names that hold words of our keys; Snowflake shows them at the beginning of each path.
BUCKETS = {
    "our prefix at its end": "team-python-import",
    "our prefix alone": "python-import",
    "a day": f"events-{DAY}",
    "quarantine": "quarantine",
}
# A replicated bucket can have the landed files below a prefix of its own.
PLACES = {
    **{words: f"s3://{bucket}/python-import/" for words, bucket in BUCKETS.items()},
    "a prefix that holds ours": "s3://copies/team-python-import/python-import/",
    "our prefix twice": "s3://copies/python-import/python-import/",
}


def point_to(table: Table, url: str) -> None:
    """Let integration and stage point to the URL."""
    table.cursor.execute(
        f"alter storage integration amplitude_s3 set storage_allowed_locations = ('{url}')"
    )
    table.cursor.execute(f"alter stage amplitude_stage set url = '{url}'")


@pytest.fixture
def pointed(table: Table, s3: Any) -> Iterator[Callable[[str], str]]:
    """Return a function that lets the stage point to a URL, and returns its bucket."""

    def point(url: str) -> str:
        bucket = url.split("/")[2]
        s3.create_bucket(Bucket=bucket)
        point_to(table, url)
        return bucket

    yield point
    point_to(table, f"s3://{BUCKET}/python-import/")


def run_of(volume: Path, folder: Path, bucket: str) -> Day:
    xcoms = folder / "xcoms"
    xcoms.mkdir()
    return Day(xcoms, volume, DAY, f"manual__{bucket}", bucket, window_hours=24)


@pytest.mark.parametrize("place", PLACES)
def test_a_day_is_loaded_and_verified_whatever_the_place_is_called(
    pointed: Callable[[str], str],
    table: Table,
    tables: Any,
    s3: Any,
    api: ExportApi,
    volume: Path,
    tmp_path: Path,
    place: str,
) -> None:
    """Load, verify, the set-up's wait and the doctor find the objects."""
    url = PLACES[place]
    bucket = pointed(url)
    run = run_of(volume, tmp_path, bucket)
    for task in ("export", "decompress", "upload"):
        run.do(task)
    if place not in BUCKETS:
        replicate(s3, bucket, url)
    run.do("load")
    run.do("clean_up")
    exported = {hour: sorted(uuids) for hour, uuids in api.expected_uuids(DAY).items() if uuids}
    assert table.uuids(DAY) == exported

    def connect() -> Any:
        return snowflake.connector.connect(**tables.connection())

    verdict = verify_day(connect, volume, DAY)
    assert (verdict.compared, verdict.problems, verdict.notes) == (True, [], [])

    folder = url.split("/", 3)[3]
    s3.put_object(Bucket=bucket, Key=folder + probe.KEY.split("/", 1)[1], Body=probe.BODY)
    checks = {check.name: check for check in examine_snowflake(bucket, [], "")}
    assert checks["snowflake.stage"].state is (State.OK if place in BUCKETS else State.FAILED)
    if place in BUCKETS:
        assert checks["snowflake.list"].state is State.OK, checks["snowflake.list"].line
    keys = [entry["Key"] for entry in s3.list_objects_v2(Bucket=bucket)["Contents"]]
    assert wait_for_stage(connect, 0) == len([key for key in keys if key.startswith(folder)])


def replicate(s3: Any, bucket: str, url: str) -> None:
    """Move the landed objects to the place of the URL."""
    folder = url.split("/", 3)[3]
    for entry in s3.list_objects_v2(Bucket=bucket, Prefix=f"python-import/{DAY}/")["Contents"]:
        key = entry["Key"]
        copy = folder + key.removeprefix("python-import/")
        s3.copy_object(Bucket=bucket, Key=copy, CopySource={"Bucket": bucket, "Key": key})
        s3.delete_object(Bucket=bucket, Key=key)


def test_an_object_of_another_size_is_still_refused(
    pointed: Callable[[str], str],
    table: Table,
    s3: Any,
    api: ExportApi,
    volume: Path,
    tmp_path: Path,
) -> None:
    """The sizes are compared by the whole key, under every name."""
    bucket = pointed(PLACES["our prefix at its end"])
    run = run_of(volume, tmp_path, bucket)
    for task in ("export", "decompress", "upload"):
        run.do(task)
    file = run.result("upload_0")["files"][0]
    body = s3.get_object(Bucket=bucket, Key=file["key"])["Body"].read()
    s3.put_object(Bucket=bucket, Key=file["key"], Body=body.replace(b"{", b"{ ", 1))
    before = table.uuids(DAY)
    with pytest.raises(CountsDiffer, match=f"{len(body) + 1:,} bytes in the bucket"):
        run.do("load")
    assert table.uuids(DAY) == before
