"""Lost sessions, locks and responses of Snowflake, and waits that end."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from typing import Any

import pytest
import snowflake.connector
from amplitude_export.errors import WarehouseUnavailable
from amplitude_export.warehouse.hook import SESSION_PARAMETERS

from local.warehouse import Warehouse
from tests.faults.matrix import KEPT, LANDED, SAMPLE, Row, Stage
from tests.pipeline.stand_ins import connection

# Seconds within which a load with the short timeouts below fails, including its pauses.
SOON = 20
COPY, LEDGER, COMMIT = "^copy into", "^insert into", "^commit"


@pytest.fixture
def impatient(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    """Allow one second of silence, two seconds for a statement, and two for a login."""
    patience = {"socket_timeout": 1, "network_timeout": 2, "login_timeout": 2}
    there = connection(warehouse.port)
    there["extra"] |= patience
    monkeypatch.setenv("AIRFLOW_CONN_SNOWFLAKE_DEFAULT", json.dumps(there))


@pytest.mark.parametrize("before", [COPY, LEDGER, COMMIT])
def test_a_session_that_dies_changes_nothing(stage: Stage, before: str) -> None:
    """After the delete, the copy or the ledger; the retry has a new session, and loads."""
    stage.warehouse.fail("session_dies", statement=before)
    message = ("390111", "nothing was committed, or the retry replaces it")
    error = stage.require(Row(error=WarehouseUnavailable, message=message, files=LANDED))
    stage.require_retry(error)


def test_a_lost_response_to_the_commit_is_loaded_once_by_the_retry(stage: Stage) -> None:
    """The day is already loaded although the task has failed; the retry replaces it."""
    stage.warehouse.fail("lost_answer", statement=COMMIT)
    error = stage.run()
    assert isinstance(error, WarehouseUnavailable)
    assert "failed to commit" in str(error)
    stage.require_loaded(SAMPLE)
    assert stage.run() is None
    stage.require_loaded(SAMPLE)
    assert stage.files == KEPT


@pytest.mark.parametrize(
    ("name", "statement"),
    [("unavailable", COPY), ("reset", COMMIT), ("unanswered", COPY), ("unanswered", COMMIT)],
)
def test_a_statement_that_the_connector_repeats_runs_once(
    stage: Stage, name: str, statement: str
) -> None:
    """The task does not notice; the statement runs once, and the day is loaded once."""
    stage.warehouse.fail(name, statement=statement)
    stage.require(Row(files=KEPT))
    assert stage.statements.count("copy into") == 1
    assert stage.statements.count("commit") == 1


@pytest.mark.parametrize("name", ["unavailable", "reset", "hang"])
@pytest.mark.parametrize("fields", [{"login": True}, {"statement": COPY}], ids=["login", "copy"])
def test_a_warehouse_that_does_not_respond_fails_the_load(
    stage: Stage,
    impatient: None,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    fields: dict[str, Any],
) -> None:
    """It fails within seconds of its limits, without a second wait for a rollback."""
    assert stage.run(until="upload") is None
    stage.warehouse.fail(name, times=None, **fields)
    began = time.monotonic()
    message = ("the retry replaces it",)
    error = stage.require(Row(error=WarehouseUnavailable, message=message, files=LANDED))
    assert time.monotonic() - began < SOON
    assert "The rollback failed" not in stage.seen()
    patient = connection(stage.warehouse.port)
    monkeypatch.setenv("AIRFLOW_CONN_SNOWFLAKE_DEFAULT", json.dumps(patient))
    stage.require_retry(error)


def test_a_statement_that_takes_too_long_is_ended(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The session's own limit ends it, however long it would have taken."""
    monkeypatch.setitem(SESSION_PARAMETERS, "STATEMENT_TIMEOUT_IN_SECONDS", 1)
    stage.warehouse.fail("slow", statement=COPY, seconds=3600)
    message = ("failed to copy files", "statement or warehouse timeout of 1 second")
    error = stage.require(Row(error=WarehouseUnavailable, message=message, files=LANDED))
    stage.require_retry(error)


def test_days_and_hours_are_read_whatever_formats_the_account_has(stage: Stage) -> None:
    """An administrator can set other ones for the account or the user."""
    stage.warehouse.fail("account_formats", statement="::(date|timestamp)", times=None)
    stage.require(Row(files=KEPT))


@pytest.fixture
def other(warehouse: Warehouse) -> Iterator[Callable[[str], Any]]:
    """Open another session."""
    with closing(snowflake.connector.connect(**warehouse.connection())) as session:
        yield session.cursor().execute


def test_a_load_waits_for_a_lock_and_then_fails(
    stage: Stage, other: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It waits LOCK_TIMEOUT, here one second; the retry comes after a lost lock is freed."""
    monkeypatch.setitem(SESSION_PARAMETERS, "LOCK_TIMEOUT", 1)
    other("begin transaction")
    other("update amplitude_lock set locked_by = 'another'")
    message = ("failed to take lock", "AMPLITUDE_LOCK")
    error = stage.require(Row(error=WarehouseUnavailable, message=message, files=LANDED))
    assert error
    assert error.retry_after == timedelta(minutes=6)
    other("rollback")
    stage.require_retry(error)
