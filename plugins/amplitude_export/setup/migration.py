"""The changes that tables of an earlier version need, found by describing them.

Snowflake has no `if not exists` for a column with a default, and none for a new name of a column.
The files of include/sql/setup/objects that change such a column bind the table by one of the values
below (MIGRATED), and are left out if it is None.
"""

from __future__ import annotations

from collections.abc import Mapping


def migration(inventory: Mapping[str, str]) -> dict[str, str | None]:
    """Return the table for each of these changes, or None if it is not needed.

    New tables need none, and so do missing ones.
    """

    def having(table: str, column: str) -> str | None:
        return table if f"column {table}.{column}" in inventory else None

    def without_project(table: str, old_column: str) -> str | None:
        return None if having(table, "PROJECT") else having(table, old_column)

    lock = without_project("amplitude_lock", "LOCKED_AT")
    return {
        "lock_with_run_id": having("amplitude_lock", "RUN_ID"),
        "raw_without_project": without_project("amplitude_raw", "RUN_ID"),
        "loads_without_project": without_project("amplitude_loads", "RUN_ID"),
        # The lock gets its project last: after a set-up that was cut short, they are filled again.
        "loads_without_ids": lock and "amplitude_loads",
        "lock_without_project": lock,
    }
