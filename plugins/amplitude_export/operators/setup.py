"""The operator of the set-up: one SQL file, over the same session settings as the loads."""

from __future__ import annotations

from airflow.providers.common.sql.operators.sql import SQLExecuteQueryOperator

from amplitude_export.hooks.warehouse import WarehouseHook


class WarehouseSetupOperator(SQLExecuteQueryOperator):
    """SQLExecuteQueryOperator with the loads' hook: the provider's drops protocol and timeouts."""

    def get_db_hook(self) -> WarehouseHook:
        """The loads' own hook for the operator's connection."""
        return WarehouseHook(self.conn_id or "snowflake_default", query_tag="amplitude_setup")
