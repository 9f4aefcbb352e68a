"""A session opens a connection and a cursor, and closes both."""

from __future__ import annotations

from unittest.mock import Mock, call

import pytest
from amplitude_export.errors import WarehouseRefused
from amplitude_export.warehouse.session import Session
from amplitude_export.warehouse.transaction import locked_transaction
from snowflake.connector import DictCursor
from snowflake.connector.errors import OperationalError, ProgrammingError

CLOSED = [call.cursor().close(), call.close()]


def statements(connection: Mock) -> list[str]:
    """The control statements that the cursor executed."""
    executed = [given.args[0] for given in connection.cursor.return_value.execute.call_args_list]
    return [text for text in executed if "\n" not in text]


@pytest.fixture
def connection() -> Mock:
    """A connection whose cursor changes one row with each statement."""
    connection = Mock()
    connection.cursor.return_value.rowcount = 1
    connection.reset_mock()
    return connection


def test_the_cursor_is_closed_before_its_connection(connection: Mock) -> None:
    """The cursor returns rows as dicts."""
    with Session.opened(lambda: connection):
        pass
    assert connection.mock_calls == [call.cursor(DictCursor), *CLOSED]


def test_a_block_that_raises_closes_both(connection: Mock) -> None:
    """The error is raised to the caller."""
    with pytest.raises(KeyError), Session.opened(lambda: connection):
        raise KeyError
    assert connection.mock_calls[-2:] == CLOSED


def test_a_session_without_a_cursor_closes_its_connection(connection: Mock) -> None:
    """The login can end between the two."""
    connection.cursor.side_effect = OperationalError(msg="Gone.")
    with pytest.raises(OperationalError), Session.opened(lambda: connection):
        pass
    assert connection.mock_calls[-1] == call.close()


def test_a_transaction_is_committed_and_closed(connection: Mock) -> None:
    """The lock row is changed in between."""
    with locked_transaction(lambda: connection, {"run_id": "run"}):
        pass
    assert statements(connection) == ["begin transaction", "commit"]
    assert connection.mock_calls[-2:] == CLOSED


def test_a_transaction_that_fails_is_rolled_back_and_closed(connection: Mock) -> None:
    """No commit follows."""
    with pytest.raises(KeyError), locked_transaction(lambda: connection, {"run_id": "run"}):
        raise KeyError
    assert statements(connection) == ["begin transaction", "rollback"]
    assert connection.mock_calls[-2:] == CLOSED


def test_a_failed_rollback_does_not_hide_the_error(
    connection: Mock, caplog: pytest.LogCaptureFixture
) -> None:
    """The log names the failure; the end of the session rolls back."""

    def execute(text: str, *values: object) -> None:
        if text == "rollback":
            raise ProgrammingError(msg="No rollback today.")

    connection.cursor.return_value.execute.side_effect = execute
    with pytest.raises(KeyError), locked_transaction(lambda: connection, {"run_id": "run"}):
        raise KeyError
    assert "No rollback today." in caplog.text


def test_a_transaction_without_a_lock_row_is_refused(connection: Mock) -> None:
    """Two loads could run at the same time."""
    connection.cursor.return_value.rowcount = 0
    with (
        pytest.raises(WarehouseRefused, match="no row to lock"),
        locked_transaction(lambda: connection, {"run_id": "run"}),
    ):
        pass
    assert statements(connection) == ["begin transaction", "rollback"]
