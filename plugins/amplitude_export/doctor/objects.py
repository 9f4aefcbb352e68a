"""Check that Snowflake's objects are as the set-up creates them, and the stage is the bucket's."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import Path

from amplitude_export.deployment import Deployment
from amplitude_export.doctor import probe
from amplitude_export.doctor.check import State
from amplitude_export.doctor.integration import landing
from amplitude_export.doctor.runner import CheckRunner, DependsOn, Fault
from amplitude_export.doctor.trust import Trust
from amplitude_export.doctor.warehouse import RoleSession
from amplitude_export.errors import WarehouseRefused
from amplitude_export.settings import DEPLOYMENT
from amplitude_export.warehouse.names import TABLES
from amplitude_export.warehouse.session import SQL
from amplitude_export.warehouse.stage import Stage

# `name type` in a list of columns.
_COLUMN = re.compile(r"^    (\w+) (variant|date|timestamp_ntz|varchar|number)\b", re.M)
_PROPERTY = re.compile(r"^    (\w+) = (\w+)$", re.M)
_SET_UP = "run the DAG amplitude_setup"
_GRANTS = "include/sql/setup/objects/09_grant_loader.sql"


class Objects:
    """The checks of the tables, the file format and the stage.

    `named` returns the deployment, or raises BadSetting.
    """

    def __init__(
        self, loader: RoleSession, bucket: str, trust: Trust, named: Callable[[], Deployment]
    ) -> None:
        self._loader = loader
        self._named = named
        self._url = landing(bucket)
        self._trust = trust

    def check(self, runner: CheckRunner) -> None:
        """Run the checks from `snowflake.tables` to `snowflake.list`."""
        for name, check, needs in (
            ("snowflake.tables", self._tables, ["snowflake.schema", "snowflake.warehouse"]),
            ("snowflake.file_format", self._file_format, ["snowflake.schema"]),
            ("snowflake.stage", self._stage, ["snowflake.schema"]),
            ("snowflake.list", lambda: self._list(runner), ["snowflake.stage"]),
        ):
            runner.run(name, check, needs)

    def _tables(self) -> str:
        wrong = [fault for table in TABLES for fault in self._column_faults(table)]
        if wrong:
            raise Fault(
                "; ".join(wrong),
                f"{_SET_UP}, which adds the columns of a newer version; compare the tables with "
                "docs/tables.md, and alter by hand what differs.",
            )
        if (locks := self._locks()) != 1:
            raise Fault(
                f"amplitude_lock has {locks} rows instead of 1",
                f"delete them while no load runs, and {_SET_UP}, which inserts the one row.",
            )
        return f"{', '.join(TABLES)} have the columns of docs/tables.md, and the lock its row"

    def _locks(self) -> int:
        try:
            return int(self._loader.run("doctor/count_locks")[0]["LOCK_ROWS"])
        except WarehouseRefused as refused:
            advice = grant(["select on table amplitude_lock"], self._loader.role)
            raise Fault(refused.what, advice) from refused

    def _column_faults(self, table: str) -> list[str]:
        rows = self._loader.run("warehouse/describe_table", table=table)
        found = {row["name"].lower(): row["type"].partition("(")[0].lower() for row in rows}
        return [
            f"{table}.{column} is missing"
            if column not in found
            else f"{table}.{column} is {found[column]} instead of {kind}"
            for column, kind in expected_columns(table).items()
            if found.get(column) != kind
        ]

    def _file_format(self) -> str:
        self._require_as_created("amplitude_json", "file_format")
        self._require_as_created("amplitude_lines", "line_format")
        return "amplitude_json reads one JSON object per line, amplitude_lines its text"

    def _require_as_created(self, name: str, what: str) -> None:
        rows = self._loader.run(f"warehouse/describe_{what}")
        found = {row["property"].lower(): str(row["property_value"]).lower() for row in rows}
        wanted = dict(_PROPERTY.findall(_create(what).read_text()))
        # A property that DESC does not show cannot be compared.
        wrong = [
            f"{option} is {found[option]} instead of {value}"
            for option, value in wanted.items()
            if found.get(option, value) != value
        ]
        if wrong:
            raise Fault(
                f"{name} does not read files as the set-up defines: {'; '.join(wrong)}",
                f"drop the file format, and {_SET_UP}, which creates it again.",
            )

    def _stage(self) -> str:
        own = self._named()
        rows = self._loader.run("warehouse/describe_stage")
        found = {row["property"]: str(row["property_value"]) for row in rows}
        url = Stage.described(rows).url
        if url != self._url:
            raise Fault(
                f"amplitude_stage points to {url}, and the uploads go to {self._url}",
                f"{_SET_UP}, which sets its URL, or correct the Variable amplitude_bucket.",
            )
        # A property that DESC does not show cannot be compared.
        integration = found.get("STORAGE_INTEGRATION", own.integration).lower()
        wanted = own.integration.lower()
        if integration != wanted:
            raise Fault(
                f"amplitude_stage uses {integration or 'no integration'}, and not {wanted} of the "
                f"deployment {own.name}",
                f"{_SET_UP}, which sets it, or correct the Variable {DEPLOYMENT}.",
            )
        # Whoever can describe it has a privilege on it, as a COPY from the stage can need one.
        self._loader.run("warehouse/describe_integration", integration=wanted)
        return f"amplitude_stage points to {url} through {wanted}"

    def _list(self, runner: CheckRunner) -> str:
        """List the probe; without one, the listing alone proves that Snowflake reads the bucket."""
        if runner.state("bucket.region") is State.FAILED:
            raise DependsOn("bucket.region")
        try:
            listed = self._loader.listed(probe.FOLDER)
        except WarehouseRefused as refused:
            advice = self._trust.advice(self._loader.connect, refused.what)
            raise Fault(refused.what, advice or refused.do) from refused
        if runner.state("bucket.put") in (State.FAILED, State.SKIPPED):
            return "Snowflake lists the stage; the probe was not put"
        if listed.get(probe.KEY) != len(probe.BODY):
            raise Fault(
                f"Snowflake lists {len(listed)} objects below {probe.FOLDER}, and {probe.KEY} is "
                f"not among them with its {len(probe.BODY)} bytes",
                "check that the stage's bucket is the one that aws_default writes to: the same "
                "account and the same endpoint.",
            )
        return f"Snowflake lists {probe.KEY} through the integration"


def expected_columns(table: str) -> dict[str, str]:
    """Return the type of each column, as the set-up's file creates it.

    >>> expected_columns("amplitude_lock")
    {'locked_by': 'varchar', 'locked_at': 'timestamp_ntz', 'project': 'varchar'}
    """
    return dict(_COLUMN.findall(_create(table).read_text()))


def grant(rights: Iterable[str], role: str) -> str:
    """Return the advice for rights that the role lacks."""
    return f"grant {', '.join(rights)} to role {role}: {_SET_UP}, or {_GRANTS}."


def _create(what: str) -> Path:
    """Return the set-up's file that creates the object."""
    (file,) = (SQL / "setup" / "objects").glob(f"*_create_{what}.sql")
    return file
