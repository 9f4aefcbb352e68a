"""The sample archive comes to what is written in sample_answers, for both minds."""

from __future__ import annotations

from typing import Any

import pytest

from tests.transform import sample_answers
from tests.transform.reference import Seeds, expected
from tests.transform.reference.columns import COLUMNS
from tests.transform.sample_answers import ANSWERS, DAY, answer, shown
from tests.transform.warehouse import Chain


@pytest.fixture(scope="module")
def reference() -> dict[str, list[dict[str, Any]]]:
    """The reference's tables of the sample."""
    return expected([(DAY, *line) for line in sample_answers.lines()], [], Seeds.read())


@pytest.fixture(scope="module")
def warehouse(chain: Chain) -> Chain:
    """The chain, built from the sample."""
    chain.put_networks([])
    chain.hold({DAY: sample_answers.lines()})
    chain.run("--full-refresh", tests=False)
    return chain


@pytest.mark.parametrize("table", ANSWERS)
def test_the_reference_gives_the_written_answer(table, reference):
    """The reference, which needs no warehouse."""
    columns, *_ = written = answer(table)
    assert shown(columns, reference[table]) == written


@pytest.mark.parametrize("table", ANSWERS)
def test_the_warehouse_gives_the_written_answer(table, warehouse):
    """The tables that dbt has made."""
    columns, *_ = written = answer(table)
    assert shown(columns, warehouse.table(table)) == written


def test_no_value_of_the_sample_is_bad(reference):
    """Also not the missing ones, and those that say EMPTY."""
    assert {event["bad_fields"] for event in reference["stg_events"]} == {None}


def test_the_answers_name_columns_of_the_tables():
    """What is compared is among what the reference has."""
    assert all(set(answer(table)[0]) <= set(COLUMNS[table]) for table in ANSWERS)
