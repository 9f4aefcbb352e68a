"""What dbt builds is described beside the models, which Snowflake shows, and in docs/tables.md."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from amplitude_export.transform.project import PROJECT

from tests.transform.warehouse import Chain

PAGE = Path(__file__).resolve().parents[2] / "docs" / "tables.md"
RECURRING = "Columns that several tables have"

# By table, such as `gold.daily`: its columns.
Columns = dict[str, set[str]]


@pytest.fixture(scope="module")
def built(chain: Chain) -> Columns:
    """All tables and views, made from no rows at all."""
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
def sections() -> Columns:
    """By title of the page: the columns that it explains, and those that it only names."""
    texts = re.findall(r"^### (.+?)\n(.*?)(?=^##|\Z)", PAGE.read_text(), re.M | re.S)
    return {title: explained(text) | also(text) for title, text in texts}


def explained(text: str) -> set[str]:
    """The first cells of a table's rows."""
    return set(re.findall(r"^\| `(\w+)` \|", text, re.M))


def also(text: str) -> set[str]:
    """What follows `Also:`."""
    return set(named(" ".join(re.findall(r"^Also: (.*?)\.$", text, re.M | re.S))))


def named(text: str) -> list[str]:
    """What stands in backticks."""
    return re.findall(r"`([\w.]+)`", text)


def test_every_column_has_a_description(built):
    """And nothing is described that is not there."""
    described = {}
    for file in [*PROJECT.glob("models/*/*.yml"), *PROJECT.glob("seeds/*.yml")]:
        schema = "silver" if file.parent.name in ("changes", "staged") else file.parent.name
        content = yaml.safe_load(file.read_text())
        for table in content.get("models", content.get("seeds")):
            assert table["description"]
            assert all(column["description"] for column in table["columns"])
            name = f"{schema.replace('seeds', 'gold')}.{table['name']}"
            described[name] = {column["name"] for column in table["columns"]}
    assert described == built


def test_the_page_names_every_column(built, sections):
    """And none that is not there."""
    tables = {table: columns for title, columns in sections.items() for table in named(title)}
    assert {name: columns for name, columns in tables.items() if "." in name} == built


def test_the_page_explains_what_it_only_names(sections):
    """Columns of several tables are explained once, and only those that a table has."""
    assert set().union(*map(also, PAGE.read_text().split("\n### "))) == sections[RECURRING]
