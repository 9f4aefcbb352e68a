"""The environment of child processes: an allow-list.

A task's own environment can have all of Airflow's secrets: the Fernet key, the key that signs
tokens, the metadata's password, and connections, also administrators'. A child needs none of them.
"""

from __future__ import annotations

from collections.abc import Mapping

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
_LOCALE = ("LC_",)
_CERTIFICATES = {"CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "SSL_CERT_DIR", "SSL_CERT_FILE"}
# Lower and upper case are both in use.
_PROXIES = {"all_proxy", "http_proxy", "https_proxy", "no_proxy"}
# The identity of the machine or pod, for a login by workload identity; also _CLOUDS.
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
_CLOUDS = ("AWS_", "AZURE_", "GOOGLE_")


def for_program(given: Mapping[str, str]) -> dict[str, str]:
    """Return the variables for a child that uses no network."""
    return {name: value for name, value in given.items() if _is_for_program(name)}


def for_client(given: Mapping[str, str]) -> dict[str, str]:
    """Return the variables for a child that reaches a cloud from this network, by its identity."""
    return {
        name: value
        for name, value in given.items()
        if _is_for_program(name)
        or name in _CERTIFICATES | _IDENTITY
        or name.lower() in _PROXIES
        or name.startswith(_CLOUDS)
    }


def _is_for_program(name: str) -> bool:
    return name in _PROCESS or name.startswith(_LOCALE)
