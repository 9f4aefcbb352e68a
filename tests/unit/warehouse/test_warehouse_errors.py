"""Snowflake's error numbers: which errors need a fix, and which a retry."""

from __future__ import annotations

from datetime import timedelta
from unittest.mock import Mock

import pytest
from amplitude_export.errors import PipelineError, WarehouseRefused, WarehouseUnavailable
from amplitude_export.warehouse.errors import LOCK_RETRY_AFTER, UNLOCKED_AFTER, warehouse_error
from amplitude_export.warehouse.session import Session
from snowflake.connector import errors as sf


def error(kind: type[sf.Error], number: int | None, message: str = "It refuses.") -> PipelineError:
    return warehouse_error(kind(msg=message, errno=number), "copy files")


@pytest.mark.parametrize(
    ("kind", "number", "advice"),
    [
        pytest.param(sf.DatabaseError, 250001, "snowflake_default", id="wrong password"),
        pytest.param(sf.DatabaseError, 390101, "set disabled = false", id="disabled"),
        pytest.param(sf.DatabaseError, 390144, "RSA_PUBLIC_KEY", id="JWT"),
        pytest.param(sf.DatabaseError, 390144, "clock is more than a minute off", id="JWT in time"),
        pytest.param(sf.DatabaseError, 390197, "SERVICE", id="second factor"),
        pytest.param(sf.DatabaseError, 390422, "network policy", id="network policy"),
        pytest.param(sf.ForbiddenError, 250001, "snowflake_default", id="403"),
        pytest.param(sf.ProgrammingError, 606, "warehouse", id="no warehouse"),
        pytest.param(sf.ProgrammingError, 2003, "amplitude_setup", id="no such object"),
        pytest.param(
            sf.ProgrammingError, 2043, "amplitude_setup", id="no such object, or no right"
        ),
        pytest.param(sf.ProgrammingError, 3001, "grant", id="privileges"),
        pytest.param(sf.ProgrammingError, 904, "column", id="column"),
        pytest.param(sf.ProgrammingError, 100069, "stage_window.export", id="bad JSON"),
        pytest.param(sf.ProgrammingError, 91016, "stage_window.upload", id="missing file"),
        pytest.param(sf.ProgrammingError, 1003, "act on Snowflake's message", id="syntax"),
        pytest.param(
            sf.ProgrammingError, None, "act on Snowflake's message", id="without a number"
        ),
    ],
)
def test_an_error_that_no_retry_fixes_is_refused_with_advice(
    kind: type[sf.Error], number: int | None, advice: str
) -> None:
    """The message names the action that failed, and includes the warehouse's own message."""
    refused = error(kind, number)
    assert type(refused) is WarehouseRefused
    assert advice in refused.do
    assert "copy files" in refused.what
    assert "It refuses." in refused.what


@pytest.mark.parametrize(
    ("kind", "number", "retry_after"),
    [
        pytest.param(sf.ProgrammingError, 603, None, id="internal error"),
        pytest.param(sf.ProgrammingError, 604, None, id="cancelled"),
        pytest.param(sf.DatabaseError, 390102, UNLOCKED_AFTER, id="locked out"),
        pytest.param(sf.ProgrammingError, 390111, None, id="session gone"),
        pytest.param(sf.ProgrammingError, 390112, None, id="session expired"),
        pytest.param(sf.ProgrammingError, 390114, None, id="token expired"),
        pytest.param(sf.ProgrammingError, 625, LOCK_RETRY_AFTER, id="lock"),
        pytest.param(sf.ProgrammingError, 630, None, id="time limit"),
        pytest.param(sf.ProgrammingError, 90073, LOCK_RETRY_AFTER, id="resource monitor"),
        pytest.param(sf.OperationalError, 250001, None, id="unreachable"),
        pytest.param(sf.OperationalError, None, None, id="lost"),
        pytest.param(sf.InterfaceError, 250002, None, id="connection closed"),
        pytest.param(sf.InternalServerError, 500, None, id="500"),
        pytest.param(sf.ServiceUnavailableError, 503, None, id="503"),
        pytest.param(sf.GatewayTimeoutError, 504, None, id="504"),
        pytest.param(sf.DatabaseError, 300005, None, id="an internal error"),
    ],
)
def test_a_transient_error_is_retried(
    kind: type[sf.Error], number: int | None, retry_after: timedelta | None
) -> None:
    """The delay after a lock is longer than a lost session can hold it."""
    transient = error(kind, number)
    assert type(transient) is WarehouseUnavailable
    assert transient.retry_after == retry_after
    assert "copy files" in transient.what


def test_a_lock_is_retried_after_an_idle_session_has_released_it() -> None:
    """Snowflake aborts its transaction after five idle minutes."""
    assert timedelta(minutes=5) < LOCK_RETRY_AFTER


def test_a_locked_user_is_unlocked_before_the_retry() -> None:
    """Too many failed logins lock a user for fifteen minutes."""
    assert timedelta(minutes=15) < UNLOCKED_AFTER


@pytest.mark.parametrize(
    ("kind", "number"),
    [
        pytest.param(sf.DatabaseError, 390100, id="login"),
        pytest.param(sf.DatabaseError, 390101, id="disabled"),
        pytest.param(sf.ForbiddenError, 403, id="403"),
        pytest.param(sf.ProgrammingError, 606, id="no warehouse"),
        pytest.param(sf.ProgrammingError, 2003, id="no such object"),
        pytest.param(sf.ProgrammingError, 3001, id="privileges"),
        pytest.param(sf.OperationalError, 250001, id="unreachable"),
    ],
)
def test_the_advice_names_the_connection_that_failed(kind: type[sf.Error], number: int) -> None:
    """The administrator logs in with another connection than the loader."""
    refused = warehouse_error(kind(msg="No.", errno=number), "create role", "snowflake_admin")
    assert "snowflake_admin" in refused.do
    assert "snowflake_default" not in refused.do


def test_an_administrator_without_privileges_is_told_which_role_to_use() -> None:
    """Granting privileges to the loader would not help the set-up."""
    error = sf.ProgrammingError(msg="Insufficient privileges", errno=3001)
    refused = warehouse_error(error, "create integration", "snowflake_admin")
    assert "connect snowflake_admin with the role ACCOUNTADMIN" in refused.do


@pytest.mark.parametrize("connection", ["snowflake_default", "snowflake_admin"])
def test_the_errors_of_a_session_name_its_connection(connection: str) -> None:
    """Statements and transaction control do the same."""
    cursor = Mock()
    cursor.execute.side_effect = sf.OperationalError(msg="Gone.", errno=250001)
    session = Session(cursor, {}, connection)
    for run in (
        lambda: session.execute_control("begin"),
        lambda: session.run("doctor/select_session"),
    ):
        with pytest.raises(WarehouseUnavailable, match=connection):
            run()


def test_a_message_does_not_quote_what_snowflake_refused() -> None:
    """It is a part of an event; the file and the line are enough to find it."""
    text = """Error parsing JSON: unknown keyword "jo@example.com", pos 3
  File 'python-import/2026-09-24/1_2026-09-24_02_0.json', line 7, character 3
  Row 7, column "AMPLITUDE_RAW"["$1":1]"""
    what = warehouse_error(sf.ProgrammingError(msg=text, errno=100069), "copy files").what
    assert "Error parsing JSON. " in " ".join(what.split())
    assert "1_2026-09-24_02_0.json', line 7" in what
    assert "example" not in what
