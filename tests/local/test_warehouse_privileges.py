"""A role is allowed what it was granted, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count

import pytest
from snowflake.connector.errors import ProgrammingError

from tests.local.warehouse_client import PLACE, QUERY, SETUP, Client

Connect = Callable[..., Client]
NUMBERS = count()


@pytest.mark.parametrize(
    ("sql", "needed"),
    [
        ("select * from amplitude.raw.t", (*QUERY, "select on table t")),
        ("select * from amplitude.raw.v", (*QUERY, "select on view v")),
        (
            "with t as (select * from amplitude.raw.u) select * from t",
            (*QUERY, "select on table u"),
        ),
        (
            "select count(*) from amplitude.raw.t as one, (select * from amplitude.raw.u) as two",
            (*QUERY, "select on table t", "select on table u"),
        ),
        ("insert into amplitude.raw.t values (1)", (*QUERY, "insert on table t")),
        (
            "insert into amplitude.raw.t select * from amplitude.raw.u",
            (*QUERY, "insert on table t", "select on table u"),
        ),
        (
            "insert overwrite into amplitude.raw.t select 1",
            (*QUERY, "insert on table t", "delete on table t"),
        ),
        ("update amplitude.raw.t set a = 1", (*QUERY, "update on table t")),
        (
            "update amplitude.raw.t set a = u.a from amplitude.raw.u where t.a = u.a",
            (*QUERY, "update on table t", "select on table u"),
        ),
        ("delete from amplitude.raw.t where a = 1", (*QUERY, "delete on table t")),
        (
            "delete from amplitude.raw.t where a in (select a from amplitude.raw.u)",
            (*QUERY, "delete on table t", "select on table u"),
        ),
        (
            "merge into amplitude.raw.t using amplitude.raw.u on t.a = u.a "
            "when matched then update set a = 1 when not matched then insert (a) values (1)",
            (*QUERY, *(f"{may} on table t" for may in ("select", "insert", "update")),
             "select on table u"),
        ),
        ("truncate table amplitude.raw.t", (*PLACE, "truncate on table t")),
        (
            "copy into amplitude.raw.json from @amplitude.raw.s/granted/ "
            "file_format = (format_name = 'amplitude.raw.f')",
            (*QUERY, "insert on table json", "usage on stage s", "usage on file format f",
             "usage on integration i"),
        ),
        (
            "select $1 from @amplitude.raw.s/granted/ (file_format => 'amplitude.raw.txt')",
            (*QUERY, "usage on stage s", "usage on file format txt", "usage on integration i"),
        ),
        ("list @amplitude.raw.s/granted/", (*PLACE, "usage on stage s", "usage on integration i")),
        ("desc stage amplitude.raw.s", (*PLACE, "usage on stage s")),
        ("desc table amplitude.raw.t", (*PLACE, "select on table t")),
        ("desc file format amplitude.raw.f", (*PLACE, "usage on file format f")),
        ("desc integration i", ("usage on integration i",)),
        ("create table amplitude.raw.new{n} (a int)", (*PLACE, "create table on schema raw")),
        (
            "create table amplitude.raw.new{n} as select * from amplitude.raw.t",
            (*QUERY, "create table on schema raw", "select on table t"),
        ),
        ("create temporary table new{n} (a int)", PLACE),
        (
            "create view amplitude.raw.new{n} as select * from amplitude.raw.t",
            (*PLACE, "create view on schema raw", "select on table t"),
        ),
        (
            "create file format amplitude.raw.new{n} type = json",
            (*PLACE, "create file format on schema raw"),
        ),
        (
            f"create stage amplitude.raw.new{{n}} url = '{SETUP['stage_url']}' "
            "storage_integration = i",
            (*PLACE, "create stage on schema raw", "usage on integration i"),
        ),
        (
            "create schema amplitude.new{n}",
            ("usage on database amplitude", "create schema on database amplitude"),
        ),
        ("create database new{n}", ("create database on account",)),
        ("create role new{n}", ("create role on account",)),
        ("create user new{n}", ("create user on account",)),
        ("create warehouse new{n}", ("create warehouse on account",)),
        (
            "create storage integration new{n} type = external_stage enabled = true",
            ("create integration on account",),
        ),
        ("alter warehouse w set comment = 'altered'", ("modify on warehouse w",)),
        ("use schema amplitude.raw", PLACE),
    ],
)  # fmt: skip
def test_a_statement_needs_each_of_its_privileges(
    admin: Client,
    connect_role: Connect,
    role: str,
    sql: str,
    needed: tuple[str, ...],
) -> None:
    """With all of them it runs; without any one of them it is refused, as in Snowflake."""
    statement = sql.format(n=next(NUMBERS))
    for grant in needed:
        admin.run(f"grant {grant} to role {role}")
    session = connect_role()
    for missing in needed:
        admin.run(f"revoke {missing} from role {role}")
        with pytest.raises(ProgrammingError) as raised:
            session.run(statement)
        assert raised.value.errno in (606, 2003, 2043, 3001), raised.value
        admin.run(f"grant {missing} to role {role}")
    session.run(statement)


@pytest.mark.parametrize(
    "sql",
    [
        "drop table t",
        "alter table t add column b int",
        "create or replace table t (b int)",
        "alter stage s set url = 's3://elsewhere/'",
        "drop stage s",
        "drop file format f",
        "alter file format f set compression = gzip",
        "drop view v",
        "comment on table t is 'mine'",
        "alter storage integration i set enabled = false",
        "drop integration i",
        "drop warehouse w",
        "drop schema amplitude.raw",
        "grant select on table t to role public",
        "grant role sysadmin to role public",
        "alter role sysadmin set comment = 'mine'",
    ],
)
def test_only_the_owner_changes_an_object(
    admin: Client, connect_role: Connect, role: str, sql: str
) -> None:
    """All privileges but OWNERSHIP are not enough, and the object stays."""
    for grant in (
        *("all on database amplitude", "all on schema raw", "all on table t", "all on view v"),
        *("all on stage s", "all on file format f", "all on integration i", "all on warehouse w"),
    ):
        admin.run(f"grant {grant} to role {role}")
    with pytest.raises(ProgrammingError) as raised:
        connect_role().run(sql)
    assert raised.value.errno in (2003, 3001)
    admin.run("select t.a from t, v")
    admin.run("list @s")
