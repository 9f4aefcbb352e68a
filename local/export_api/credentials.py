"""The stand-in's only key pair; plainly no secret, and easy to find in a log it must not be in."""

from __future__ import annotations

import base64
import binascii

from local.export_api.answers import Refused

API_KEY = "local-stand-in-api-key"
SECRET_KEY = "local-stand-in-secret-key"  # noqa: S105


def authorise(header: str | None) -> None:
    """Check an Authorization header. Raises Refused: 401 if it has no key pair, 403 if wrong."""
    scheme, _, encoded = (header or "").partition(" ")
    if scheme.lower() != "basic":
        raise Refused(401, "No credentials: use HTTP Basic with API key and secret key")
    try:
        given = base64.b64decode(encoded, validate=True)
    except binascii.Error as error:
        raise Refused(401, "The credentials are not base64") from error
    if given != f"{API_KEY}:{SECRET_KEY}".encode():
        raise Refused(403, "Invalid API key or secret key for this region")
