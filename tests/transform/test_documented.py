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
    silver.base_events silver.stg_events silver.stg_repeats silver.events silver.sessions
    silver.clicks silver.devices silver.user_devices silver.device_days silver.ip_owners
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
