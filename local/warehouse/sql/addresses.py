"""PARSE_IP and PARSE_URL, in Python. Both return a JSON object, as text.

docs.snowflake.com/en/sql-reference/functions/parse_ip and …/parse_url
"""

from __future__ import annotations

import json
from ipaddress import IPv4Interface, IPv4Network, IPv6Interface, IPv6Network, ip_interface
from typing import Any
from urllib.parse import SplitResult, parse_qsl, urlsplit

from duckdb import DuckDBPyConnection
from duckdb.sqltypes import BIGINT, VARCHAR

from local.warehouse.errors import error


def register(duck: DuckDBPyConnection) -> None:
    """Register both for all sessions of the process."""
    duck.create_function("_sf_parse_ip", parse_ip, [VARCHAR, VARCHAR, BIGINT], VARCHAR)
    duck.create_function("_sf_parse_url", parse_url, [VARCHAR, BIGINT], VARCHAR)


def parse_ip(text: str, kind: str, permissive: int) -> str:
    """Return an address's parts; for other text an object with `error`, or error 100148."""
    try:
        found = ip_interface(text)
    except ValueError:
        return _refused(f"Invalid IP address: {text}", permissive)
    host, _, prefix = text.partition("/")
    described: dict[str, Any] = {
        "family": found.version,
        "host": host,
        "ip_fields": _fields(int(found.ip), found.version),
        "ip_type": kind.lower(),
        "netmask_prefix_length": int(prefix) if prefix.isdigit() else None,
        "snowflake$type": "ip_address",
    }
    return json.dumps(described | (_range(found, bool(prefix))))


def parse_url(text: str, permissive: int) -> str:
    """Return a URL's parts; for other text an object with `error`, or error 100139."""
    try:
        found = urlsplit(text)
        port = found.port
    except ValueError:
        return _refused(f"Could not parse URL: {text}", permissive)
    if not found.scheme:
        return _refused(f"Could not parse URL: scheme not specified: {text}", permissive)
    return json.dumps(
        {
            "fragment": found.fragment or None,
            "host": _host(found),
            "parameters": dict(parse_qsl(found.query, keep_blank_values=True)) or None,
            "path": found.path.removeprefix("/") if found.path else None,
            "port": None if port is None else str(port),
            "query": found.query or None,
            "scheme": found.scheme,
        }
    )


def _refused(text: str, permissive: int) -> str:
    if not permissive:
        raise error(100139, "22000", text)
    return json.dumps({"error": text})


def _host(url: SplitResult) -> str | None:
    return url.netloc.rpartition("@")[2].partition(":")[0] or None


def _fields(number: int, version: int) -> list[int]:
    """Return four numbers of 32 bits, the first of them the address if it is IPv4."""
    if version == 4:
        return [number, 0, 0, 0]
    return [number >> shift & 0xFFFFFFFF for shift in (96, 64, 32, 0)]


def _range(found: IPv4Interface | IPv6Interface, has_prefix: bool) -> dict[str, Any]:
    network: IPv4Network | IPv6Network = found.network
    first, last = int(network.network_address), int(network.broadcast_address)
    own: dict[str, Any]
    if found.version == 4:
        own = {"ipv4": int(found.ip)}
        ends: dict[str, Any] = {"ipv4_range_start": first, "ipv4_range_end": last}
    else:
        own = {"hex_ipv6": f"{int(found.ip):032X}"}
        ends = {"hex_ipv6_range_start": f"{first:032X}", "hex_ipv6_range_end": f"{last:032X}"}
    return own | (ends if has_prefix else {})
