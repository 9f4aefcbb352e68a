"""The account's roles, users, warehouses and grants: in memory, and in the catalogue file."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable
from dataclasses import astuple, dataclass, field, replace
from datetime import UTC, datetime

from duckdb import DuckDBPyConnection

from local.warehouse.access.privileges import ACCOUNT, OWNERSHIP, USAGE, Securable
from local.warehouse.errors import missing

OBJECTS = "_fs_global._fs_information_schema._warehouse_account_objects"
GRANTS = "_fs_global._fs_information_schema._warehouse_grants"
CREATION = f"""
create table if not exists {OBJECTS} (
    kind text, name text, created_on timestamptz, properties text, primary key (kind, name)
);
create table if not exists {GRANTS} (
    privilege text, granted_on text, name text, granted_to text, grantee text,
    grant_option boolean, granted_by text, created_on timestamptz
)
"""
SAME = "privilege = ? and granted_on = ? and name = ? and granted_to = ? and grantee = ?"
ADMINISTRATOR = "ACCOUNTADMIN"
PUBLIC = "PUBLIC"
SYSTEM_ROLES = (ADMINISTRATOR, "SECURITYADMIN", "SYSADMIN", "USERADMIN", PUBLIC)


@dataclass(frozen=True)
class Grant:
    """A privilege on an object for a role; for a role, USAGE on it for a role or user."""

    privilege: str
    on: Securable
    granted_to: str
    grantee: str
    grant_option: bool = False
    granted_by: str = ""
    created_on: datetime = field(default_factory=lambda: datetime.now(UTC), compare=False)


@dataclass(frozen=True)
class AccountObject:
    """A role, user or warehouse, with the properties that were set."""

    kind: str
    name: str
    created_on: datetime
    properties: dict[str, str]


LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
# Every account has these from the start.
BORN_WITH = tuple(
    Grant(privilege, on, "ROLE", role, created_on=LONG_AGO)
    for role, privilege, on in (
        (ADMINISTRATOR, USAGE, Securable("ROLE", "SECURITYADMIN")),
        (ADMINISTRATOR, USAGE, Securable("ROLE", "SYSADMIN")),
        ("SECURITYADMIN", USAGE, Securable("ROLE", "USERADMIN")),
        ("SECURITYADMIN", "MANAGE GRANTS", ACCOUNT),
        ("SYSADMIN", "CREATE DATABASE", ACCOUNT),
        ("SYSADMIN", "CREATE WAREHOUSE", ACCOUNT),
        ("USERADMIN", "CREATE ROLE", ACCOUNT),
        ("USERADMIN", "CREATE USER", ACCOUNT),
    )
)


class Account:
    """The account's objects and grants: read from memory, changed in the file first."""

    def __init__(self, duck: DuckDBPyConnection) -> None:
        self._duck = duck
        self._guard = threading.RLock()
        duck.execute(CREATION)
        self._objects = self._saved_objects()
        self._grants = self._saved_grants()

    def find(self, kind: str, name: str) -> AccountObject | None:
        """Return the role, user or warehouse of that name, or None."""
        return self._objects.get((kind, name))

    def get(self, kind: str, name: str) -> AccountObject:
        """Return the object of that name; raise error 2003 if it does not exist."""
        found = self.find(kind, name)
        if found is None:
            raise missing(kind.capitalize(), name)
        return found

    def all(self, kind: str) -> list[AccountObject]:
        """Return all objects of a kind, by name."""
        return sorted(
            (one for one in self._objects.values() if one.kind == kind), key=lambda one: one.name
        )

    def keep(self, kind: str, name: str, properties: dict[str, str]) -> AccountObject:
        """Add an object, or replace its properties."""
        with self._guard:
            known = self.find(kind, name)
            kept = AccountObject(
                kind, name, known.created_on if known else datetime.now(UTC), properties
            )
            row = [kind, name, kept.created_on, json.dumps(properties)]
            self._duck.execute(f"insert or replace into {OBJECTS} values (?, ?, ?, ?)", row)  # noqa: S608
            self._objects = self._objects | {(kind, name): kept}
        return kept

    def drop(self, kind: str, name: str) -> None:
        """Drop an object with the grants on it and to it."""
        with self._guard:
            self._duck.execute(f"delete from {OBJECTS} where kind = ? and name = ?", [kind, name])  # noqa: S608
            self._objects = {key: one for key, one in self._objects.items() if key != (kind, name)}
            self.forget(Securable(kind, name))
            self._write(g for g in self._grants if (g.granted_to, g.grantee) != (kind, name))

    def grants(self) -> tuple[Grant, ...]:
        """Return all grants, oldest first."""
        return (*BORN_WITH, *self._grants)

    def grant(self, *given: Grant) -> None:
        """Grant a privilege; an existing grant does not change."""
        with self._guard:
            known = {_key(grant) for grant in self.grants()}
            self._write([*self._grants, *(g for g in given if _key(g) not in known)])

    def revoke(self, *taken: Grant) -> None:
        """Revoke a privilege; one that was not granted is not an error, as in Snowflake."""
        keys = {_key(grant) for grant in taken}
        with self._guard:
            self._write(grant for grant in self._grants if _key(grant) not in keys)

    def forget(self, gone: Securable) -> None:
        """Drop all grants on an object and on its contents."""
        with self._guard:
            self._write(g for g in self._grants if not (gone.same_as(g.on) or gone.holds(g.on)))

    def rename(self, old: Securable, new: Securable) -> None:
        """Rename an object with its grants."""
        with self._guard:
            self._write(
                replace(g, on=Securable(g.on.kind, new.name)) if old.same_as(g.on) else g
                for g in self._grants
            )

    def give(self, owned: Securable, role: str) -> None:
        """Make the role the only owner."""
        with self._guard:
            others = [
                g for g in self._grants if not (g.privilege == OWNERSHIP and owned.same_as(g.on))
            ]
            ownership = Grant(OWNERSHIP, owned, "ROLE", role, grant_option=True, granted_by=role)
            self._write([*others, ownership])

    def owner(self, owned: Securable) -> str:
        """Return the role that owns the object; empty if none was recorded."""
        owners = [g.grantee for g in self._grants if g.privilege == OWNERSHIP and g.on == owned]
        return owners[0] if owners else ""

    def roles_of(self, kind: str, name: str) -> set[str]:
        """Return a role with all roles that it inherits, or all roles that a user can take on."""
        own = {name} if kind == "ROLE" else self.granted_to(kind, {name})
        return self.inherited({PUBLIC, *own})

    def inherited(self, roles: set[str]) -> set[str]:
        """Return these roles and, transitively, all that are granted to them."""
        more = self.granted_to("ROLE", roles) - roles
        return self.inherited(roles | more) if more else roles

    def granted_to(self, kind: str, names: set[str]) -> set[str]:
        """Return the roles that are granted to these users, or to these roles, themselves."""
        return {
            grant.on.name
            for grant in self.grants()
            if grant.on.kind == "ROLE"
            and grant.privilege == USAGE
            and grant.granted_to == kind
            and grant.grantee in names
        }

    def _write(self, grants: Iterable[Grant]) -> None:
        kept = tuple(grants)
        had = set(self._grants)
        taken, given = had - set(kept), [g for g in kept if g not in had]
        if not (taken or given):
            return
        # Closing the cursor rolls back what was not committed.
        with self._duck.cursor() as duck:
            duck.begin()
            for grant in taken:
                duck.execute(f"delete from {GRANTS} where {SAME}", _key(grant))  # noqa: S608
            for grant in given:
                row = [grant.privilege, *grant.on, *astuple(grant)[2:]]
                duck.execute(f"insert into {GRANTS} values (?, ?, ?, ?, ?, ?, ?, ?)", row)  # noqa: S608
            duck.commit()
        self._grants = kept

    def _saved_objects(self) -> dict[tuple[str, str], AccountObject]:
        rows = self._duck.execute(f"select * from {OBJECTS}").fetchall()  # noqa: S608
        saved = [AccountObject(row[0], row[1], row[2], json.loads(row[3])) for row in rows]
        system = [AccountObject("ROLE", name, LONG_AGO, {}) for name in SYSTEM_ROLES]
        return {(one.kind, one.name): one for one in [*system, *saved]}

    def _saved_grants(self) -> tuple[Grant, ...]:
        rows = self._duck.execute(f"select * from {GRANTS} order by created_on").fetchall()  # noqa: S608
        return tuple(Grant(row[0], Securable(*row[1:3]), *row[3:]) for row in rows)


def _key(grant: Grant) -> tuple[str, ...]:
    return (grant.privilege, *grant.on, grant.granted_to, grant.grantee)
