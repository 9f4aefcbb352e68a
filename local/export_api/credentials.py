"""The stand-in's only key pair: obviously not a secret, and easy to find in a log."""

from __future__ import annotations

import base64
import binascii

from local.export_api.answers import Refused

API_KEY = "local-stand-in-api-key"
SECRET_KEY = "local-stand-in-secret-key"  # noqa: S105


def authorise(header: str | None) -> None:
    """Check an Authorization header; raise Refused: 401 without a key pair, 403 for a wrong one."""
    scheme, _, encoded = (header or "").partition(" ")
    if scheme.lower() != "basic":
        raise Refused(401, "No credentials: use HTTP Basic with API key and secret key")
    try:
        given = base64.b64decode(encoded, validate=True)
    except binascii.Error as error:
        raise Refused(401, "The credentials are not base64") from error
    if given != f"{API_KEY}:{SECRET_KEY}".encode():
        raise Refused(403, "Invalid API key or secret key for this region")
