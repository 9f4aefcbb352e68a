"""The environment of dbt's process, without the variables of other projects on the worker."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

# What a program needs to start, and to know its user, its time zone and where bytecode goes.
_PROCESS = {
    "HOME",
    "LANG",
    "LANGUAGE",
    "LD_LIBRARY_PATH",
    "LOGNAME",
    "PATH",
    "PYTHONDONTWRITEBYTECODE",
    "PYTHONPYCACHEPREFIX",
    "TMPDIR",
    "TZ",
    "USER",
}
_CERTIFICATES = {"CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "SSL_CERT_DIR", "SSL_CERT_FILE"}
# Lower and upper case are both in use.
_PROXIES = {"all_proxy", "http_proxy", "https_proxy", "no_proxy"}
# The identity of the machine or pod, for a login by workload identity; also _PREFIXES.
_IDENTITY = {
    "CLOUDSDK_CONFIG",
    "GCE_METADATA_HOST",
    "GCE_METADATA_IP",
    "GCE_METADATA_ROOT",
    "IDENTITY_ENDPOINT",
    "IDENTITY_HEADER",
    "MSI_ENDPOINT",
    "MSI_SECRET",
}
# How the connector reaches Snowflake from this network; the tasks' own connector reads them, too.
_CONNECTOR = {
    "SNOWFLAKE_DISABLE_PLATFORM_DETECTION",
    "SNOWFLAKE_ENABLE_AWS_WIF_OUTBOUND_TOKEN",
    "SNOWFLAKE_MIN_TLS_VERSION",
    "SNOWFLAKE_TLS_CIPHERS",
    "SNOWFLAKE_WIF_ALLOWED_HOST_SUFFIXES",
}
_NAMES = _PROCESS | _CERTIFICATES | _IDENTITY | _CONNECTOR
_PREFIXES = ("AWS_", "AZURE_", "GOOGLE_", "LC_", "SF_OCSP_")
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
    return {name: value for name, value in given.items() if _passes(name)} | _SET


def caches_in(folder: Path) -> dict[str, str]:
    """Return variables that keep the connector's files in the folder, not in the user's home."""
    return dict.fromkeys(_CACHES, str(folder))


def _passes(name: str) -> bool:
    return name in _NAMES or name.lower() in _PROXIES or name.startswith(_PREFIXES)
