"""Faults of the transform's role and of the worker's dbt: each is named."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from amplitude_export.doctor.check import Check, State
from amplitude_export.doctor.run import examine_transform
from amplitude_export.warehouse.session import SQL, statements

from tests.dbt_command import install_dbt
from tests.doctor.deployment import Deployment, failed

PLACE = "check the {} that the connection snowflake_default names"
RAW = "grant select on table {} to role AMPLITUDE_TRANSFORMER: run the DAG amplitude_setup"
LAYER = "grant usage and create {} on schema {} to role AMPLITUDE_TRANSFORMER: run the DAG"
BOTH = LAYER.format("table on schema {0}, usage and create view", "{0}")
GRANTS = {
    "usage on warehouse AMPLITUDE": ("transform.warehouse", PLACE.format("warehouse")),
    "usage on database AMPLITUDE": ("transform.schema", PLACE.format("database")),
    "usage on schema AMPLITUDE.RAW": ("transform.schema", PLACE.format("schema")),
    "usage on schema AMPLITUDE.SILVER": ("transform.layers", BOTH.format("SILVER")),
    "usage on schema AMPLITUDE.GOLD": ("transform.layers", BOTH.format("GOLD")),
    "create table on schema AMPLITUDE.SILVER": (
        "transform.layers",
        LAYER.format("table", "SILVER"),
    ),
    "create view on schema AMPLITUDE.SILVER": ("transform.layers", LAYER.format("view", "SILVER")),
    "create table on schema AMPLITUDE.GOLD": ("transform.layers", LAYER.format("table", "GOLD")),
    "create view on schema AMPLITUDE.GOLD": ("transform.layers", LAYER.format("view", "GOLD")),
    "select on table AMPLITUDE.RAW.amplitude_raw": (
        "transform.sources",
        RAW.format("amplitude_raw"),
    ),
    "select on view AMPLITUDE.RAW.amplitude_raw_fresh": (
        "transform.sources",
        RAW.format("amplitude_raw_fresh").replace("on table", "on view"),
    ),
    "select on table AMPLITUDE.RAW.ip_networks": ("transform.sources", RAW.format("ip_networks")),
}


def examined() -> dict[str, Check]:
    """Run the checks, as after checks of Snowflake without a fault."""
    return {check.name: check for check in examine_transform([], "")}


@pytest.mark.parametrize("grant", GRANTS)
def test_each_missing_grant_is_named(deployment: Deployment, grant: str) -> None:
    """By the first check that needs it; no other check fails."""
    name, do = GRANTS[grant]
    deployment.run(f"revoke {grant} from role AMPLITUDE_TRANSFORMER")
    try:
        checks = examined()
    finally:
        deployment.run(f"grant {grant} to role AMPLITUDE_TRANSFORMER")
    assert failed(checks) == [name], [check.line for check in checks.values()]
    assert checks[name].do.startswith(do)


def test_every_grant_of_the_set_up_is_among_them() -> None:
    """A new grant needs a check."""
    granted = set()
    places = {"warehouse": "AMPLITUDE", "database": "AMPLITUDE"}
    places |= {name: f"AMPLITUDE.{name.upper()}" for name in ("silver", "gold")}
    for file in (SQL / "setup").glob("*/*_grant_*.sql"):
        for text in statements(f"setup/{file.parent.name}/{file.stem}"):
            found = re.search(
                r"grant ([\w, ]+) on (\w+) (.*) to role identifier\(%\(transformer\)", text
            )
            if found:
                place = re.sub(
                    r"identifier\(%\((\w+)\)s\)",
                    lambda name: places.get(name[1], "AMPLITUDE.RAW"),
                    found[3],
                )
                full = place if "AMPLITUDE" in place else f"AMPLITUDE.RAW.{place}"
                granted |= {f"{right} on {found[2]} {full}" for right in found[1].split(", ")}
    assert granted == GRANTS.keys()


def test_a_role_that_the_user_lacks_is_named(deployment: Deployment) -> None:
    """The loads do not need it; the other checks of the transform are skipped."""
    deployment.run("revoke role AMPLITUDE_TRANSFORMER from user AMPLITUDE_AIRFLOW")
    try:
        checks = examined()
    finally:
        deployment.run("grant role AMPLITUDE_TRANSFORMER to user AMPLITUDE_AIRFLOW")
    assert failed(checks) == ["transform.role"]
    assert checks["transform.role"].do.startswith("grant role AMPLITUDE_TRANSFORMER to the user")
    assert checks["transform.layers"].found == "skipped: it needs transform.role"


def test_a_failed_login_is_not_reported_twice(deployment: Deployment) -> None:
    """The checks of Snowflake reported it; dbt is checked all the same."""
    before = [Check("snowflake.login", State.FAILED, "no", "fix it")]
    checks = {check.name: check for check in examine_transform(before, "")}
    assert failed(checks) == []
    assert checks["transform.role"].found == "skipped: it needs snowflake.login"
    assert checks["transform.dbt"].state is State.OK


def test_the_checks_leave_nothing_behind(deployment: Deployment) -> None:
    """They also remove what an earlier run left that died halfway."""
    with deployment.snowflake("AMPLITUDE_TRANSFORMER") as cursor:
        cursor.execute("create table AMPLITUDE.GOLD.amplitude_doctor_table (a int)")
    assert failed(examined()) == []
    with deployment.snowflake() as cursor:
        query = "select table_name from AMPLITUDE.information_schema.tables where table_schema in "
        assert cursor.execute(f"{query}('SILVER', 'GOLD')").fetchall() == []


DBTS = {
    "too old": ({"core": "1.10.9"}, "is dbt 1.10.9, and include/dbt requires >=1.11.0, <1.12.0"),
    "too new": ({"core": "1.12.0"}, "is dbt 1.12.0, and include/dbt requires >=1.11.0, <1.12.0"),
    "for another warehouse": (
        {"plugin": "postgres"},
        "is not dbt with its Snowflake plugin: it has installed 1.11.16",
    ),
}


@pytest.mark.parametrize("case", DBTS)
def test_a_dbt_that_does_not_fit_is_named(
    deployment: Deployment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: str
) -> None:
    """The advice tells what to install."""
    given, found = DBTS[case]
    command = install_dbt(tmp_path, monkeypatch, **given)
    checks = examined()
    assert failed(checks) == ["transform.dbt"]
    assert checks["transform.dbt"].found.startswith(f"{command} {found}")
    assert checks["transform.dbt"].do.startswith("install requirements-dbt.txt")


def test_a_dbt_that_does_not_run_is_named(deployment: Deployment, tmp_path: Path) -> None:
    """By the last line of its output."""
    (tmp_path / "dbt").write_text("#!/bin/sh\necho No module named dbt\nexit 3\n")
    checks = examined()
    assert failed(checks) == ["transform.dbt"]
    assert checks["transform.dbt"].found.endswith("dbt ended with code 3: No module named dbt")


def test_variables_of_another_project_do_not_change_the_check(
    deployment: Deployment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tasks run dbt without them as well."""
    monkeypatch.setenv("DBT_USE_COLORS", "neither true nor false")
    command = install_dbt(tmp_path, monkeypatch)
    script = command.read_text().replace("\n", '\n[ -z "$DBT_USE_COLORS" ] || exit 2\n', 1)
    command.write_text(script)
    assert failed(examined()) == []


def test_a_worker_without_dbt_is_named(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The advice tells where to put it."""
    monkeypatch.setenv("PATH", "")
    checks = examined()
    assert failed(checks) == ["transform.dbt"]
    assert checks["transform.dbt"].found == "The command dbt is not on the worker's PATH."
    assert "append its bin folder to PATH" in checks["transform.dbt"].do
