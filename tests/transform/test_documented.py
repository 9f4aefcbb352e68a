"""Each column that dbt builds is described beside its model; docs/tables.md repeats that."""

from __future__ import annotations

from typing import Any

import pytest

from tests.transform.warehouse import Chain
from tools import tables

# By table, such as `gold.daily`: its columns.
Columns = dict[str, set[str]]

# Relations are names of the contract, whatever the files of the models are called.
RELATIONS = """
    silver.base_events silver.events_fresh silver.stg_events silver.stg_repeats
    silver.events silver.sessions silver.clicks silver.devices silver.user_devices
    silver.device_days silver.ip_owners
    silver.affected_days silver.affected_devices silver.staged_days
    gold.fct_events gold.fct_sessions gold.dim_devices gold.dim_users gold.dim_locations
    gold.journeys gold.journey_steps gold.repeated_clicks gold.menu_confusion gold.companies
    gold.daily gold.network_classes gold.network_class_patterns gold.free_mail_domains
"""


@pytest.fixture(scope="module")
def built(chain: Chain) -> Columns:
    """Build all tables and views from no rows."""
    chain.hold({})
    outcome = chain.worker.run("build", "--exclude-resource-type", "test")
    assert outcome.success, outcome
    columns: Columns = {}
    for row in chain.rows(
        "select table_schema, table_name, column_name from information_schema.columns "
        "where table_schema in ('SILVER', 'GOLD')"
    ):
        table = f"{row['table_schema']}.{row['table_name']}".lower()
        columns.setdefault(table, set()).add(row["column_name"].lower())
    return columns


@pytest.fixture(scope="module")
def manifest() -> dict[str, Any]:
    """Return the project as dbt reads it."""
    return tables.manifest()


def test_relations_keep_their_names(built):
    assert built.keys() == set(RELATIONS.split())


def test_every_column_has_a_description(built, manifest):
    """And every description has a column."""
    described = tables.models(manifest, {})
    assert {model.name: set(model.columns) for model in described} == built
    assert all(model.text and model.grain for model in described)
    assert all(text for model in described for text in model.columns.values())


def test_the_page_is_not_stale(manifest):
    """If it fails, run `.venv/bin/python -m tools.tables`."""
    page = tables.PAGE.read_text()
    assert tables.render(page, manifest) == page


def test_provisional_events_are_typed_until_their_day_is_loaded(built, chain: Chain):
    chain.rows(
        "insert into raw.amplitude_provisional select parse_json("
        """'{"uuid": "u1", "device_id": "d1", "event_type": "seen", "event_id": "x"}'), """
        "'2026-11-20', '2026-11-20 07:00:00', 'file', 1, sysdate(), 'hourly', 'default', sysdate()"
    )
    query = "select uuid, device_key, event_type, bad_fields from silver.events_fresh"
    (row,) = chain.rows(query)
    assert [*row.values()] == ["u1", "d1", "seen", "event_id"]
    chain.rows(
        "insert into raw.amplitude_loads (export_day, export_hour, state, files, events, bytes, "
        "run_id, loaded_at, project) values ('2026-11-20', '2026-11-20 00:00:00', 'empty', 0, 0, "
        "0, 'daily', sysdate(), 'default')"
    )
    assert chain.rows(query) == []
    for table in ("amplitude_loads", "amplitude_provisional"):
        chain.rows(f"delete from raw.{table}")


def test_a_class_or_sign_that_is_not_defined_fails_its_test(built, chain: Chain):
    chain.rows("insert into silver.affected_devices values ('default', 'd1')")
    chain.rows("insert into silver.ip_owners values ('default', '192.0.2.1', 1, 'A', 'cafe')")
    chain.rows(
        "insert into gold.menu_confusion (uuid, sign, device_key) values ('u1', 'lost', 'd1')"
    )
    outcome = chain.worker.run("test", "--select", "int_ip_owners", "menu_confusion")
    for table in ("silver.affected_devices", "silver.ip_owners", "gold.menu_confusion"):
        chain.rows(f"delete from {table}")
    failed = sorted(name for name, (status, _) in outcome.nodes.items() if status == "fail")
    assert [name.partition("__")[0] for name in failed] == [
        "accepted_values_int_ip_owners_network_class",
        "accepted_values_menu_confusion_sign",
    ]
