"""Keeps secrets out of messages: of Amplitude, of the registry and of the doctor."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from amplitude_export.errors import PipelineError

_MASK = "***"
# No text has these control characters, and packed data always do.
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")


def redact(text: str, secrets: Iterable[str]) -> str:
    """Return the text with every secret masked, also where it is quoted as Python's repr does."""
    for secret in filter(None, secrets):
        for written in (secret, repr(secret)[1:-1]):
            text = text.replace(written, _MASK)
    return text


def redact_error(error: PipelineError, secrets: Iterable[str]) -> None:
    """Mask the secrets in the error's message: a server can echo what it received."""
    error.what = redact(error.what, secrets)
    error.args = (error.what, *error.args[1:])


def without_login(url: str) -> str:
    """Return host and port of a proxy's address, which can have no scheme, and a login."""
    return (
        urlsplit(url if "://" in url else f"//{url}").netloc.rpartition("@")[2] or "an unknown one"
    )


def excerpt(body: bytes, max_bytes: int) -> str:
    """Return the beginning of a response for a message, at most `max_bytes` bytes of it.

    A body that is cut loses its last word: half of a key would pass every redaction. Of a body that
    is not text there are its first bytes, in hexadecimal.
    """
    text = body[:max_bytes].decode("utf-8", "replace")
    if _CONTROL.search(text):
        return f"(binary, begins with {body[:4].hex(' ')})"
    return re.sub(r"[\w+/=-]+$", "", text, flags=re.ASCII) if len(body) >= max_bytes else text
