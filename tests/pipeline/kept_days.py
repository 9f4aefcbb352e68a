"""A loaded day, kept so that each test gets it again without loading it again."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import snowflake.connector

from local.export_api import ExportApi
from local.warehouse import Warehouse
from tests.days import Day
from tests.pipeline.stand_ins import BUCKET, amplitude

EVENTS_A_DAY = 600
TABLES = ("amplitude_raw", "amplitude_loads", "amplitude_files")


@dataclass(frozen=True)
class KeptDay:
    """A run that has loaded its day, and what the day has in tables, bucket and volume."""

    run: Day
    tables: Warehouse
    s3: Any
    objects: dict[str, bytes]

    @classmethod
    @contextmanager
    def loaded(cls, run: Day, tables: Warehouse, s3: Any) -> Iterator[KeptDay]:
        """Load the run's day from a stand-in, and keep it; leaving the block forgets it."""
        with ExportApi(events_per_day=EVENTS_A_DAY) as api, pytest.MonkeyPatch.context() as patch:
            patch.setenv("AIRFLOW_CONN_AMPLITUDE_DEFAULT", json.dumps(amplitude(api.url)))
            run.whole()
        kept = cls(run, tables, s3, {})
        kept.objects.update((key, kept._body(key)) for key in kept._listed())
        kept._execute("create table kept_{0} as select * from {0} where export_day = '{1}'")
        yield kept
        kept._execute("drop table kept_{0}")

    def restore(self, volume: Path) -> Day:
        """Return the run as it was when the day was loaded, on this volume."""
        shutil.copytree(self.run.volume, volume, dirs_exist_ok=True)
        self._execute(
            "delete from {0} where export_day = '{1}'",
            "insert into {0} select * from kept_{0}",
        )
        for key, tag in self._listed().items():
            if tag != _tag(self.objects.get(key)):
                self.s3.delete_object(Bucket=BUCKET, Key=key)
        for key in self.objects.keys() - self._listed().keys():
            self.s3.put_object(Bucket=BUCKET, Key=key, Body=self.objects[key])
        return replace(self.run, volume=volume)

    def _execute(self, *statements: str) -> None:
        with closing(snowflake.connector.connect(**self.tables.connection())) as session:
            for table in TABLES:
                for statement in statements:
                    session.cursor().execute(statement.format(table, self.run.day))

    def _listed(self) -> dict[str, str]:
        """Return the day's keys, with the MD5 of each object."""
        listed = self.s3.list_objects_v2(Bucket=BUCKET, Prefix="python-import/")
        found = {each["Key"]: each["ETag"].strip('"') for each in listed.get("Contents", [])}
        return {key: tag for key, tag in found.items() if f"{self.run.day}" in key}

    def _body(self, key: str) -> bytes:
        body: bytes = self.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
        return body


def _tag(body: bytes | None) -> str | None:
    return None if body is None else hashlib.md5(body, usedforsecurity=False).hexdigest()
