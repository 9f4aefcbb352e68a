"""The assets that the DAGs update and wait for."""

from __future__ import annotations

from airflow.sdk import Asset

from amplitude_export.settings import (
    HOURS_LOADED,
    INVENTORY_TAKEN,
    LEDGER_READ,
    LOADED,
    LOOKED_AGAIN,
    NETWORKS_LOADED,
)

AMPLITUDE_RAW = Asset(LOADED)
# Not AMPLITUDE_RAW: reading the ledger loads nothing, and must not start DAGs that wait for loads.
AMPLITUDE_LOADS = Asset(LEDGER_READ)
IP_NETWORKS = Asset(NETWORKS_LOADED)
# Not AMPLITUDE_RAW either: a day that is the same was not loaded.
SECOND_LOOK = Asset(LOOKED_AGAIN)
AMPLITUDE_INVENTORY = Asset(INVENTORY_TAKEN)
# Not AMPLITUDE_RAW: what is made of final days, such as GOLD, must not listen to hours.
AMPLITUDE_PROVISIONAL = Asset(HOURS_LOADED)
# The tables and views of GOLD, for DAGs that read them.
GOLD_ASSETS = [
    Asset(f"GOLD.{name}")
    for name in (
        "COMPANIES",
        "DAILY",
        "DIM_DEVICES",
        "DIM_LOCATIONS",
        "DIM_USERS",
        "FCT_EVENTS",
        "FCT_SESSIONS",
        "JOURNEYS",
        "JOURNEY_STEPS",
        "MENU_CONFUSION",
        "REPEATED_CLICKS",
    )
]
