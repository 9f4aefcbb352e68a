"""Faults of the login and of Snowflake's objects: each is found and named."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from amplitude_export.doctor import clock, run
from amplitude_export.doctor.check import State

from local.launcher.ports import free_port
from tests.doctor.deployment import BUCKET, Deployment, environment, failed

PLACE = "check the {} that the connection snowflake_default names"
SET_UP = "run the DAG amplitude_setup"
BROKEN = {
    "a missing column": (
        "alter table AMPLITUDE.RAW.amplitude_loads drop column quarantined",
        "alter table AMPLITUDE.RAW.amplitude_loads add column quarantined number",
        "snowflake.tables",
        "amplitude_loads.quarantined is missing",
        SET_UP,
    ),
    "the columns of a newer version": (
        "alter table AMPLITUDE.RAW.amplitude_loads drop column exported_at;"
        "alter table AMPLITUDE.RAW.amplitude_loads drop column replaced_events;"
        "alter table AMPLITUDE.RAW.amplitude_loads drop column replaced_run_id",
        "alter table AMPLITUDE.RAW.amplitude_loads add column exported_at timestamp_ntz;"
        "alter table AMPLITUDE.RAW.amplitude_loads add column replaced_events number;"
        "alter table AMPLITUDE.RAW.amplitude_loads add column replaced_run_id varchar",
        "snowflake.tables",
        "amplitude_loads.exported_at is missing; amplitude_loads.replaced_events is missing; "
        "amplitude_loads.replaced_run_id is missing",
        SET_UP,
    ),
    "a column of another type": (
        "alter table AMPLITUDE.RAW.amplitude_loads drop column query_id;"
        "alter table AMPLITUDE.RAW.amplitude_loads add column query_id number",
        "alter table AMPLITUDE.RAW.amplitude_loads drop column query_id;"
        "alter table AMPLITUDE.RAW.amplitude_loads add column query_id varchar",
        "snowflake.tables",
        "amplitude_loads.query_id is number instead of varchar",
        SET_UP,
    ),
    "a lock without its row": (
        "delete from AMPLITUDE.RAW.amplitude_lock",
        "",
        "snowflake.tables",
        "amplitude_lock has 0 rows instead of 1",
        "delete them while no load runs, and run the DAG amplitude_setup",
    ),
    "a missing table": (
        "drop table AMPLITUDE.RAW.amplitude_lock",
        "",
        "snowflake.tables",
        "Snowflake failed to describe table",
        SET_UP,
    ),
    "a stage on another prefix": (
        f"alter stage AMPLITUDE.RAW.amplitude_stage set url = 's3://{BUCKET}/python-import/other/'",
        f"alter stage AMPLITUDE.RAW.amplitude_stage set url = 's3://{BUCKET}/python-import/'",
        "snowflake.stage",
        f"amplitude_stage points to s3://{BUCKET}/python-import/other/",
        f"{SET_UP}, which sets its URL",
    ),
    "a missing stage": (
        "drop stage AMPLITUDE.RAW.amplitude_stage",
        "",
        "snowflake.stage",
        "Snowflake failed to describe stage",
        SET_UP,
    ),
    "another file format": (
        "create or replace file format AMPLITUDE.RAW.amplitude_json type = json "
        "compression = auto multi_line = true strip_outer_array = false;"
        "grant usage on file format AMPLITUDE.RAW.amplitude_json to role AMPLITUDE_LOADER",
        "drop file format AMPLITUDE.RAW.amplitude_json",
        "snowflake.file_format",
        "amplitude_json does not read files as the set-up defines: multi_line is true instead of",
        "drop the file format, and run the DAG amplitude_setup",
    ),
    "another format of text": (
        "create or replace file format AMPLITUDE.RAW.amplitude_lines type = csv "
        "field_delimiter = '|';"
        "grant usage on file format AMPLITUDE.RAW.amplitude_lines to role AMPLITUDE_LOADER",
        "drop file format AMPLITUDE.RAW.amplitude_lines",
        "snowflake.file_format",
        "amplitude_lines does not read files as the set-up defines: field_delimiter is | instead",
        "drop the file format, and run the DAG amplitude_setup",
    ),
    "a missing file format": (
        "drop file format AMPLITUDE.RAW.amplitude_json",
        "",
        "snowflake.file_format",
        "Snowflake failed to describe file format",
        SET_UP,
    ),
}


def test_a_user_with_other_roles_in_each_session_is_reported(deployment: Deployment) -> None:
    """The project's own sessions turn them off; whatever else uses the key does not."""
    user = deployment.names.user
    deployment.run(f"alter user {user} set default_secondary_roles = ('ALL')")
    try:
        checks = deployment.examine_snowflake()
    finally:
        deployment.set_up()
    assert failed(checks) == ["snowflake.roles"]
    assert checks["snowflake.roles"].found.startswith(
        "A session of the user has the rights of AMPLITUDE_TRANSFORMER beside those of the role "
    )
    assert checks["snowflake.roles"].do.startswith(SET_UP)
    assert failed(deployment.examine_snowflake()) == []


@pytest.mark.parametrize("case", BROKEN)
def test_an_object_that_is_missing_or_changed_is_named(deployment: Deployment, case: str) -> None:
    """The set-up creates what was dropped, and fixes what it can."""
    break_it, restore, name, found, do = BROKEN[case]
    deployment.run(*break_it.split(";"))
    try:
        checks = deployment.examine_snowflake()
    finally:
        deployment.run(*filter(None, restore.split(";")))
        deployment.set_up()
    assert failed(checks) == [name], [check.line for check in checks.values()]
    assert checks[name].found.startswith(found)
    assert checks[name].do.startswith(do)


def use(monkeypatch: pytest.MonkeyPatch, deployment: Deployment, **extra: Any) -> None:
    """Change the extra of snowflake_default for the test."""
    connection = deployment.connections()["snowflake_default"]
    connection["extra"] |= extra
    for name, value in environment({"snowflake_default": connection}).items():
        monkeypatch.setenv(name, value)


@pytest.mark.parametrize(
    ("extra", "name", "found", "do"),
    [
        (
            {"warehouse": "NOWHERE"},
            "snowflake.warehouse",
            "The session has no warehouse: NOWHERE does not exist",
            PLACE.format("warehouse"),
        ),
        (
            {"database": "NOWHERE"},
            "snowflake.schema",
            "The session has no database: NOWHERE does not exist",
            PLACE.format("database"),
        ),
        (
            {"role": "NOBODY"},
            "snowflake.login",
            "Snowflake failed to open a session",
            "check login, key (or token), account and role",
        ),
    ],
    ids=["warehouse", "database", "role"],
)
def test_a_wrong_name_in_the_connection_is_reported(
    deployment: Deployment,
    monkeypatch: pytest.MonkeyPatch,
    extra: dict[str, str],
    name: str,
    found: str,
    do: str,
) -> None:
    """A login succeeds with most of them."""
    use(monkeypatch, deployment, **extra)
    checks = deployment.examine_snowflake()
    assert failed(checks) == [name]
    assert checks[name].found.startswith(found)
    assert checks[name].do.startswith(do)


def test_a_key_that_the_user_lacks_is_reported(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch, other_key: str
) -> None:
    """The advice tells where the public key belongs; no line has the private one."""
    use(monkeypatch, deployment, private_key_content=other_key)
    checks = deployment.examine_snowflake()
    assert failed(checks) == ["snowflake.login"]
    assert "RSA_PUBLIC_KEY" in checks["snowflake.login"].do
    assert other_key not in "".join(check.line for check in checks.values())
    assert {check.state for check in checks.values()} - {State.OK} == {State.FAILED, State.SKIPPED}


def test_a_host_that_does_not_listen_fails_within_seconds(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever timeouts the connection sets."""
    monkeypatch.setattr(run, "_BRIEF_SESSION", {**run._BRIEF_SESSION, "login_timeout": 3})
    use(monkeypatch, deployment, port=free_port(), login_timeout=600)
    checks = deployment.examine_snowflake()
    assert "snowflake.login" in failed(checks)
    assert "check that the workers reach the account" in checks["snowflake.login"].do


def test_a_missing_connection_is_named(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The check of the login fails."""
    monkeypatch.delenv("AIRFLOW_CONN_SNOWFLAKE_DEFAULT")
    checks = deployment.examine_snowflake()
    assert failed(checks) == ["snowflake.login"]
    assert checks["snowflake.login"].found == "There is no connection snowflake_default."


def test_a_wrong_clock_is_found(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    """As with Amplitude's clock."""
    monkeypatch.setattr(clock, "now", lambda: datetime.now(UTC) - timedelta(minutes=10))
    checks = deployment.examine_snowflake()
    assert failed(checks) == ["snowflake.clock"]
    assert " behind Snowflake's: it is " in checks["snowflake.clock"].found
    assert checks["snowflake.clock"].do.startswith("set this machine's clock (NTP)")


def test_a_parameter_that_is_not_in_force_is_named(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The finding has both values."""
    monkeypatch.setattr(run, "SESSION_PARAMETERS", {"LOCK_TIMEOUT": 901, "TIMEZONE": "UTC"})
    checks = deployment.examine_snowflake()
    assert failed(checks) == ["snowflake.session"]
    assert checks["snowflake.session"].found == "LOCK_TIMEOUT is 900 instead of 901"


def test_a_copy_without_rows_is_a_fault(deployment: Deployment) -> None:
    """Snowflake would report a success."""
    deployment.warehouse.fail("copies_nothing", statement="^copy into")
    try:
        checks = deployment.examine_snowflake()
    finally:
        deployment.warehouse.recover()
    assert failed(checks) == ["snowflake.copy"]
    assert checks["snowflake.copy"].found.startswith("0 rows of python-import/doctor/")


def test_a_lost_response_hides_no_other_check(deployment: Deployment) -> None:
    """The session ends during one check; the others still have their outcome."""
    deployment.warehouse.fail("session_dies", statement="desc file format")
    try:
        checks = deployment.examine_snowflake()
    finally:
        deployment.warehouse.recover()
    assert checks["snowflake.tables"].state is State.OK
    assert checks["snowflake.file_format"].state is State.FAILED
    assert checks["snowflake.copy"].state is State.SKIPPED
