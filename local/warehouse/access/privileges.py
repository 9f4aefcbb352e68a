"""The privileges that can be granted on each kind of object.

docs.snowflake.com/en/user-guide/security-access-control-privileges, as far as this project goes.
"""

from __future__ import annotations

from typing import NamedTuple

from local.warehouse.errors import syntax_error

OWNERSHIP = "OWNERSHIP"
USAGE = "USAGE"
# Any privilege: enough to see the object.
ANY = "ANY"
PRIVILEGES: dict[str, tuple[str, ...]] = {
    "ACCOUNT": (
        "CREATE DATABASE",
        "CREATE INTEGRATION",
        "CREATE ROLE",
        "CREATE USER",
        "CREATE WAREHOUSE",
        "MANAGE GRANTS",
        "MONITOR USAGE",
    ),
    "DATABASE": (USAGE, "CREATE SCHEMA", "MODIFY", "MONITOR"),
    "SCHEMA": (
        USAGE,
        "CREATE FILE FORMAT",
        "CREATE FUNCTION",
        "CREATE PROCEDURE",
        "CREATE SEQUENCE",
        "CREATE STAGE",
        "CREATE TABLE",
        "CREATE VIEW",
        "MODIFY",
        "MONITOR",
    ),
    "TABLE": ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES"),
    "VIEW": ("SELECT", "REFERENCES"),
    "STAGE": (USAGE, "READ", "WRITE"),
    "FILE FORMAT": (USAGE,),
    "SEQUENCE": (USAGE,),
    "FUNCTION": (USAGE,),
    "PROCEDURE": (USAGE,),
    "INTEGRATION": (USAGE,),
    "WAREHOUSE": (USAGE, "MODIFY", "MONITOR", "OPERATE"),
    "ROLE": (USAGE,),
    "USER": ("MONITOR",),
}
IN_ACCOUNT = ("DATABASE", "INTEGRATION", "ROLE", "USER", "WAREHOUSE")
# Tables and views share their names: a statement does not tell which of them it means.
RELATIONS = ("TABLE", "VIEW")


class Securable(NamedTuple):
    """An object of grants; its name includes database and schema, if it is in one."""

    kind: str
    name: str

    def same_as(self, other: Securable) -> bool:
        """Return whether they are one object; a table's name can be a view's."""
        kinds = RELATIONS if self.kind in RELATIONS else (self.kind,)
        return other.kind in kinds and self.name == other.name

    def parents(self) -> list[Securable]:
        """Return the database, and the schema, that it is in."""
        parts = self.name.split(".")
        if self.kind in ("ACCOUNT", *IN_ACCOUNT):
            return []
        parents = [Securable("DATABASE", parts[0])]
        return parents if self.kind == "SCHEMA" else [*parents, _schema(parts)]

    def holds(self, other: Securable) -> bool:
        """Return whether the other is in this database or schema."""
        return self.kind in ("DATABASE", "SCHEMA") and self in other.parents()


ACCOUNT = Securable("ACCOUNT", "LOCAL")


def to_come(kind: str, place: Securable) -> Securable:
    """Return the placeholder for all future objects of a kind in a schema or database."""
    return Securable(kind, f"{place.name}.<{kind}>")


def is_to_come(on: Securable) -> bool:
    """Return whether it is a placeholder for future objects."""
    return on.name.endswith(">")


def expanded(privileges: list[str], kind: str) -> list[str]:
    """Return the privileges, with ALL expanded; raise for one that the kind does not have."""
    if privileges in (["ALL"], ["ALL PRIVILEGES"]):
        return list(PRIVILEGES[kind])
    for privilege in privileges:
        if privilege not in (*PRIVILEGES[kind], OWNERSHIP):
            raise syntax_error(f"there is no privilege {privilege} on {kind}.")
    return privileges


def _schema(parts: list[str]) -> Securable:
    return Securable("SCHEMA", ".".join(parts[:2]))
