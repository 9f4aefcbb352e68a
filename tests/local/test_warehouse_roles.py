"""Roles: the objects that they see and own, and the rights that they inherit."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from snowflake.connector.errors import ProgrammingError

from local.warehouse import Warehouse
from tests.local.warehouse_client import QUERY, Client, as_role

Connect = Callable[..., Client]


def test_a_visible_object_without_the_privilege_is_error_3001(
    admin: Client, connect_role: Connect, role: str
) -> None:
    """The error names the table; a table that the role cannot see counts as missing."""
    for grant in (*QUERY, "select on table t"):
        admin.run(f"grant {grant} to role {role}")
    with pytest.raises(ProgrammingError) as refused:
        connect_role().run("delete from t")
    assert (refused.value.errno, refused.value.sqlstate) == (3001, "42501")
    assert refused.value.msg.endswith(
        "SQL access control error:\nInsufficient privileges to operate on table 'T'"
    )
    hidden, absent = (errors(connect_role(), f"select * from {name}") for name in ("u", "nowhere"))
    assert hidden.replace("'U'", "'NOWHERE'") == absent
    assert "002003 (42S02)" in hidden


def errors(session: Client, sql: str) -> str:
    with pytest.raises(ProgrammingError) as raised:
        session.run(sql)
    return str(raised.value)


@pytest.mark.parametrize("sql", ["select * from t", "insert into t values (1)"])
def test_without_a_warehouse_nothing_is_read_or_written(account: Warehouse, sql: str) -> None:
    """ACCOUNTADMIN gets error 606 too; a statement without a table needs no warehouse."""
    other = as_role(account, "ACCOUNTADMIN")
    with pytest.raises(ProgrammingError, match="No active warehouse selected") as raised:
        other.run(sql)
    assert (raised.value.errno, raised.value.sqlstate) == (606, "57P03")
    assert other.rows("select current_warehouse()") == [(None,)]
    other.run("use warehouse w")
    other.run(sql)


def test_a_role_has_what_the_roles_granted_to_it_have(
    admin: Client, connect_role: Connect, role: str
) -> None:
    """It holds over two steps, until the role below is revoked."""
    below, between = f"{role}_BELOW", f"{role}_BETWEEN"
    admin.run(f"create role {below}")
    admin.run(f"create role {between}")
    for grant in (*QUERY, "select on table t"):
        admin.run(f"grant {grant} to role {below}")
    admin.run(f"grant role {below} to role {between}")
    admin.run(f"grant role {between} to role {role}")
    session = connect_role()
    session.run("select * from t")
    admin.run(f"revoke role {below} from role {between}")
    with pytest.raises(ProgrammingError, match="does not exist or not authorized"):
        session.run("select * from amplitude.raw.t")


def test_the_role_that_creates_an_object_owns_it(
    admin: Client, connect_role: Connect, role: str
) -> None:
    """It has all rights on it, and can grant them; ACCOUNTADMIN still has all rights too."""
    for grant in (*QUERY, "create table on schema raw"):
        admin.run(f"grant {grant} to role {role}")
    session = connect_role()
    for sql in (
        "create table mine (a int)",
        "insert into mine values (1)",
        "alter table mine add column b int",
        "grant select on table mine to role public",
        "truncate table mine",
    ):
        session.run(sql)
    owned = [row[1:4] for row in session.rows(f"show grants to role {role}")][-1]
    assert owned == ("OWNERSHIP", "TABLE", "AMPLITUDE.RAW.MINE")
    admin.run("insert into mine values (2, 2)")
    session.run("drop table mine")


def test_a_replaced_table_loses_its_grants(admin: Client, role: str) -> None:
    """CREATE OR REPLACE makes a new table; COPY GRANTS copies the old one's grants."""
    admin.run("create table replaced (a int)")
    admin.run(f"grant select on table replaced to role {role}")
    admin.run("create or replace table replaced copy grants (a int)")
    assert len(admin.rows(f"show grants to role {role}")) == 1
    admin.run("create or replace table replaced (a int)")
    assert admin.rows(f"show grants to role {role}") == []


def test_future_tables_are_granted_when_they_are_created(admin: Client, role: str) -> None:
    """ON FUTURE TABLES applies to tables created after it, ON ALL TABLES to those before."""
    admin.run("create schema amplitude.later")
    admin.run("create table amplitude.later.before (a int)")
    admin.run(f"grant select on future tables in schema amplitude.later to role {role}")
    admin.run("create table amplitude.later.after (a int)")
    shown = f"show grants to role {role}"
    assert [row[3] for row in admin.rows(shown)] == ["AMPLITUDE.LATER.AFTER"]
    admin.run(f"grant select on all tables in schema amplitude.later to role {role}")
    assert [row[3] for row in admin.rows(shown)][1:] == ["AMPLITUDE.LATER.BEFORE"]


@pytest.mark.parametrize("kind", ["table", "view"])
def test_future_grants_are_shown_and_apply_to_replacements(
    admin: Client, role: str, kind: str
) -> None:
    """They are for tables or for views alone; CREATE OR REPLACE makes a new object."""
    schema = f"amplitude.future_{kind}s"
    admin.run(f"create schema {schema}")
    admin.run(f"grant select on future {kind}s in schema {schema} to role {role}")
    name = f"AMPLITUDE.FUTURE_{kind.upper()}S.<{kind.upper()}>"
    for shown in (f"to role {role}", f"in schema {schema}"):
        (row,) = admin.rows(f"show future grants {shown}")
        assert row[1:] == ("SELECT", kind.upper(), name, "ROLE", role, "false")
    for _ in range(2):
        admin.run(f"create or replace table {schema}.a_table as select 1 as a")
        admin.run(f"create or replace view {schema}.a_view as select 1 as a")
        (granted,) = admin.rows(f"show grants to role {role}")
        assert granted[2:4] == (kind.upper(), f"{schema}.a_{kind}".upper())
    admin.run(f"revoke select on future {kind}s in schema {schema} from role {role}")
    assert admin.rows(f"show future grants to role {role}") == []


def test_the_owner_of_a_schema_cannot_grant_on_future_objects(
    admin: Client, connect_role: Connect, role: str
) -> None:
    """The owner of an unmanaged schema can grant on existing objects; MANAGE GRANTS on both."""
    admin.run(f"grant create schema, usage on database amplitude to role {role}")
    owner = connect_role()
    owner.run("create schema amplitude.owned")
    owner.run(f"grant usage on schema amplitude.owned to role {role}")
    future = f"grant select on future tables in schema amplitude.owned to role {role}"
    with pytest.raises(ProgrammingError) as refused:
        owner.run(future)
    assert refused.value.errno == 3001
    admin.run(f"grant manage grants on account to role {role}")
    owner.run(future)


def test_in_a_schema_with_managed_access_the_owner_of_a_table_cannot_grant(
    admin: Client, account: Warehouse, connect_role: Connect, role: str
) -> None:
    """The owner of the schema can, also on future tables; WITH GRANT OPTION does not help."""
    below, schema = f"{role}_TABLES", f"amplitude.{role}"
    admin.run(f"create role {below}")
    admin.run(f"create schema {schema}")
    for grant in ("usage on database amplitude", f"usage, create table on schema {schema}"):
        admin.run(f"grant {grant} to role {below}")
    admin.run(f"grant usage on database amplitude to role {role}")
    owner, maker = connect_role(), as_role(account, below, warehouse="W")
    maker.run(f"create table {schema}.made (a int)")
    grant = f"grant select on table {schema}.made to role public"
    maker.run(f"{grant} with grant option")
    admin.run(f"alter schema {schema} enable managed access")
    with pytest.raises(ProgrammingError) as refused:
        maker.run(grant)
    assert refused.value.errno == 3001
    assert [row[7] for row in admin.rows(f"show schemas like '{role}'")] == ["MANAGED ACCESS"]

    with pytest.raises(ProgrammingError, match="Dependent grant of privilege 'USAGE'"):
        admin.run(f"grant ownership on schema {schema} to role {role}")
    admin.run(f"grant ownership on schema {schema} to role {role} copy current grants")
    owner.run(grant)
    owner.run(f"grant select on future tables in schema {schema} to role public")
    with pytest.raises(ProgrammingError, match="Insufficient privileges to operate on account"):
        owner.run(f"alter schema {schema} disable managed access")
    maker.run(f"create table {schema}.later (a int)")
    admin.run(f"alter schema {schema} disable managed access")
    maker.run(grant)


def test_dropping_a_missing_object_needs_no_privilege(connect_role: Connect) -> None:
    """DROP … IF EXISTS reports that there is nothing to drop."""
    dropped = connect_role().rows("drop table if exists amplitude.raw.never")
    assert dropped == [("Drop statement executed successfully (NEVER already dropped).",)]


def test_a_temporary_table_belongs_to_its_session(
    admin: Client, connect_role: Connect, role: str
) -> None:
    """Its creator reads and writes it without a grant."""
    for grant in QUERY:
        admin.run(f"grant {grant} to role {role}")
    session = connect_role()
    session.run("create temporary table scratch (a int)")
    session.run("insert into scratch values (1)")
    assert session.rows("select a from scratch") == [(1,)]


def test_another_role_changes_the_rights_of_the_session(admin: Client, role: str) -> None:
    """USE ROLE takes effect at once, both ways."""
    admin.run(f"use role {role}")
    assert admin.rows("select current_role(), current_database()") == [(role, None)]
    with pytest.raises(ProgrammingError, match="'AMPLITUDE' does not exist or not authorized"):
        admin.run("select * from t")
    admin.run("use role accountadmin")
    admin.run("select * from t")
    assert admin.rows("select current_database(), current_schema()") == [("AMPLITUDE", "RAW")]


def test_show_hides_objects_that_the_role_cannot_see(
    admin: Client, connect_role: Connect, role: str
) -> None:
    """Integrations, warehouses and file formats are listed for roles with a privilege on them."""
    listed = ("show integrations", "show warehouses like 'w'", "show file formats like 'f'")
    session = connect_role()
    assert [session.rows(sql) for sql in listed] == [[], [], []]
    for grant in ("integration i", "warehouse w", "file format f"):
        admin.run(f"grant usage on {grant} to role {role}")
    assert [len(session.rows(sql)) for sql in listed] == [1, 1, 1]
