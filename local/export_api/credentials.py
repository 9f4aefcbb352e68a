"""The check of a request's keys, which name its project."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable

from local.export_api.answers import Refused
from local.export_api.projects import Project


def project_of(header: str | None, projects: Iterable[Project]) -> Project:
    """Return the project whose keys an Authorization header has.

    Raises Refused: 401 without a key pair, 403 for one that is not a project's, as are the API key
    of one project with the secret key of another.
    """
    scheme, _, encoded = (header or "").partition(" ")
    if scheme.lower() != "basic":
        raise Refused(401, "No credentials: use HTTP Basic with API key and secret key")
    try:
        given = base64.b64decode(encoded, validate=True)
    except binascii.Error as error:
        raise Refused(401, "The credentials are not base64") from error
    for project in projects:
        if given == f"{project.api_key}:{project.secret_key}".encode():
            return project
    raise Refused(403, "Invalid API key or secret key for this region")
