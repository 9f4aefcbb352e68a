"""The loader's rights: each missing grant is named, and the attempts leave nothing behind."""

from __future__ import annotations

import re
from typing import Any

import pytest
from amplitude_export.warehouse.names import TABLES
from amplitude_export.warehouse.session import SQL, statements

from tests.doctor.deployment import Deployment, failed

PLACE = "check the {} that the connection snowflake_default names"
SET_UP = "run the DAG amplitude_setup"
GRANTS = {
    "usage on warehouse AMPLITUDE": ("snowflake.warehouse", PLACE.format("warehouse")),
    "usage on database AMPLITUDE": ("snowflake.schema", PLACE.format("database")),
    "usage on schema AMPLITUDE.RAW": ("snowflake.schema", PLACE.format("schema")),
    "usage on integration AMPLITUDE_S3": ("snowflake.stage", SET_UP),
    "usage on file format amplitude_json": ("snowflake.file_format", SET_UP),
    "usage on file format amplitude_lines": ("snowflake.file_format", SET_UP),
    "usage on stage amplitude_stage": ("snowflake.stage", SET_UP),
    "select on table amplitude_raw": ("snowflake.privileges", "grant {}"),
    "insert on table amplitude_raw": ("snowflake.privileges", "grant {}"),
    "delete on table amplitude_raw": ("snowflake.privileges", "grant {}"),
    "select on table amplitude_loads": ("snowflake.privileges", "grant {}"),
    "insert on table amplitude_loads": ("snowflake.privileges", "grant {}"),
    "delete on table amplitude_loads": ("snowflake.privileges", "grant {}"),
    "select on table amplitude_files": ("snowflake.privileges", "grant {}"),
    "insert on table amplitude_files": ("snowflake.privileges", "grant {}"),
    "delete on table amplitude_files": ("snowflake.privileges", "grant {}"),
    "select on table amplitude_provisional": ("snowflake.privileges", "grant {}"),
    "insert on table amplitude_provisional": ("snowflake.privileges", "grant {}"),
    "delete on table amplitude_provisional": ("snowflake.privileges", "grant {}"),
    "select on table ip_networks": ("snowflake.privileges", "grant {}"),
    "insert on table ip_networks": ("snowflake.privileges", "grant {}"),
    "delete on table ip_networks": ("snowflake.privileges", "grant {}"),
    "select on table amplitude_lock": ("snowflake.tables", "grant {}"),
    "update on table amplitude_lock": ("snowflake.privileges", "grant {}"),
}


@pytest.mark.parametrize("grant", GRANTS)
def test_each_missing_grant_is_named(deployment: Deployment, grant: str) -> None:
    """By the first check that needs it; no other check fails."""
    name, do = GRANTS[grant]
    on = re.sub("(amplitude_|ip_)", r"AMPLITUDE.RAW.\1", grant)
    deployment.run(f"revoke {on} from role AMPLITUDE_LOADER")
    try:
        checks = deployment.examine_snowflake()
    finally:
        deployment.run(f"grant {on} to role AMPLITUDE_LOADER")
    assert failed(checks) == [name], [check.line for check in checks.values()]
    assert checks[name].do.startswith(do.format(f"{grant} to role AMPLITUDE_LOADER"))


def test_every_grant_of_the_set_up_is_among_them() -> None:
    """A new grant needs a check."""
    granted = set()
    for file in (SQL / "setup").glob("*/*_grant_*.sql"):
        for text in statements(f"setup/{file.parent.name}/{file.stem}"):
            found = re.search(r"grant ([\w, ]+) on (.*) to role identifier\(%\(loader\)s\)", text)
            if found:
                place = found[2].replace("identifier(%(warehouse)s)", "AMPLITUDE")
                place = place.replace("identifier(%(database)s)", "AMPLITUDE")
                place = place.replace("identifier(%(schema)s)", "AMPLITUDE.RAW")
                place = place.replace("identifier(%(integration)s)", "AMPLITUDE_S3")
                granted |= {f"{right} on {place}" for right in found[1].split(", ")}
    assert granted == GRANTS.keys()


def test_all_missing_rights_are_named_at_once(deployment: Deployment) -> None:
    """Each has its own transaction, so that one error does not hide the next."""
    rights = "insert, delete on table AMPLITUDE.RAW.amplitude_raw"
    deployment.run(f"revoke {rights} from role AMPLITUDE_LOADER")
    try:
        check = deployment.examine_snowflake()["snowflake.privileges"]
    finally:
        deployment.run(f"grant {rights} to role AMPLITUDE_LOADER")
    assert check.do.startswith(
        "grant insert on table amplitude_raw, delete on table amplitude_raw to role"
    )


def test_a_running_load_is_not_a_fault(deployment: Deployment) -> None:
    """It holds the lock; Snowflake checks the right to take it before it waits."""
    with deployment.snowflake() as load:
        load.execute("begin transaction")
        load.execute("update AMPLITUDE.RAW.amplitude_lock set locked_by = 'a load'")
        checks = deployment.examine_snowflake()
        load.execute("rollback")
    assert failed(checks) == []


def test_the_checks_leave_nothing_behind(deployment: Deployment) -> None:
    """No row is added, and the lock is as it was."""
    query = "select * from AMPLITUDE.RAW.{}"

    def rows() -> list[list[Any]]:
        with deployment.snowflake() as cursor:
            return [cursor.execute(query.format(table)).fetchall() for table in TABLES]

    before = rows()
    assert failed(deployment.examine_snowflake()) == []
    assert rows() == before
