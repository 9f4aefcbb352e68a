"""The privileges of each role in the three schemas after the set-up."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import snowflake.connector
from amplitude_export.errors import WarehouseRefused
from amplitude_export.setup.inventory import Inventory, changes, inventory
from amplitude_export.setup.objects import ADMIN, create
from amplitude_export.setup.ownership import owned
from amplitude_export.warehouse.hook import WarehouseHook
from amplitude_export.warehouse.names import Names
from amplitude_export.warehouse.session import Session
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)
from snowflake.connector import DictCursor
from snowflake.connector.errors import ProgrammingError

from local.launcher.connections import private_key, snowflake_server
from local.warehouse import Warehouse
from tests.pipeline.stand_ins import NAMES, TRUST, set_up

SECURITY = Path(__file__).resolve().parents[2] / "docs" / "security.md"
ADMINISTRATOR = "ACCOUNTADMIN"
DEPLOYMENT = NAMES.deployment
ANALYST, READER = DEPLOYMENT.analyst, DEPLOYMENT.reader
TRANSFORMER = DEPLOYMENT.transformer
NOT_AUTHORIZED, NO_PRIVILEGE = 2003, 3001
As = Callable[..., list[tuple[Any, ...]]]


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    """Snowflake after the set-up, with a table and a view in each layer."""
    file = tmp_path_factory.mktemp("roles") / "warehouse.duckdb"
    with Warehouse(file, "http://127.0.0.1:9") as made:
        set_up(made, "amplitude-events", names(made))
        run(
            made,
            TRANSFORMER,
            *(f"create table {layer}.made (a int)" for layer in ("silver", "gold")),
            *(f"create view {layer}.seen as select 1 as a" for layer in ("silver", "gold")),
            "insert into gold.made values (1)",
        )
        yield made


def names(warehouse: Warehouse) -> Names:
    """Return the names with the service user's key."""
    key = load_pem_private_key(private_key(key_file(warehouse)), None).public_key()
    der = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return replace(NAMES, public_key=b64encode(der).decode())


def key_file(warehouse: Warehouse) -> Path:
    return warehouse.file.with_name("service.p8")


def run(warehouse: Warehouse, role: str, *statements: str) -> list[tuple[Any, ...]]:
    """Run the statements in a role, and return the rows of the last one.

    The service user has two of the roles; all others are those of a user who has only one.
    """
    place = {**warehouse.connection(), "warehouse": NAMES.warehouse, "role": role}
    if role in (NAMES.loader, TRANSFORMER):
        place |= {"user": NAMES.user, "private_key_file": str(key_file(warehouse))}
        del place["password"]
    with closing(snowflake.connector.connect(**place)) as session, session.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
        return list(cursor.fetchall())


@pytest.fixture
def as_role(warehouse: Warehouse) -> As:
    """Return `run` for the warehouse."""
    return lambda role, *statements: run(warehouse, role, *statements)


def test_the_transformer_can_create_and_change_the_objects_of_dbt(as_role: As) -> None:
    """Tables and views of both layers are created, commented on, altered, filled and dropped."""
    for layer in ("silver", "gold"):
        as_role(
            TRANSFORMER,
            f"create or replace transient table {layer}.facts as select * from amplitude_raw",
            f"create or replace view {layer}.facts_now as select * from {layer}.facts",
            f"comment on table {layer}.facts is 'one row for each event'",
            f"alter table {layer}.facts alter run_id comment $$who loaded it$$",
            f"alter table {layer}.facts add column a int",
            f"insert into {layer}.facts select * from {layer}.facts",
            f"delete from {layer}.facts",
            f"drop view {layer}.facts_now",
            f"drop table {layer}.facts",
        )
    assert as_role(TRANSFORMER, "select * from ip_networks") == []


REFUSED = {
    "the transformer deletes raw events": (
        TRANSFORMER,
        "delete from amplitude_raw",
        NO_PRIVILEGE,
    ),
    "the transformer reads the ledger": (
        TRANSFORMER,
        "select * from amplitude_loads",
        NOT_AUTHORIZED,
    ),
    "the transformer writes the networks": (
        TRANSFORMER,
        "insert into ip_networks values (1, 2, 3, 'four')",
        NO_PRIVILEGE,
    ),
    "the transformer makes a raw table": (
        TRANSFORMER,
        "create table raw.mine (a int)",
        NO_PRIVILEGE,
    ),
    "the transformer makes a schema": (TRANSFORMER, "create schema mine", NO_PRIVILEGE),
    "the transformer grants a raw table": (
        TRANSFORMER,
        "grant select on table amplitude_raw to role public",
        NO_PRIVILEGE,
    ),
    "the transformer grants gold": (
        TRANSFORMER,
        "grant select on table gold.made to role public",
        NO_PRIVILEGE,
    ),
    "the transformer grants future silver": (
        TRANSFORMER,
        "grant select on future tables in schema silver to role public",
        NO_PRIVILEGE,
    ),
    "the loader reads gold": (NAMES.loader, "select * from gold.made", NOT_AUTHORIZED),
    "the loader changes networks": (NAMES.loader, "update ip_networks set asn = 1", NO_PRIVILEGE),
    "the analyst reads raw": (ANALYST, "select * from raw.amplitude_raw", NOT_AUTHORIZED),
    "the analyst reads silver": (ANALYST, "select * from silver.made", NOT_AUTHORIZED),
    "the analyst writes gold": (ANALYST, "delete from gold.made", NO_PRIVILEGE),
    "the analyst makes a view": (
        ANALYST,
        "create view gold.mine as select 1 as a",
        NO_PRIVILEGE,
    ),
    "the reader writes silver": (READER, "delete from silver.made", NO_PRIVILEGE),
    "the reader deletes networks": (READER, "delete from ip_networks", NO_PRIVILEGE),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_role_is_refused_what_it_does_not_need(as_role: As, case: str) -> None:
    """As in Snowflake, an object that the role cannot see does not exist for it."""
    role, statement, number = REFUSED[case]
    with pytest.raises(ProgrammingError) as refused:
        as_role(role, statement)
    assert refused.value.errno == number, refused.value


@pytest.mark.parametrize("role", [ANALYST, READER])
def test_tables_of_gold_that_are_created_after_the_set_up_can_be_read(
    as_role: As, role: str
) -> None:
    """Views too, and a table that dbt has replaced, which loses its grants."""
    assert as_role(role, "select a from gold.made") == [(1,)]
    assert as_role(role, "select a from gold.seen") == [(1,)]
    as_role(TRANSFORMER, "create or replace table gold.again as select 1 as a")
    as_role(TRANSFORMER, "create or replace table gold.again as select 2 as a")
    assert as_role(role, "select a from gold.again") == [(2,)]


@pytest.mark.parametrize(
    "name",
    [
        "silver.made",
        "silver.seen",
        "amplitude_raw",
        "amplitude_loads",
        "amplitude_files",
        "ip_networks",
    ],
)
def test_a_reader_can_select_from_silver_and_raw(as_role: As, name: str) -> None:
    """The sources of every answer are readable."""
    as_role(READER, f"select * from {name}")


def test_the_owner_of_the_raw_objects_owns_their_places(warehouse: Warehouse) -> None:
    """It can grant GOLD, which the transformer cannot; what another role owns stays with it."""
    found = read_inventory(warehouse)
    owners = {what: found[f"{what} OWNER"] for what in NAMES.places}
    assert set(owners.values()) == {DEPLOYMENT.owner}
    managed = {what: found.get(f"{what} OPTIONS") for what in NAMES.places}
    assert managed["silver"] == managed["gold"] == "MANAGED ACCESS"
    run(warehouse, DEPLOYMENT.owner, "grant select on table gold.made to role amplitude_reader")

    found |= {"database OWNER": "ACCOUNTADMIN", "warehouse OWNER": "SYSADMIN"}
    del found["raw OWNER"]
    assert owned(found, NAMES) == {
        "owned_database": "AMPLITUDE",
        "owned_warehouse": None,
        "owned_raw": "AMPLITUDE.RAW",
        "owned_silver": None,
        "owned_gold": None,
    }


def test_the_documented_statements_are_accepted(as_role: As) -> None:
    """Those of the network policy, and of a grant on GOLD; a set-up leaves both."""
    text = SECURITY.read_text()
    policy = text.partition("### Network policy")[2].partition("```sql\n")[2].partition("```")[0]
    (grants,) = re.findall(r"(?:^    grant .* on .*;\n)+", text, re.M)
    script = (
        f"create role reports;\n{policy}{grants}grant usage on warehouse amplitude to role <role>"
    )
    for statement in script.replace("<role>", "reports").split(";\n"):
        if statement.strip():
            as_role(ADMINISTRATOR, statement)
    assert as_role("REPORTS", "select a from amplitude.gold.made") == [(1,)]
    as_role(ADMINISTRATOR, "drop role reports")


@pytest.fixture
def with_all_roles(as_role: As) -> Iterator[None]:
    """Give the service user all its roles in every session, as an earlier set-up did."""
    for value in ("'ALL'", ""):
        as_role(
            ADMINISTRATOR,
            f"alter user amplitude_airflow set default_secondary_roles = ({value})",
        )
        if value:
            yield


def test_a_session_of_the_project_has_the_rights_of_one_role(
    warehouse: Warehouse, as_role: As, with_all_roles: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the user's default is; a session that something else opens has all of them."""
    as_role(NAMES.loader, "select * from gold.made")
    key = b64encode(key_file(warehouse).read_bytes()).decode()
    place = {"role": NAMES.loader, "warehouse": NAMES.warehouse, "database": NAMES.database}
    server = snowflake_server(warehouse.url)
    connection = {
        "conn_type": "snowflake",
        "login": NAMES.user,
        "schema": NAMES.schema,
        "extra": {**server, **place, "private_key_content": key},
    }
    monkeypatch.setenv("AIRFLOW_CONN_SNOWFLAKE_DEFAULT", json.dumps(connection))
    with closing(WarehouseHook().get_conn()) as session, session.cursor() as cursor:
        with pytest.raises(ProgrammingError) as refused:
            cursor.execute("select * from gold.made")
        assert refused.value.errno == NOT_AUTHORIZED

    # A token for one role: the statement is refused, which matters only if there are other roles.
    warehouse.fail("refuse", statement="use secondary roles none", errno=3001, times=2)
    try:
        with pytest.raises(WarehouseRefused, match="failed to use primary role"):
            WarehouseHook().get_conn()
        as_role(ADMINISTRATOR, "alter user amplitude_airflow set default_secondary_roles = ()")
        WarehouseHook().get_conn().close()
        assert warehouse.failed == 2
    finally:
        warehouse.recover()


def test_a_set_up_takes_the_other_roles_from_a_session(
    warehouse: Warehouse, as_role: As, with_all_roles: None
) -> None:
    """Of a user that an earlier version created; it reports the change."""
    before = read_inventory(warehouse)
    set_up(warehouse, "amplitude-events")
    assert list(changes(before, read_inventory(warehouse))) == [
        '~ user DEFAULT_SECONDARY_ROLES: ["ALL"] → []'
    ]
    with pytest.raises(ProgrammingError, match="does not exist or not authorized"):
        as_role(NAMES.loader, "select * from gold.made")


def test_the_loader_can_replace_the_networks(as_role: As) -> None:
    """The DAG does so once a month, in one transaction."""
    rows = as_role(
        NAMES.loader,
        "begin transaction",
        "delete from ip_networks",
        "insert into ip_networks values (16777216, 18446744073709551615, 64496, 'example')",
        "select first_key, last_key, asn, name from ip_networks",
    )
    assert rows == [(16777216, 18446744073709551615, 64496, "example")]


def read_inventory(warehouse: Warehouse) -> Inventory:
    def connect() -> Any:
        return snowflake.connector.connect(**warehouse.connection())

    with Session.opened(connect, NAMES.values) as session:
        return inventory(session, NAMES)


def test_a_second_set_up_changes_nothing_but_restores_what_was_removed(
    warehouse: Warehouse, as_role: As
) -> None:
    """A grant, a future grant, a grant of a role, a column and the user's role were removed."""
    before = read_inventory(warehouse)
    set_up(warehouse, "amplitude-events")
    assert list(changes(before, read_inventory(warehouse))) == []
    as_role(
        ADMINISTRATOR,
        "revoke select on future views in schema gold from role amplitude_analyst",
        "revoke select on table gold.made from role amplitude_analyst",
        "revoke role amplitude_transformer from user amplitude_airflow",
        "revoke role amplitude_analyst from role amplitude_reader",
        "alter table ip_networks drop column name",
    )
    after = read_inventory(warehouse)
    taken = [line.removeprefix("- ") for line in changes(before, after)]
    assert taken == [
        "column ip_networks.NAME = VARCHAR(16777216)",
        "grant SELECT on TABLE AMPLITUDE.GOLD.MADE to AMPLITUDE_ANALYST",
        "grant SELECT on future VIEW AMPLITUDE.GOLD.<VIEW> to AMPLITUDE_ANALYST",
        "grant USAGE on ROLE AMPLITUDE_ANALYST to AMPLITUDE_READER",
        "role AMPLITUDE_ANALYST to ROLE AMPLITUDE_READER",
        "role AMPLITUDE_TRANSFORMER to USER AMPLITUDE_AIRFLOW",
    ]
    set_up(warehouse, "amplitude-events")
    assert [
        line for line in changes(before, read_inventory(warehouse)) if "column" not in line
    ] == []


def test_the_session_stays_in_the_raw_schema(warehouse: Warehouse) -> None:
    """A new schema becomes the session's; the statements after it name raw objects without one."""
    values = {**NAMES.values, **TRUST, "stage_url": "s3://amplitude-events/"}
    with closing(snowflake.connector.connect(**warehouse.connection())) as connection:
        cursor = connection.cursor()
        cursor.execute("drop schema gold")
        create(Session(connection.cursor(DictCursor), {}), ADMIN, values)
        assert cursor.execute("select current_schema()").fetchone() == ("RAW",)
