"""An inventory of Snowflake's side, read before and after a step to report what it changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from snowflake.connector.errors import Error

from amplitude_export.errors import WarehouseRefused
from amplitude_export.warehouse.names import TABLES, Names
from amplitude_export.warehouse.session import Session

Inventory = dict[str, str]
"""A line for each property, column and grant, and its value; a grant's value is empty."""

# The properties that the set-up defines; a user has others that change by themselves.
_DESCRIBED = {
    "integration": (
        "ENABLED",
        "STORAGE_AWS_ROLE_ARN",
        "STORAGE_AWS_EXTERNAL_ID",
        "STORAGE_AWS_IAM_USER_ARN",
        "STORAGE_ALLOWED_LOCATIONS",
        "COMMENT",
    ),
    "stage": ("URL", "STORAGE_INTEGRATION", "FORMAT_NAME"),
    "user": (
        "TYPE",
        "DEFAULT_ROLE",
        "DEFAULT_SECONDARY_ROLES",
        "DEFAULT_WAREHOUSE",
        "RSA_PUBLIC_KEY_FP",
        "RSA_PUBLIC_KEY_2_FP",
        "COMMENT",
    ),
}
# Two for a missing object, by its kind; the others are for a missing database or schema.
_MISSING = (2003, 2043, 90105, 90106)


def inventory(session: Session, names: Names) -> Inventory:
    """Return the properties, columns and grants that an administrator sees.

    The statements bind `names.values`: the session has to be opened with them.
    """
    return dict(
        [
            *_properties(session),
            *_comments(session, names),
            *_owners(session, names),
            *columns(session),
            *_grants(session, names),
        ]
    )


def _properties(session: Session) -> Iterator[tuple[str, str]]:
    for what, properties in _DESCRIBED.items():
        for row in _rows(session, f"warehouse/describe_{what}"):
            if row["property"] in properties:
                value = row.get("property_value", row.get("value"))
                # DESC USER has this word where nothing is set.
                yield f"{what} {row['property']}", "" if value in (None, "null") else str(value)


def _comments(session: Session, names: Names) -> Iterator[tuple[str, str]]:
    """Yield the comments of the marked objects that DESC does not describe."""
    for what, name in (("database", names.database), ("role", names.loader)):
        for row in _rows(session, f"setup/inventory/show_{what}"):
            # In a pattern of LIKE, `_` is any character.
            if row["name"] == name:
                yield f"{what} COMMENT", str(row["comment"] or "")


def _owners(session: Session, names: Names) -> Iterator[tuple[str, str]]:
    """Yield the owner of each place, and the options of each schema, such as managed access."""
    schemas = {name: what for what, name in names.places.items() if "." in name}
    for what in ("database", "warehouse"):
        for row in _rows(session, f"setup/inventory/show_{what}"):
            if row["name"] == names.places[what]:
                yield f"{what} OWNER", str(row["owner"] or "")
    for row in _rows(session, "setup/inventory/show_schemas"):
        if schema := schemas.get(f"{names.database}.{row['name']}"):
            yield f"{schema} OWNER", str(row["owner"] or "")
            yield f"{schema} OPTIONS", str(row["options"] or "")


def columns(session: Session) -> Iterator[tuple[str, str]]:
    """Yield each column of the tables that the session can describe, and its type."""
    for table in TABLES:
        for row in _rows(session, "warehouse/describe_table", table=table):
            yield f"column {table}.{row['name']}", str(row["type"])


def _grants(session: Session, names: Names) -> Iterator[tuple[str, str]]:
    own = names.deployment
    for role in (own.owner, names.loader, own.transformer, own.reader, own.analyst):
        for row in _rows(session, "setup/inventory/show_grants_of_role", role=role):
            yield f"role {role} to {row['granted_to']} {row['grantee_name']}", ""
        for row in _rows(session, "setup/inventory/show_grants", role=role):
            on = f"{row['granted_on']} {row['name']}"
            yield f"grant {row['privilege']} on {on} to {role}", ""
        for row in _rows(session, "setup/inventory/show_future_grants", role=role):
            on = f"future {row['grant_on']} {row['name']}"
            yield f"grant {row['privilege']} on {on} to {role}", ""


def changes(before: Inventory, after: Inventory) -> Iterator[str]:
    """Yield a line for each entry that was added, removed or changed."""
    for what in sorted(before.keys() | after.keys()):
        if what not in before:
            yield f"+ {what}{_value(after[what])}"
        elif what not in after:
            yield f"- {what}{_value(before[what])}"
        elif before[what] != after[what]:
            yield f"~ {what}: {before[what] or 'nothing'} → {after[what] or 'nothing'}"


def _value(value: str) -> str:
    return f" = {value}" if value else ""


def _rows(session: Session, statement: str, **values: Any) -> Iterable[Mapping[str, Any]]:
    """Return the statement's rows, and none if the object is missing."""
    try:
        return session.run(statement, **values)
    except WarehouseRefused as refused:
        cause = refused.__cause__
        if isinstance(cause, Error) and cause.errno in _MISSING:
            return []
        raise
