"""Airflow's connections: whether one is broken, and errors that name a member of one."""

from __future__ import annotations

import json
import re
import ssl
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from amplitude_export.errors import BadSetting

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
# The members of a connection's JSON.
_MEMBERS = {"conn_type", "description", "host", "login", "password", "schema", "port", "extra"}


def bad_connection(conn_id: str, member: str, why: str, do: str = "") -> BadSetting:
    """Return the error for a `member` of a connection, such as `region_name (extra)`."""
    return BadSetting(
        f"The connection {conn_id} cannot be used. {member}: {why.rstrip('.')}.",
        do or f"correct {member} in the connection {conn_id}.",
    )


def latin1_fault(text: str) -> str:
    """Name the first character that is not Latin-1, the encoding of HTTP's headers; else empty."""
    try:
        text.encode("latin-1")
    except UnicodeEncodeError as error:
        odd = f"U+{ord(text[error.start]):04X}"
        return f"character {error.start + 1} is {odd}, which HTTP cannot send; enter it again"
    return ""


def key_fault(text: str) -> str:
    """Name the first character that no key has: a line end, another control, or not Latin-1."""
    if found := _CONTROL.search(text):
        return (
            f"character {found.start() + 1} is U+{ord(found[0]):04X}, a line end or another "
            "control character; enter it again"
        )
    return latin1_fault(text)


def ca_fault(path: str) -> str:
    """Return why a file or folder of CA certificates cannot be used, or an empty text."""
    try:
        place = {"capath": path} if Path(path).is_dir() else {"cafile": path}
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(**place)
    except (OSError, ValueError) as error:
        return f"{path!r} is not a file of certificates that can be read, {error}"
    return ""


def file_fault(path: str) -> str:
    """Return why a file cannot be read, or an empty text.

    Without its path: it is the secret itself if a user entered the secret in its place.
    """
    try:
        Path(path).read_bytes()
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or type(error).__name__
        return f"the file cannot be read, {why}"
    return ""


def read_connection(
    conn_id: str, get: Callable[[str], Any], backends: Callable[[], Iterable[Any]]
) -> Any:
    """Return what `get` returns, Airflow's connection. Raises BadSetting if it is broken.

    Airflow reports a connection that it cannot parse as missing, and an extra that it cannot parse
    as empty. `backends` returns its secrets backends, which have the text of such a connection.
    """
    try:
        connection = get(conn_id)
    except Exception:
        why = next(filter(None, (_parse_fault(each, conn_id) for each in backends())), "")
        if not why:
            raise
    else:
        why = _connection_fault(connection)
        if not why:
            return connection
    # Raised outside of the handler: a chained error could show the text, which has secrets.
    raise BadSetting(
        f"The connection {conn_id} exists, but it is broken: {why}.",
        "correct it where it is defined: .env.example shows connections as JSON.",
    )


def _parse_fault(backend: Any, conn_id: str) -> str:
    """Return why the backend's text is not a connection; empty if it is one, or is missing."""
    try:
        text = backend.get_conn_value(conn_id)
    except Exception:
        # Not a backend of texts, or not reachable: Airflow's own error remains.
        return ""
    if not text:
        return ""
    try:
        return _connection_fault(backend.deserialize_connection(conn_id, text))
    except json.JSONDecodeError as error:
        return f"its text is not JSON, {error}"
    except Exception:
        return _member_fault(text)


def _member_fault(text: str) -> str:
    """Name the member that Airflow cannot use, without its value."""
    if not text.strip().startswith("{"):
        return "its text is not a URI that can be parsed (special characters have to be quoted)"
    if unknown := json.loads(text).keys() - _MEMBERS:
        return f"a connection has no {', '.join(sorted(unknown))}"
    return "its port has to be a whole number, its extra an object, and all else text"


def _connection_fault(connection: Any) -> str:
    # Airflow takes any text that is not an object for a URI; without a scheme this has no type.
    if connection.conn_type == "":
        return "its text is neither a JSON object nor a URI"
    for member in ("login", "password", "host", "schema"):
        # Airflow cannot mask a number, and reports the connection as missing.
        if not isinstance(getattr(connection, member), str | None):
            return f"its {member} is not text"
    try:
        extra = json.loads(connection.extra or "{}")
    except ValueError as error:
        return f"its extra is not JSON, {error}"
    return "" if isinstance(extra, dict) else "its extra is not a JSON object"
