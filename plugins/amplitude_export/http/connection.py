"""Checks the connection of an HTTP host before a request: what HTTP and TLS cannot use."""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from requests.utils import prepend_scheme_if_needed
from urllib3.exceptions import LocationParseError
from urllib3.util import parse_url

from amplitude_export.connection import bad_connection, ca_fault, key_fault, latin1_fault

# The members of the extra that HttpHook reads itself; every other one becomes a header.
_OPTIONS = frozenset(
    {
        "allow_redirects",
        "cert",
        "check_response",
        "max_redirects",
        "proxies",
        "proxy",
        "srv_lookup",
        "stream",
        "timeout",
        "trust_env",
        "verify",
        "verify_ssl",
    }
)
# Keys of proxies whose values are lists of hosts.
_NO_PROXY = ("no", "no_proxy")
# The schemes of proxies; SOCKS takes a library that the user can install.
_PROXY_SCHEMES = ("http", "https", "socks4", "socks4a", "socks5", "socks5h")
# A token of RFC 9110, and a value as requests accepts it.
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"(\S[^\r\n]*)?")


def require_usable(conn_id: str, connection: Any) -> None:
    """Raise BadSetting for the first member of the connection that no request can use."""
    extra = connection.extra_dejson
    for member, why in (
        *_host_faults(connection),
        *_login_faults(connection),
        *_header_faults(extra),
        *_tls_faults(extra),
        *_proxy_faults(extra),
    ):
        raise bad_connection(conn_id, member, why)


def _host_faults(connection: Any) -> Iterator[tuple[str, str]]:
    try:
        _ = urlsplit(host := connection.host or "").port
    except ValueError:
        # Without what is wrong: of `https://key:secret` it is the secret, in the place of a port.
        yield "host", "it is not a URL, or its port is not a number"
    else:
        if host.startswith("://"):
            yield "host", "it is not a URL, it has no scheme such as https"


def _login_faults(connection: Any) -> Iterator[tuple[str, str]]:
    # Without a login HttpHook sends no password either.
    for member in ("login", "password") if connection.login else ():
        if fault := key_fault(str(getattr(connection, member) or "")):
            yield member, fault


def _header_faults(extra: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in extra.items():
        # requests leaves out a header whose value is None.
        if name in _OPTIONS or value is None:
            continue
        if fault := _header_fault(name, value):
            yield f"{name} (extra)", f"it would be sent as a header, and {fault}"


def _header_fault(name: str, value: object) -> str:
    if not _NAME.fullmatch(name):
        return "a header cannot have this name"
    if not isinstance(value, str):
        return "it is not text"
    if not _VALUE.fullmatch(value):
        return "it begins with a blank or has a line break"
    return latin1_fault(value)


def _tls_faults(extra: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name in ("verify", "verify_ssl"):
        if isinstance(extra.get(name), str) and (fault := ca_fault(extra[name])):
            yield f"{name} (extra)", fault
    # An empty object is not the same as none: requests cannot use it as a certificate.
    if ((cert := extra.get("cert")) or cert == {}) and (fault := _certificate_fault(cert)):
        yield "cert (extra)", fault


def _certificate_fault(given: object) -> str:
    files = [given] if isinstance(given, str) else given
    if not isinstance(files, list) or not files or not all(isinstance(each, str) for each in files):
        return "it is neither a path nor a list of two"
    certificate, key, *_ = [*files, None]
    try:
        # An empty password: OpenSSL would wait for one on the terminal.
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_cert_chain(certificate, key, "")
    except (OSError, ValueError, TypeError) as error:
        return f"the certificate or its key cannot be read ({error})"
    return ""


def _proxy_faults(extra: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name in ("proxies", "proxy"):
        given = extra.get(name) or {}
        if not isinstance(given, dict):
            yield f"{name} (extra)", "it is not an object of schemes and URLs"
            continue
        addresses = [url for scheme, url in given.items() if scheme not in _NO_PROXY and url]
        if fault := next(filter(None, map(_proxy_fault, addresses)), ""):
            # Without the address, which can have a password.
            yield f"{name} (extra)", f"it has an address {fault}"


def _proxy_fault(given: object) -> str:
    if not isinstance(given, str):
        return "that is not text"
    try:
        # As requests does: of "proxy:3128" it takes the name for a scheme.
        url = parse_url(prepend_scheme_if_needed(given, "http"))  # type: ignore[no-untyped-call]
    except LocationParseError:
        return "that is not a URL"
    if not url.host:
        return "that is not a URL with a host"
    return "" if url.scheme in _PROXY_SCHEMES else "whose scheme is not that of a proxy"
