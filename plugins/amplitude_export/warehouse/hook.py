"""A hook for Snowflake that sets every option that the loads rely on."""

from __future__ import annotations

from contextlib import closing
from math import ceil
from typing import Any

from airflow.providers.snowflake.hooks.snowflake import SnowflakeHook
from airflow.sdk.execution_time.supervisor import ensure_secrets_backend_loaded
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from snowflake.connector import DictCursor, SnowflakeConnection
from snowflake.connector.errors import Error
from snowflake.connector.network import ReauthenticationRequest

from amplitude_export.connection import bad_connection, read_connection
from amplitude_export.deployment import Deployment
from amplitude_export.errors import BadSetting
from amplitude_export.settings import SNOWFLAKE
from amplitude_export.warehouse.connection import require_usable
from amplitude_export.warehouse.errors import warehouse_error
from amplitude_export.warehouse.names import Names
from amplitude_export.warehouse.roles import use_primary_role
from amplitude_export.warehouse.session import Session

# TRANSACTION_ABORT_ON_ERROR: no statement after a failed one can commit what came before it.
# ABORT_DETACHED_QUERY: the statement of a client that disappears is ended. LOCK_TIMEOUT, like the
# other limit in seconds, is longer than a usual load takes. TIMEZONE: loads compute in UTC. The
# formats: statements have dates as text, which a format of the account or the user would refuse.
SESSION_PARAMETERS = {
    "ABORT_DETACHED_QUERY": True,
    "DATE_INPUT_FORMAT": "AUTO",
    "LOCK_TIMEOUT": 900,
    "STATEMENT_TIMEOUT_IN_SECONDS": 1500,
    "TIMESTAMP_INPUT_FORMAT": "AUTO",
    "TIMEZONE": "UTC",
    "TRANSACTION_ABORT_ON_ERROR": True,
}
# Seconds. By default the connector retries forever, on HTTP 500 too. It also cancels a statement
# after network_timeout, so this is longer than a statement's own limit. If the server does not
# respond, it can take twice as long, which is still less than a task's timeout. A wait for a silent
# server is ended by socket_timeout (60 by default).
_TIMEOUTS = {"login_timeout": 60, "network_timeout": 1700}
_SECONDS = ("socket_timeout", *_TIMEOUTS)


class WarehouseHook(SnowflakeHook):
    """Opens sessions whose settings do not depend on the account's defaults.

    In addition to what SnowflakeHook reads, the connection's extra can have `protocol`, and in
    seconds `network_timeout`, `login_timeout` and `socket_timeout`.
    """

    def __init__(
        self,
        snowflake_conn_id: str = SNOWFLAKE,
        query_tag: str = "amplitude",
        **kwargs: Any,
    ) -> None:
        super().__init__(
            snowflake_conn_id=snowflake_conn_id,
            session_parameters={**SESSION_PARAMETERS, "QUERY_TAG": query_tag},
            **kwargs,
        )

    @classmethod
    def get_connection(cls, conn_id: str) -> Any:
        """Return Airflow's connection. Raises BadSetting if it is broken."""
        return read_connection(conn_id, super().get_connection, ensure_secrets_backend_loaded)

    def _get_conn_params(self) -> dict[str, Any]:
        extra = self.get_connection(self.get_conn_id()).extra_dejson
        require_usable(self.get_conn_id(), extra)
        protocol = {"protocol": extra["protocol"]} if "protocol" in extra else {}
        seconds = {name: self._seconds(name, extra[name]) for name in _SECONDS if name in extra}
        return {**self._provided(), **protocol, **_TIMEOUTS, **seconds}

    def _provided(self) -> dict[str, Any]:
        """Return the arguments that the provider's hook makes. Raises BadSetting."""
        try:
            given: dict[str, Any] = super()._get_conn_params()
            return given
        except (AttributeError, TypeError, ValueError) as error:
            # Of the provider's own checks; a subclass comes from the response of a token's server.
            if type(error) not in (AttributeError, TypeError, ValueError):
                raise
            raise bad_connection(self.get_conn_id(), "extra", str(error)) from error

    def _seconds(self, name: str, value: Any) -> int:
        """Round up to whole seconds: the connector accepts only integers."""
        try:
            return ceil(float(value))
        except (TypeError, ValueError, OverflowError) as error:
            raise BadSetting(
                f"The connection {self.get_conn_id()} has the {name} {value!r}, which is not a "
                "number of seconds.",
                "correct it in the connection's extra.",
            ) from error

    def get_private_key(self) -> PrivateKeyTypes | None:
        """Return the private key that the connection names, if any.

        Raises BadSetting if it cannot be read.
        """
        try:
            key = super().get_private_key()
        except (TypeError, ValueError, UnsupportedAlgorithm) as error:
            why = str(error)
        except OSError as error:
            # Without the path: it is the key itself if a user entered the key in its place.
            why = error.strerror or type(error).__name__
        else:
            extra = self.get_connection(self.get_conn_id()).extra_dejson
            if key or not SnowflakeHook._get_field(self, extra, "private_key_content"):
                return key
            why = "it is empty"
        # Raised outside of the handlers: a chained error would show what this message leaves out.
        raise BadSetting(
            f"The private key of the connection {self.get_conn_id()} cannot be read: {why}",
            "check private_key_file or private_key_content in its extra, and its password, which "
            "is the key's passphrase.",
        )

    def arguments(self) -> dict[str, Any]:
        """Return the connector's arguments, secrets included, for dbt, which logs in by itself."""
        return self._get_conn_params()

    def names(self, deployment: Deployment) -> Names:
        """Return the login and the places that the connection names, for the deployment.

        Raises BadSetting if one is missing.
        """
        return Names.of(self._get_conn_params(), deployment)

    def get_conn(self) -> SnowflakeConnection:
        """Open a session that has the rights of one role.

        Raises BadSetting, WarehouseRefused or WarehouseUnavailable.
        """
        opened = self.log_in()
        try:
            with closing(opened.cursor(DictCursor)) as cursor:
                use_primary_role(Session(cursor, {}, self.get_conn_id()))
        except BaseException:
            opened.close()
            raise
        return opened

    def log_in(self) -> SnowflakeConnection:
        """Open a session that also has the user's default secondary roles.

        Raises as `get_conn` does.
        """
        try:
            return super().get_conn()
        except Error as error:
            raise warehouse_error(error, "open a session", self.get_conn_id()) from error
        except ReauthenticationRequest as request:
            # Not a subclass of the connector's Error; its cause is one.
            raise warehouse_error(request.cause, "open a session", self.get_conn_id()) from request
