"""The reference and the warehouse both give the answers in sample_answers."""

from __future__ import annotations

from typing import Any

import pytest

from tests.transform import sample_answers
from tests.transform.reference import Seeds, expected
from tests.transform.reference.columns import COLUMNS
from tests.transform.sample_answers import ANSWERS, DAY, answer, shown
from tests.transform.warehouse import Chain, exported


@pytest.fixture(scope="module")
def reference() -> dict[str, list[dict[str, Any]]]:
    """Return the reference's tables of the sample."""
    return expected({"default": exported({DAY: sample_answers.lines()})}, [], Seeds.read())


@pytest.fixture(scope="module")
def warehouse(chain: Chain) -> Chain:
    """Build the warehouse from the sample."""
    chain.put_networks([])
    chain.hold({DAY: sample_answers.lines()})
    chain.run("--full-refresh", tests=False)
    return chain


@pytest.mark.parametrize("table", ANSWERS)
def test_the_reference_gives_the_written_answer(table, reference):
    """It needs no warehouse."""
    columns, *_ = written = answer(table)
    assert shown(columns, reference[table]) == written


@pytest.mark.parametrize("table", ANSWERS)
def test_the_warehouse_gives_the_written_answer(table, warehouse):
    """dbt has built these tables."""
    columns, *_ = written = answer(table)
    assert shown(columns, warehouse.table(table)) == written


def test_no_value_of_the_sample_is_bad(reference):
    """Missing values and `EMPTY` are not bad either."""
    assert {event["bad_fields"] for event in reference["stg_events"]} == {None}


def test_the_answers_name_columns_of_the_tables():
    """The compared columns are among those of the reference."""
    assert all(set(answer(table)[0]) <= set(COLUMNS[table]) for table in ANSWERS)
