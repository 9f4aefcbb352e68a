"""Snowflake over the provider's hook, with every option that the loads rely on."""

from __future__ import annotations

from typing import Any

from airflow.providers.snowflake.hooks.snowflake import SnowflakeHook
from snowflake.connector import SnowflakeConnection
from snowflake.connector.errors import Error
from snowflake.connector.network import ReauthenticationRequest

from amplitude_export.setup.names import Names
from amplitude_export.warehouse_errors import warehouse_error

# A statement after a failed one must not commit what came before it; a vanished client's statement
# must end; a lock is waited for longer than a usual load takes; times are UTC.
SESSION_PARAMETERS = {
    "ABORT_DETACHED_QUERY": True,
    "LOCK_TIMEOUT": 900,
    "STATEMENT_TIMEOUT_IN_SECONDS": 1500,
    "TIMEZONE": "UTC",
    "TRANSACTION_ABORT_ON_ERROR": True,
}
# Seconds. The connector tries again for ever by default, on HTTP 500 too. It also cancels a
# statement after network_timeout, so that this is longer than a statement may take. Where nobody
# answers it may take twice as long, and that is still less than a task has. It is socket_timeout
# (60 by default) that ends the wait for a server that is silent.
_TIMEOUTS = {"login_timeout": 60, "network_timeout": 1700}
_PASSED_ON = ("protocol", "socket_timeout", *_TIMEOUTS)


class WarehouseHook(SnowflakeHook):
    """A session whose settings do not depend on the account's defaults.

    On top of what SnowflakeHook reads, the connection's extra may hold `protocol`, and in seconds
    `network_timeout`, `login_timeout` and `socket_timeout`.
    """

    def __init__(
        self,
        snowflake_conn_id: str = "snowflake_default",
        query_tag: str = "amplitude",
        **kwargs: Any,
    ) -> None:
        super().__init__(
            snowflake_conn_id=snowflake_conn_id,
            session_parameters={**SESSION_PARAMETERS, "QUERY_TAG": query_tag},
            **kwargs,
        )

    def _get_conn_params(self) -> dict[str, Any]:
        extra = self.get_connection(self.get_conn_id()).extra_dejson
        passed_on = {name: extra[name] for name in _PASSED_ON if name in extra}
        return {**super()._get_conn_params(), **_TIMEOUTS, **passed_on}

    def names(self) -> Names:
        """The login and the places that the connection names. Raises BadSetting for a gap."""
        return Names.of(self._get_conn_params())

    def get_conn(self) -> SnowflakeConnection:
        """A session. Raises WarehouseRefused or WarehouseUnavailable."""
        try:
            return super().get_conn()
        except Error as error:
            raise warehouse_error(error, "open a session") from error
        except ReauthenticationRequest as request:
            # No Error of the connector's; it holds the one that asks for another login.
            raise warehouse_error(request.cause, "open a session") from request
