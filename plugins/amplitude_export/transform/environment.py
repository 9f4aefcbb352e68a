"""The environment of dbt's process, without secrets and other projects' variables."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from amplitude_export.environment import for_client

# How the connector reaches Snowflake from this network; the tasks' own connector reads them, too.
_CONNECTOR = {
    "SNOWFLAKE_DISABLE_PLATFORM_DETECTION",
    "SNOWFLAKE_ENABLE_AWS_WIF_OUTBOUND_TOKEN",
    "SNOWFLAKE_MIN_TLS_VERSION",
    "SNOWFLAKE_TLS_CIPHERS",
    "SNOWFLAKE_WIF_ALLOWED_HOST_SUFFIXES",
}
_OCSP = "SF_OCSP_"
# Where the connector has its configuration and log, login tokens, and certificates' states.
_CACHES = (
    "SF_OCSP_RESPONSE_CACHE_DIR",
    "SF_TEMPORARY_CREDENTIAL_CACHE_DIR",
    "SNOWFLAKE_HOME",
    "XDG_CACHE_HOME",
)
# Disables dbt's telemetry.
_SET = {"DBT_SEND_ANONYMOUS_USAGE_STATS": "false"}


def dbt_environment(given: Mapping[str, str]) -> dict[str, str]:
    """Return what dbt gets of the worker's variables, and what is the same for each command.

    dbt reads each of its options from a variable `DBT_…` as well: those of another project would
    make it fail, or build nothing and succeed.
    """
    ours = {name: value for name, value in given.items() if _is_for_connector(name)}
    return for_client(given) | ours | _SET


def caches_in(folder: Path) -> dict[str, str]:
    """Return variables that keep the connector's files in the folder, not in the user's home."""
    return dict.fromkeys(_CACHES, str(folder))


def _is_for_connector(name: str) -> bool:
    return name in _CONNECTOR or name.startswith(_OCSP)
