"""Checks the connection of Snowflake before a login: members that the connector cannot use."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from amplitude_export.connection import bad_connection, file_fault

_TEXTS = (
    "account",
    "authenticator",
    "azure_conn_id",
    "database",
    "grant_type",
    "host",
    "oauth_password",
    "oauth_username",
    "private_key_content",
    "private_key_file",
    "protocol",
    "proxy_host",
    "proxy_password",
    "proxy_user",
    "refresh_token",
    "region",
    "role",
    "scope",
    "token",
    "token_endpoint",
    "token_file_path",
    "warehouse",
    "workload_identity_provider",
)
_PORTS = ("port", "proxy_port")
_PROTOCOLS = ("http", "https")


def require_usable(conn_id: str, extra: Mapping[str, Any]) -> None:
    """Raise BadSetting for the first member of the extra that the connector cannot use.

    The connector would raise an error without the member's name, or retry the login.
    """
    # Airflow's older forms stored the members with a prefix.
    given = {name.removeprefix("extra__snowflake__"): value for name, value in extra.items()}
    for member, why in _faults(given):
        raise bad_connection(conn_id, f"{member} (extra)", why)


def _faults(given: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for member in _TEXTS:
        if given.get(member) and not isinstance(given[member], str):
            yield member, "it is not text"
    for member in _PORTS:
        if given.get(member) and not _is_port(given[member]):
            yield member, "it is not the number of a port"
    if "protocol" in given and given["protocol"] not in _PROTOCOLS:
        yield "protocol", "it is neither http nor https"
    # Only this kind of login reads the file.
    file = given.get("workload_identity_provider") and given.get("token_file_path")
    if file and (fault := file_fault(file)):
        yield "token_file_path", fault


def _is_port(value: object) -> bool:
    return not isinstance(value, bool) and str(value).isdecimal() and 0 < int(str(value)) < 65536
