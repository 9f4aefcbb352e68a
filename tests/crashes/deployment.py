"""All systems that a run uses, and the check that they are consistent."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import snowflake.connector
from amplitude_export.verify.verify import Verdict, verify_day

from local.export_api.server import ExportServer
from local.warehouse import Warehouse
from tests.contents import Contents, served
from tests.days import Day
from tests.pipeline.stand_ins import AWS, Table, amplitude, connection

Uuids = dict[int, list[str]]


@dataclass(frozen=True)
class Deployment:
    """Amplitude's project, the volume, the bucket and the warehouse; `folder` holds the files."""

    contents: Contents
    api: ExportServer
    folder: Path
    s3: Any
    bucket: str
    warehouse: Warehouse
    table: Table

    @property
    def volume(self) -> Path:
        """Return the shared volume."""
        return self.folder / "volume"

    def run_of(self, day: date, run_id: str, **settings: Any) -> Day:
        """Return a new run of the day; `settings` are fields of Day."""
        xcoms = self.folder / "xcoms" / run_id
        xcoms.mkdir(parents=True)
        return Day(xcoms, self.volume, day, run_id, self.bucket, **settings)

    def verdict(self, day: date) -> Verdict:
        """Return the verdict of the product's checker."""
        return verify_day(self._connect, self.volume, day)

    def _connect(self) -> Any:
        return snowflake.connector.connect(**self.warehouse.connection())


@contextmanager
def deployed(
    folder: Path, s3: Any, bucket: str, warehouse: Warehouse, table: Table
) -> Iterator[Deployment]:
    """Yield a deployment with an empty volume, an empty project, and all connections."""
    (folder / "volume").mkdir()
    contents = Contents()
    with served(contents) as api, pytest.MonkeyPatch.context() as environment:
        for name, value in {
            "AMPLITUDE": amplitude(api.url),
            "AWS": aws(s3.meta.endpoint_url),
            "SNOWFLAKE": connection(warehouse.port),
        }.items():
            environment.setenv(f"AIRFLOW_CONN_{name}_DEFAULT", json.dumps(value))
        yield Deployment(contents, api, folder, s3, bucket, warehouse, table)


def aws(endpoint: str) -> dict[str, Any]:
    """Return an AWS connection to a stand-in at this address."""
    return {
        "conn_type": "aws",
        "login": AWS["AWS_ACCESS_KEY_ID"],
        "password": AWS["AWS_SECRET_ACCESS_KEY"],
        "extra": {"region_name": "us-east-1", "endpoint_url": endpoint},
    }
