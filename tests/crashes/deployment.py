"""All systems that a run uses, and the check that they are consistent."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import snowflake.connector
from amplitude_export.verify.verify import Verdict, verify_day

from local.export_api import PROJECTS
from local.export_api.server import ExportServer
from local.warehouse import Warehouse
from tests.contents import Contents, served
from tests.days import Day
from tests.pipeline.stand_ins import AWS, Table, amplitude, connection

Uuids = dict[int, list[str]]


@dataclass(frozen=True)
class Deployment:
    """Amplitude's projects, the volume, the bucket and the warehouse; `folder` holds the files."""

    projects: Mapping[str, Contents]
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

    @property
    def contents(self) -> Contents:
        """Return the content of the project `default`."""
        return self.projects["default"]

    def run_of(self, day: date, run_id: str, **settings: Any) -> Day:
        """Return a new run of the day; `settings` are fields of Day."""
        xcoms = self.folder / "xcoms" / settings.get("project", "default") / run_id
        xcoms.mkdir(parents=True)
        return Day(xcoms, self.volume, day, run_id, self.bucket, **settings)

    def verdict(self, day: date, project: str = "default") -> Verdict:
        """Return the verdict of the product's checker."""
        return verify_day(self._connect, self.volume, day, project)

    def _connect(self) -> Any:
        return snowflake.connector.connect(**self.warehouse.connection())


@contextmanager
def deployed(
    folder: Path, s3: Any, bucket: str, warehouse: Warehouse, table: Table
) -> Iterator[Deployment]:
    """Yield a deployment with an empty volume, empty projects, and all connections."""
    (folder / "volume").mkdir()
    projects = {project.name: Contents(project) for project in PROJECTS}
    with served(*projects.values()) as api, pytest.MonkeyPatch.context() as environment:
        for name, value in {
            **{f"AMPLITUDE_{each.name.upper()}": amplitude(api.url, each) for each in PROJECTS},
            "AWS_DEFAULT": aws(s3.meta.endpoint_url),
            "SNOWFLAKE_DEFAULT": connection(warehouse.port),
        }.items():
            environment.setenv(f"AIRFLOW_CONN_{name}", json.dumps(value))
        yield Deployment(projects, api, folder, s3, bucket, warehouse, table)


def aws(endpoint: str) -> dict[str, Any]:
    """Return an AWS connection to a stand-in at this address."""
    return {
        "conn_type": "aws",
        "login": AWS["AWS_ACCESS_KEY_ID"],
        "password": AWS["AWS_SECRET_ACCESS_KEY"],
        "extra": {"region_name": "us-east-1", "endpoint_url": endpoint},
    }
