"""Roles, users, warehouses and grants are stored, shown and described as in Snowflake."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from snowflake.connector.auth.keypair import AuthByKeyPair
from snowflake.connector.errors import ProgrammingError

from local.warehouse import Warehouse
from tests.local.warehouse_client import Client, as_administrator, key_pair


@pytest.fixture(scope="module")
def account(s3_endpoint: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    """An account of this module's own."""
    file = tmp_path_factory.mktemp("account") / "warehouse.duckdb"
    with Warehouse(file=file, s3_endpoint=s3_endpoint) as running:
        yield running


@pytest.fixture
def admin(account: Warehouse) -> Iterator[Client]:
    session = as_administrator(account)
    yield session
    session.connection.close()


def described(session: Client, user: str) -> dict[str, str]:
    return {row[0]: row[1] for row in session.rows(f"desc user {user}")}


@pytest.mark.parametrize(
    ("sql", "made", "name"),
    [
        ("create role if not exists identifier('A_ROLE')", "Role A_ROLE", "A_ROLE"),
        ("create warehouse if not exists identifier('W')", "Warehouse W", "W"),
        ("create user if not exists identifier('U') type = service", "User U", "U"),
        ("create database if not exists identifier('D')", "Database D", "D"),
        ("create schema if not exists identifier('D.S')", "Schema S", "S"),
        ("create table if not exists d.s.t (a int)", "Table T", "T"),
        ("create file format if not exists d.s.f type = json", "File format F", "F"),
    ],
)
def test_create_reports_an_existing_object(admin: Client, sql: str, made: str, name: str) -> None:
    """The first CREATE … IF NOT EXISTS reports a creation, the second an existing object."""
    assert admin.rows(sql) == [(f"{made} successfully created.",)]
    assert admin.rows(sql) == [(f"{name} already exists, statement succeeded.",)]


def test_create_without_if_not_exists_is_an_error(admin: Client) -> None:
    """A second CREATE ROLE is error 2002."""
    admin.run("create role twice")
    with pytest.raises(ProgrammingError, match="'TWICE' already exists") as raised:
        admin.run("create role twice")
    assert raised.value.errno == 2002


def test_a_new_database_is_the_current_one(admin: Client) -> None:
    """CREATE DATABASE creates a schema PUBLIC and uses it."""
    admin.run("create database fresh")
    assert admin.rows("select current_database(), current_schema()") == [("FRESH", "PUBLIC")]


def test_a_users_keys_are_described_by_their_fingerprints(admin: Client) -> None:
    """DESC USER shows the set properties, and each key's SHA-256 as the connector computes it."""
    private, public = key_pair()
    admin.run(
        "create user identifier('WITH_KEY') type = service default_role = 'A' "
        "default_warehouse = 'w' comment = 'loads'"
    )
    admin.run(f"alter user identifier('WITH_KEY') set rsa_public_key_2 = '{public}'")
    shown = described(admin, "with_key")
    assert shown["RSA_PUBLIC_KEY_2_FP"] == AuthByKeyPair.calculate_public_key_fingerprint(private)
    assert shown["RSA_PUBLIC_KEY_FP"] == "null"
    assert [shown[name] for name in ("TYPE", "DEFAULT_ROLE", "DEFAULT_WAREHOUSE", "COMMENT")] == [
        "SERVICE", "A", "W", "loads",
    ]  # fmt: skip
    admin.run("alter user with_key unset rsa_public_key_2, comment")
    shown = described(admin, "with_key")
    assert (shown["RSA_PUBLIC_KEY_2_FP"], shown["COMMENT"]) == ("null", "null")


@pytest.mark.parametrize("key", ["MIIB", "-----BEGIN PUBLIC KEY-----", "not base64"])
def test_an_invalid_public_key_is_refused(admin: Client, key: str) -> None:
    """A broken key, or one with its PEM lines, is not stored."""
    admin.run("create user if not exists broken")
    with pytest.raises(ProgrammingError, match="Invalid public key"):
        admin.run(f"alter user broken set rsa_public_key = '{key}'")
    assert described(admin, "broken")["RSA_PUBLIC_KEY"] == "null"


def test_a_warehouse_sleeps_until_it_is_needed(admin: Client) -> None:
    """INITIALLY_SUSPENDED shows as SUSPENDED; the first query starts it."""
    admin.run(
        "create warehouse sleepy warehouse_size = xsmall auto_suspend = 60 auto_resume = true "
        "initially_suspended = true"
    )
    shown = "show warehouses like 'SLEEPY'"
    assert admin.rows(shown)[0][:6] == ("SLEEPY", "SUSPENDED", "STANDARD", "X-Small", 60, "true")
    admin.run("alter warehouse sleepy set warehouse_size = small, auto_suspend = 120")
    admin.run("use warehouse sleepy")
    admin.run("create table fresh.public.slept as select 1 as a")
    assert admin.rows(shown)[0][:5] == ("SLEEPY", "STARTED", "STANDARD", "Small", 120)


@pytest.mark.parametrize(
    "sql",
    [
        "create user x nonsense = 1",
        "create role x nonsense = 1",
        "create warehouse x nonsense = 1",
        "create warehouse x warehouse_size = enormous",
        "create user x type = robot",
        "grant nonsense on account to role sysadmin",
        "grant select on database fresh to role sysadmin",
        "grant usage on database nowhere to role sysadmin",
        "grant usage on database fresh to role nobody",
        "grant role accountadmin to role sysadmin",
        "alter role nobody set comment = 'x'",
        "drop role sysadmin",
        "desc user nobody",
        "show grants to role nobody",
        "use role nobody",
        "use warehouse nobody",
        "use schema fresh.nowhere",
    ],
)
def test_invalid_statements_are_errors(admin: Client, sql: str) -> None:
    """Unknown properties, privileges and names are refused, and so is a cycle of roles."""
    with pytest.raises(ProgrammingError):
        admin.run(sql)


def test_grants_are_shown_by_role(admin: Client) -> None:
    """SHOW GRANTS TO ROLE lists privilege, kind, full name and grantor; REVOKE ends the grant."""
    for sql in (
        "create role shown",
        "create role below",
        "grant usage, create table, create stage, create file format on schema "
        "identifier('D.S') to role identifier('SHOWN')",
        "grant role below to role shown",
        "grant usage on warehouse w to role shown",
        "revoke create stage, create file format on schema d.s from role shown",
    ):
        admin.run(sql)
    rows = admin.rows("show grants to role identifier('SHOWN')")
    assert [row[1:] for row in rows] == [
        ("USAGE", "SCHEMA", "D.S", "ROLE", "SHOWN", "false", "ACCOUNTADMIN"),
        ("CREATE TABLE", "SCHEMA", "D.S", "ROLE", "SHOWN", "false", "ACCOUNTADMIN"),
        ("USAGE", "ROLE", "BELOW", "ROLE", "SHOWN", "false", "ACCOUNTADMIN"),
        ("USAGE", "WAREHOUSE", "W", "ROLE", "SHOWN", "false", "ACCOUNTADMIN"),
    ]
    of_role = [row[1:4] for row in admin.rows("show grants of role below")]
    assert of_role == [("BELOW", "ROLE", "SHOWN")]


def test_a_grant_given_twice_is_one(admin: Client) -> None:
    """A second GRANT changes nothing, not even its date."""
    admin.run("create role repeated")
    admin.run("grant usage on database d to role repeated")
    before = admin.rows("show grants to role repeated")
    admin.run("grant usage on database d to role repeated")
    assert admin.rows("show grants to role repeated") == before


def test_grants_end_with_their_object(admin: Client) -> None:
    """DROP of a schema or a role drops the grants; RENAME retains them."""
    for sql in (
        "create role mourning",
        "create schema d.gone",
        "create table d.gone.t (a int)",
        "grant usage on schema d.gone to role mourning",
        "grant select on table d.gone.t to role mourning",
        "alter table d.gone.t rename to d.gone.renamed",
    ):
        admin.run(sql)
    names = "show grants to role mourning"
    assert [row[3] for row in admin.rows(names)] == ["D.GONE", "D.GONE.RENAMED"]
    admin.run("drop schema d.gone")
    assert admin.rows(names) == []
    admin.run("drop role mourning")
    with pytest.raises(ProgrammingError, match="Role 'MOURNING' does not exist"):
        admin.run(names)


def test_a_replaced_role_has_no_grants(admin: Client) -> None:
    """After CREATE OR REPLACE ROLE none of the old role's grants remains."""
    admin.run("create role renewed")
    admin.run("grant usage on database d to role renewed")
    admin.run("create or replace role renewed")
    assert admin.rows("show grants to role renewed") == []


def test_a_restart_keeps_the_account(s3_endpoint: str, tmp_path: Path, environment: None) -> None:
    """Roles, users with their keys, warehouses and grants survive a restart."""
    file = tmp_path / "w.duckdb"
    with Warehouse(file=file, s3_endpoint=s3_endpoint) as first:
        session = as_administrator(first)
        for sql in (
            "create role kept",
            f"create user kept type = service rsa_public_key = '{key_pair()[1]}'",
            "create warehouse kept",
            "grant role kept to user kept",
            "grant usage on warehouse kept to role kept",
        ):
            session.run(sql)
        shown = ("desc user kept", "show grants to role kept", "show grants to user kept")
        before = [session.rows(sql) for sql in (*shown, "show warehouses")]
    with Warehouse(file=file, s3_endpoint=s3_endpoint) as second:
        session = as_administrator(second)
        assert [session.rows(sql) for sql in (*shown, "show warehouses")] == before
