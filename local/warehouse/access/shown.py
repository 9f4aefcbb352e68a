"""The rows of SHOW GRANTS and SHOW FUTURE GRANTS."""

from __future__ import annotations

from collections.abc import Iterable

from local.warehouse.access.account import Grant
from local.warehouse.access.privileges import Securable
from local.warehouse.results import Answer

GRANTS_ON = (
    "created_on",
    "privilege",
    "granted_on",
    "name",
    "granted_to",
    "grantee_name",
    "grant_option",
    "granted_by",
)
FUTURE_GRANTS = (
    "created_on",
    "privilege",
    "grant_on",
    "name",
    "grant_to",
    "grantee_name",
    "grant_option",
)
ROLES_TO = ("created_on", "role", "granted_to", "grantee_name", "granted_by")


def listed(grants: Iterable[Grant]) -> Answer:
    """Return the grants on objects."""
    rows = [
        (
            g.created_on,
            g.privilege,
            _words(g.on),
            g.on.name,
            g.granted_to,
            g.grantee,
            _option(g),
            g.granted_by,
        )
        for g in grants
    ]
    return Answer(GRANTS_ON, rows)


def future(grants: Iterable[Grant]) -> Answer:
    """Return the grants on future objects."""
    rows = [
        (g.created_on, g.privilege, _words(g.on), g.on.name, g.granted_to, g.grantee, _option(g))
        for g in grants
    ]
    return Answer(FUTURE_GRANTS, rows)


def _words(on: Securable) -> str:
    return on.kind.replace(" ", "_")


def _option(grant: Grant) -> str:
    return str(grant.grant_option).lower()


def roles(grants: Iterable[Grant]) -> Answer:
    """Return the grants of roles."""
    rows = [(g.created_on, g.on.name, g.granted_to, g.grantee, g.granted_by) for g in grants]
    return Answer(ROLES_TO, rows)
