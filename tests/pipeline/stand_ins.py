"""Airflow connections to the stand-ins, and a reader of the warehouse."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

import snowflake.connector
from amplitude_export.setup.objects import ADMIN, OBJECTS, create
from amplitude_export.warehouse.names import Names
from amplitude_export.warehouse.session import Session
from amplitude_export.workspace import PREFIX

from local.export_api.projects import DEFAULT, Project
from local.warehouse import Warehouse

BUCKET = "amplitude-events"
AWS = {"AWS_ACCESS_KEY_ID": "made-up-id", "AWS_SECRET_ACCESS_KEY": "made-up-key"}
NAMES = Names("AMPLITUDE_AIRFLOW", "AMPLITUDE_LOADER", "AMPLITUDE", "AMPLITUDE", "RAW")
# What both ledgers know of an hour that has a file.
_HOURS = """
select project, project_id, export_hour, run_id, files, events, bytes, coalesce(quarantined, 0)
from amplitude_loads where export_day = %s and state <> 'empty'
"""
_FILES = """
select
    project, project_id, export_hour, run_id, sum(iff(kind = 'loaded', 1, 0)),
    sum(iff(kind = 'loaded', events, 0)), sum(iff(kind = 'loaded', bytes, 0)),
    sum(iff(kind = 'loaded', 0, events))
from amplitude_files where export_day = %s group by 1, 2, 3, 4
"""
TRUST = {
    "role_arn": "arn:aws:iam::123456789012:role/snowflake-amplitude-python",
    "external_id": "made-up-external-id",
}


def connection(port: int) -> dict[str, Any]:
    """Return a Snowflake connection to a stand-in on this host."""
    return {
        "conn_type": "snowflake",
        "login": "loader",
        "password": "made-up",
        "schema": "RAW",
        "extra": {
            "account": "local",
            "database": "AMPLITUDE",
            "host": "127.0.0.1",
            "port": port,
            "protocol": "http",
            "network_timeout": 20,
            "login_timeout": 5,
        },
    }


def amplitude(host: str, project: Project = DEFAULT) -> dict[str, str]:
    """Return an Amplitude connection to a stand-in on this host, with the project's keys."""
    keys = {"login": project.api_key, "password": project.secret_key}
    return {"conn_type": "http", "host": host, **keys}


def set_up(warehouse: Warehouse, bucket: str, names: Names = NAMES) -> None:
    """Create the project's objects from the files of the set-up, without Airflow."""
    values = {**names.values, **TRUST, "stage_url": f"s3://{bucket}/{PREFIX}"}
    with Session.opened(lambda: snowflake.connector.connect(**warehouse.connection())) as session:
        for side in (ADMIN, OBJECTS):
            create(session, side, values)


@dataclass
class Table:
    """A reader of the warehouse."""

    cursor: Any

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """Return the query's rows."""
        self.cursor.execute(query, values)
        return list(self.cursor.fetchall())

    def uuids(
        self, day: date, project: str | None = None, table: str = "amplitude_raw"
    ) -> dict[int, list[str]]:
        """Return the sorted uuids of the day's events by hour, with repeats.

        Without a `project`, those of all projects.
        """
        found: dict[int, list[str]] = {}
        query = f"select export_hour, json_data:uuid::string from {table}"
        for hour, uuid in self._of_day(query, day, project):
            assert hour == datetime.combine(day, time(hour.hour)), f"{hour} is stored under {day}"
            found.setdefault(hour.hour, []).append(uuid)
        return {hour: sorted(uuids) for hour, uuids in sorted(found.items())}

    def fresh(self, day: date, project: str | None = None) -> dict[int, list[str]]:
        """Return `uuids` as readers of AMPLITUDE_RAW_FRESH see them."""
        return self.uuids(day, project, "amplitude_raw_fresh")

    def ledger(self, day: date, project: str | None = None) -> dict[int, tuple[str, int, int]]:
        """Return state, files and events of each hour of the day; of one project if it is named.

        It has each hour once, or is empty: in a dict, doubled rows would not show. The sums of
        AMPLITUDE_FILES are the same.
        """
        self.require_same_sums(day)
        query = "select export_hour, state, files, events from amplitude_loads"
        rows = self._of_day(query, day, project)
        hours = sorted(hour for hour, *_ in rows)
        whole = [datetime.combine(day, time(hour)) for hour in range(24)]
        assert hours in ([], whole), f"the ledger's hours of {day} are {hours}"
        return {hour.hour: (state, files, events) for hour, state, files, events in rows}

    def require_same_sums(self, day: date) -> None:
        """Assert that AMPLITUDE_FILES and AMPLITUDE_LOADS agree on the day, in all projects."""
        hours, files = (sorted(self.rows(query, f"{day}")) for query in (_HOURS, _FILES))
        assert files == hours

    def _of_day(self, query: str, day: date, project: str | None) -> list[tuple[Any, ...]]:
        query += " where export_day = %s"
        if project is None:
            return self.rows(query, f"{day}")
        return self.rows(f"{query} and project = %s", f"{day}", project)
