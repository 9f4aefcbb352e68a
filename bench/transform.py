"""`python -m bench.transform`: the transform's cost after one more day, and from scratch.

The warehouse stand-in holds a month of generated events, then one more day. The seconds are those
of dbt's commands as the DAG's tasks run them, without the time that dbt needs to start. It needs
PYTHONPATH=plugins, as `make bench` sets it.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
import time
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import boto3
from moto.server import ThreadedMotoServer

from local.export_api.generator import generate_day
from tests.pipeline.stand_ins import AWS, BUCKET
from tests.transform.warehouse import Chain, key_of, started

FIRST_DAY = date(2026, 9, 7)
DAYS = 30
# Weekends have fewer: about a million events in 31 days.
EVENTS = 38_000
# One more day costs less than this share of a full refresh.
MAX_SHARE = 0.25


def main() -> int:
    """Run the bench, print the figures, and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m bench.transform", description=__doc__)
    parser.add_argument("--events", type=int, default=EVENTS, help="of a weekday")
    events = parser.parse_args().events
    os.environ.update(AWS, SNOWFLAKE_DISABLE_PLATFORM_DETECTION="true")
    # A line for each request would drown the report.
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    s3 = boto3.client("s3", endpoint_url=f"http://{host}:{port}", region_name="us-east-1")
    s3.create_bucket(Bucket=BUCKET)
    with (
        TemporaryDirectory(prefix="bench-") as folder,
        started(Path(folder), s3.meta.endpoint_url, BUCKET) as chain,
    ):
        met = _measure(chain, s3, events)
    server.stop()
    return int(not met)


def _measure(chain: Chain, s3: Any, events_a_day: int) -> bool:
    *month, one_more = (FIRST_DAY + timedelta(days=number) for number in range(DAYS + 1))
    for day in month:
        _load(chain, s3, day, events_a_day)
    _timed("first run", chain)
    _load(chain, s3, one_more, events_a_day)
    again = _timed("one more day", chain)
    full = _timed("full refresh", chain, "--full-refresh")
    share = again / full
    met = share < MAX_SHARE
    verdict = "met" if met else "NOT MET"
    print(f"one more day / full refresh: {share:.2f}, wanted < {MAX_SHARE}: {verdict}")
    return met


def _load(chain: Chain, s3: Any, day: date, events: int) -> None:
    """Load the day's rows with the same COPY as the daily load."""
    keys = []
    for member in generate_day(day, events):
        keys.append(f"{key_of(member.name)}.gz")
        s3.put_object(Bucket=BUCKET, Key=keys[-1], Body=member.data)
    chain.copy(day, [key.partition("/")[2] for key in keys])


def _timed(what: str, chain: Chain, *options: str) -> float:
    began = time.monotonic()
    chain.run(*options)
    took = time.monotonic() - began
    (raw,) = chain.rows("select count(*) as n from raw.amplitude_raw")
    (devices,) = chain.rows("select count(*) as n from silver.devices")
    print(f"{what:14}{raw['n']:>12,} rows {devices['n']:>9,} devices {took:8.1f} s", flush=True)
    return took


if __name__ == "__main__":
    sys.exit(main())
