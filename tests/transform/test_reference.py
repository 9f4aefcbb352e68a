"""dbt's tables of generated worlds equal those of an independent reference."""

from __future__ import annotations

from typing import Any

import pytest

from tests.transform import worlds
from tests.transform.alphabets import NETWORKS
from tests.transform.differences import difference
from tests.transform.reference import Seeds, expected
from tests.transform.reference.columns import COLUMNS
from tests.transform.warehouse import Chain, Contents, exported

# A run of dbt costs seconds and an event next to nothing, so all worlds are in one warehouse.
WORLDS = 20

Tables = dict[str, list[dict[str, Any]]]


@pytest.fixture(scope="module")
def contents() -> dict[str, Contents]:
    """Return the worlds' rows by project."""
    return worlds.projects(worlds.some(worlds.days(), WORLDS))


@pytest.fixture(scope="module")
def reference(contents: dict[str, Contents]) -> Tables:
    """Return the reference's tables."""
    rows = {project: exported(days) for project, days in contents.items()}
    return expected(rows, NETWORKS, Seeds.read())


@pytest.fixture(scope="module")
def built(chain: Chain, contents: dict[str, Contents]) -> Chain:
    """Build the warehouse from all worlds."""
    chain.put_networks(NETWORKS)
    chain.hold(**contents)
    chain.run("--full-refresh")
    return chain


@pytest.mark.parametrize("table", COLUMNS)
def test_a_table_matches_the_definitions(table, reference, built):
    """Every row is equal; the difference names project and world, by the device."""
    columns = COLUMNS[table]
    found = difference(columns, reference[table], built.table(table))
    assert not found, found


@pytest.mark.parametrize(
    ("table", "column", "values"),
    [
        ("stg_repeats", "reason", {"uuid", "insert_id"}),
        ("repeated_clicks", "is_rage_click", {True, False}),
        (
            "menu_confusion",
            "sign",
            {"opened_and_closed", "link_to_same_page", "back_and_forth"},
        ),
        ("sessions", "has_end", {True, False}),
        ("dim_users", "is_anonymous", {True, False}),
        ("companies", "company_signal", {"network", "email"}),
        (
            "ip_owners",
            "network_class",
            {"business", "consumer", "education", "cloud", "relay", "unknown"},
        ),
    ],
)
def test_the_worlds_contain_each_case(table, column, values, reference):
    """Otherwise empty tables would agree as well."""
    assert {row[column] for row in reference[table]} == values


def test_no_table_is_empty(reference):
    """The worlds have rows for each."""
    assert all(reference.values())
