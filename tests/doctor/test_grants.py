"""The loader's rights: each missing grant is named, and the attempts leave nothing behind."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
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
    "update on table amplitude_loads": ("snowflake.privileges", "grant {}"),
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


# The checks that need a right alone; one check needs all the others.
ALONE = [grant for grant, (check, _) in GRANTS.items() if check != "snowflake.privileges"]
TOGETHER = [grant for grant in GRANTS if grant not in ALONE]


@contextmanager
def revoked(deployment: Deployment, *grants: str) -> Iterator[None]:
    """Take the rights from the loader; give them back at the end."""
    places = [re.sub("(amplitude_|ip_)", r"AMPLITUDE.RAW.\1", grant) for grant in grants]
    deployment.run(*(f"revoke {place} from role AMPLITUDE_LOADER" for place in places))
    try:
        yield
    finally:
        deployment.run(*(f"grant {place} to role AMPLITUDE_LOADER" for place in places))


@pytest.mark.parametrize("grant", ALONE)
def test_each_missing_grant_is_named(deployment: Deployment, grant: str) -> None:
    """By the first check that needs it; no other check fails."""
    name, do = GRANTS[grant]
    with revoked(deployment, grant):
        checks = deployment.examine_snowflake()
    assert failed(checks) == [name], [check.line for check in checks.values()]
    assert checks[name].do.startswith(do.format(f"{grant} to role AMPLITUDE_LOADER"))


@pytest.mark.parametrize("missing", [TOGETHER[::2], TOGETHER[1::2]], ids=["even", "odd"])
def test_exactly_the_missing_rights_are_named(deployment: Deployment, missing: list[str]) -> None:
    """Each has its own transaction, so that one error does not hide the next; no other fails."""
    with revoked(deployment, *missing):
        checks = deployment.examine_snowflake()
    assert failed(checks) == ["snowflake.privileges"], [check.line for check in checks.values()]
    named, _, _ = checks["snowflake.privileges"].do.partition(" to role AMPLITUDE_LOADER")
    assert sorted(named.removeprefix("grant ").split(", ")) == sorted(missing)


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
