"""A session's user, role and virtual warehouse, and what they allow."""

from __future__ import annotations

from dataclasses import dataclass

from local.warehouse.access.account import ADMINISTRATOR, Account, Grant
from local.warehouse.access.privileges import ACCOUNT, ANY, OWNERSHIP, USAGE, Securable, to_come
from local.warehouse.access.warehouses import STARTED, STATE
from local.warehouse.errors import error, missing, not_allowed, unusable

MISSING_TABLE = "SQL compilation error:\nObject '{}' does not exist or not authorized."


@dataclass(frozen=True)
class Need:
    """A need of a statement; `written` is the object's name as the statement has it."""

    privilege: str
    on: Securable
    written: str = ""


class Access:
    """The rights of a session; without a role (the stand-in's administrator) all is allowed."""

    def __init__(
        self,
        account: Account,
        user: str,
        *,
        created: bool = False,
        warehouse: str | None = None,
    ) -> None:
        """Start a session; a user that was not `created` by CREATE USER has every role."""
        self.account = account
        self._created = created
        self.user = user
        self.role: str | None = None
        self._warehouse = warehouse
        # Of the user's roles; None stands for all of them, also those that are granted later.
        self.secondary: tuple[str, ...] | None = ()
        # Temporary tables belong to their session: they have no grants.
        self.temporary: set[str] = set()

    @property
    def granted_by(self) -> str:
        """Return the role that grants, and that owns the new objects of the session."""
        return self.role or ADMINISTRATOR

    @property
    def warehouse(self) -> str | None:
        """Return the warehouse; None if it does not exist, or the role is not allowed to use it."""
        on = Securable("WAREHOUSE", self._warehouse or "")
        return on.name if self.account.find(*on) and self.has(USAGE, on) else None

    def use_warehouse(self, name: str) -> None:
        """Use a warehouse that the role sees."""
        on = Securable("WAREHOUSE", name)
        if not (self.account.find(*on) and self.sees(on)):
            raise unusable()
        self._warehouse = name

    def use_role(self, name: str) -> None:
        """Use a role that the user has."""
        self._require_role(name)
        self.role = name

    def use_secondary_roles(self, names: list[str] | None) -> None:
        """Add the rights of these roles to the session; None stands for all of the user's."""
        for name in names or ():
            self._require_role(name)
        self.secondary = None if names is None else tuple(names)

    def _require_role(self, name: str) -> None:
        if self.account.find("ROLE", name) is None:
            raise unusable()
        if not self.may_be(name):
            raise error(
                3013,
                "42501",
                f"SQL access control error:\nRequested role '{name}' is not assigned to the "
                "executing user. Specify another role to activate.",
            )

    def may_be(self, role: str) -> bool:
        """Return whether the user can take on the role."""
        return not self._created or role in self.account.roles_of("USER", self.user)

    def is_administrator(self) -> bool:
        """Return whether nothing is forbidden."""
        return self.role is None or ADMINISTRATOR in self.roles()

    def primary_roles(self) -> set[str]:
        """Return the session's role with all that are granted to it."""
        return self.account.roles_of("ROLE", self.granted_by)

    def secondary_roles(self) -> set[str]:
        """Return the active secondary roles, without those that are granted to them."""
        own = self.account.granted_to("USER", {self.user})
        return (own if self.secondary is None else own & {*self.secondary}) - {self.granted_by}

    def roles(self) -> set[str]:
        """Return the session's roles, primary and secondary, with all that are granted to them."""
        return self.primary_roles() | self.account.inherited(self.secondary_roles())

    def has(self, privilege: str, on: Securable) -> bool:
        """Return whether the role has the privilege, or owns the object."""
        # Only the primary role can create: docs.snowflake.com, "USE SECONDARY ROLES".
        roles = self.primary_roles() if privilege.startswith("CREATE ") else self.roles()
        return self.is_administrator() or any(
            grant.privilege in (privilege, OWNERSHIP)
            for grant in self.grants_on(on)
            if grant.grantee in roles
        )

    def sees(self, on: Securable) -> bool:
        """Return whether the role has any privilege on it."""
        return self.is_administrator() or bool(self.grants_on(on))

    def grants_on(self, on: Securable) -> list[Grant]:
        """Return the grants of the session's roles on the object."""
        roles = self.roles()
        return [
            grant
            for grant in self.account.grants()
            if grant.granted_to == "ROLE" and grant.grantee in roles and on.same_as(grant.on)
        ]

    def require(self, need: Need) -> None:
        """Raise 2003 for an object that the role cannot see, 3001 for a privilege that it lacks."""
        if self.is_administrator() or need.on.name in self.temporary:
            return
        for parent in need.on.parents():
            if not self.has(USAGE, parent):
                raise missing(parent.kind.capitalize(), parent.name)
        if self.sees(need.on) if need.privilege == ANY else self.has(need.privilege, need.on):
            return
        name = need.written or need.on.name
        if need.on == ACCOUNT or self.sees(need.on):
            raise not_allowed(need.on.kind, name.split(".")[-1])
        if need.on.kind == "TABLE":
            raise error(2003, "42S02", MISSING_TABLE.format(name))
        raise missing(need.on.kind.capitalize(), name)

    def require_integration(self, name: str | None) -> None:
        """Raise unless the role can use a stage's integration, if it has one.

        One page requires it to LIST and COPY, and another does not: here it is required.
        """
        if name:
            self.require(Need(USAGE, Securable("INTEGRATION", name)))

    def require_warehouse(self) -> None:
        """Raise error 606 without a warehouse; resume a suspended one."""
        if self.role is None:
            return
        if self.warehouse is None:
            raise error(
                606,
                "57P03",
                "No active warehouse selected in the current session.  Select an active warehouse "
                "with the 'use warehouse' command.",
            )
        found = self.account.get("WAREHOUSE", self.warehouse)
        if found.properties[STATE] != STARTED:
            self.account.keep(found.kind, found.name, found.properties | {STATE: STARTED})

    def created(self, made: Securable, *, keep_grants: bool = False) -> None:
        """Make the session's role the owner; grants on a replaced object are dropped."""
        if not keep_grants:
            self.account.forget(made)
        if self.role is not None:
            self.account.give(made, self.role)
        self.account.grant(*(Grant(g.privilege, made, g.granted_to, g.grantee, g.grant_option,
                                   g.granted_by) for g in self._future(made)))  # fmt: skip

    def _future(self, made: Securable) -> list[Grant]:
        waiting = [to_come(made.kind, parent) for parent in made.parents()]
        return [grant for grant in self.account.grants() if grant.on in waiting]
