"""The properties of a virtual warehouse, which only has to exist and be in use."""

from __future__ import annotations

from typing import Any

from local.warehouse.access.account import AccountObject
from local.warehouse.errors import COMPILATION, error

STATE = "STATE"
STARTED = "STARTED"
SUSPENDED = "SUSPENDED"
DEFAULTS = {
    "WAREHOUSE_SIZE": "X-Small",
    "WAREHOUSE_TYPE": "STANDARD",
    "AUTO_SUSPEND": "600",
    "AUTO_RESUME": "true",
    "COMMENT": "",
}
SIZES = ("X-Small", "Small", "Medium", "Large", "X-Large", "2X-Large", "3X-Large", "4X-Large")
OTHER_WORDS = {"XSMALL": "X-Small", "XLARGE": "X-Large", "XXLARGE": "2X-Large"}
SHOWN = ("name", "state", "type", "size", "auto_suspend", "auto_resume", "created_on", "owner",
         "comment")  # fmt: skip


def changed(warehouse: AccountObject, given: dict[str, Any]) -> dict[str, str]:
    """Return the properties with these set; raise for an unknown one."""
    texts = {
        name: str(value).lower() if isinstance(value, bool) else str(value)
        for name, value in given.items()
    }
    suspended = texts.pop("INITIALLY_SUSPENDED", "false") == "true"
    for name in texts.keys() - DEFAULTS.keys():
        raise error(1420, "42601", f"{COMPILATION}invalid property '{name}' for 'WAREHOUSE'")
    if "WAREHOUSE_SIZE" in texts:
        texts["WAREHOUSE_SIZE"] = _size(texts["WAREHOUSE_SIZE"])
    state = {STATE: SUSPENDED if suspended else STARTED}
    return DEFAULTS | state | warehouse.properties | texts


def shown(warehouse: AccountObject, owner: str) -> tuple[Any, ...]:
    """Return a row of SHOW WAREHOUSES; seconds are numbers."""
    values = warehouse.properties
    seconds = values["AUTO_SUSPEND"]
    return (
        warehouse.name,
        values[STATE],
        values["WAREHOUSE_TYPE"],
        values["WAREHOUSE_SIZE"],
        int(seconds) if seconds.isdigit() else None,
        values["AUTO_RESUME"],
        warehouse.created_on,
        owner,
        values["COMMENT"],
    )


def _size(given: str) -> str:
    sizes = {size.upper(): size for size in SIZES} | OTHER_WORDS
    if given.upper() not in sizes:
        raise error(
            1008, "22023", f"{COMPILATION}invalid value [{given}] for parameter 'WAREHOUSE_SIZE'"
        )
    return sizes[given.upper()]
