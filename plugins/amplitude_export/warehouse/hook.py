"""Snowflake over the provider's hook, with every option that the loads rely on."""

from __future__ import annotations

from math import ceil
from typing import Any

from airflow.providers.snowflake.hooks.snowflake import SnowflakeHook
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from snowflake.connector import SnowflakeConnection
from snowflake.connector.errors import Error
from snowflake.connector.network import ReauthenticationRequest

from amplitude_export.errors import BadSetting
from amplitude_export.warehouse.errors import warehouse_error
from amplitude_export.warehouse.names import Names

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
_SECONDS = ("socket_timeout", *_TIMEOUTS)


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
        protocol = {"protocol": extra["protocol"]} if "protocol" in extra else {}
        seconds = {name: self._seconds(name, extra[name]) for name in _SECONDS if name in extra}
        return {**super()._get_conn_params(), **protocol, **_TIMEOUTS, **seconds}

    def _seconds(self, name: str, value: Any) -> int:
        """Whole seconds, which is all that the connector takes."""
        try:
            return ceil(float(value))
        except (TypeError, ValueError, OverflowError) as error:
            raise BadSetting(
                f"The connection {self.get_conn_id()} has the {name} {value!r}, which is no number "
                "of seconds.",
                "correct it in its extra.",
            ) from error

    def get_private_key(self) -> PrivateKeyTypes | None:
        """The connection's private key, if it names one. Raises BadSetting for one that is none."""
        try:
            key = super().get_private_key()
        except (TypeError, ValueError, UnsupportedAlgorithm) as error:
            said = str(error)
        except OSError as error:
            # Without the path: where somebody put the key in its place, that is the key.
            said = error.strerror or type(error).__name__
        else:
            extra = self.get_connection(self.get_conn_id()).extra_dejson
            if key or not self._get_field(extra, "private_key_content"):
                return key
            said = "there is nothing in it"
        # Not in the handlers: a chained error would show what its message keeps back.
        raise BadSetting(
            f"The private key of the connection {self.get_conn_id()} cannot be read: {said}",
            "check private_key_file or private_key_content in its extra, and its password, which "
            "is the key's passphrase.",
        )

    def arguments(self) -> dict[str, Any]:
        """What the connector is given, secrets included: for dbt, which logs in by itself."""
        return self._get_conn_params()

    def names(self) -> Names:
        """The login and the places that the connection names. Raises BadSetting for a gap."""
        return Names.of(self._get_conn_params())

    def get_conn(self) -> SnowflakeConnection:
        """A session. Raises BadSetting, WarehouseRefused or WarehouseUnavailable."""
        try:
            return super().get_conn()
        except Error as error:
            raise warehouse_error(error, "open a session", self.get_conn_id()) from error
        except ReauthenticationRequest as request:
            # No Error of the connector's; it holds the one that asks for another login.
            raise warehouse_error(request.cause, "open a session", self.get_conn_id()) from request
