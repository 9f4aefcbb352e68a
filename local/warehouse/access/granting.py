"""GRANT, REVOKE, SHOW GRANTS and SHOW FUTURE GRANTS."""

from __future__ import annotations

from dataclasses import dataclass, replace

from local.warehouse.access.account import Grant
from local.warehouse.access.names import Names
from local.warehouse.access.privileges import (
    ACCOUNT,
    OWNERSHIP,
    PRIVILEGES,
    USAGE,
    Securable,
    expanded,
    is_to_come,
    to_come,
)
from local.warehouse.access.session import Access
from local.warehouse.access.shown import future, listed, roles
from local.warehouse.errors import error, missing, not_allowed, syntax_error
from local.warehouse.inventory import Inventory
from local.warehouse.properties import Reader
from local.warehouse.results import Answer, done
from local.warehouse.schemas import is_managed


@dataclass(frozen=True)
class Granting:
    """The statements on grants in one session; `inventory` holds the objects to grant on."""

    access: Access
    names: Names
    inventory: Inventory

    def run(self, reader: Reader) -> Answer:
        """Run a statement, from its first word."""
        if reader.take("SHOW GRANTS"):
            return self._show(reader)
        if reader.take("SHOW FUTURE GRANTS"):
            return self._show_future(reader)
        giving = reader.take("GRANT")
        if not giving:
            reader.expect("REVOKE")
        grants = self._role(reader, giving) if reader.take("ROLE") else self._some(reader, giving)
        for grant in grants:
            self._allow(grant)
            if giving and grant.privilege == OWNERSHIP:
                self._give(grant, reader)
        others = [grant for grant in grants if grant.privilege != OWNERSHIP]
        if giving:
            self.access.account.grant(*others)
        else:
            self.access.account.revoke(*others)
        return done()

    def _give(self, grant: Grant, reader: Reader) -> None:
        """Make the role the owner; what becomes of the other grants has to be told."""
        account = self.access.account
        others = [g for g in account.grants() if g.on == grant.on and g.privilege != OWNERSHIP]
        if reader.take("REVOKE CURRENT GRANTS"):
            account.revoke(*others)
        elif others and not reader.take("COPY CURRENT GRANTS"):
            one = others[0]
            raise error(
                3150,
                "42501",
                f"SQL execution error: Dependent grant of privilege '{one.privilege}' on securable "
                f"'{one.on.name}' to role '{one.grantee}' exists. It must be revoked first.",
            )
        account.give(grant.on, grant.grantee)

    def _show(self, reader: Reader) -> Answer:
        """Show the grants TO ROLE, TO USER, OF ROLE, or ON an object."""
        if reader.take("TO ROLE"):
            role = self._known("ROLE", reader.name())
            self._allow_look(role)
            return listed(g for g in self._all() if _to(g) == ("ROLE", role))
        if reader.take("OF ROLE"):
            on = Securable("ROLE", self._known("ROLE", reader.name()))
            return roles(g for g in self._all() if g.on == on and g.privilege == USAGE)
        if reader.take("ON"):
            on = self._existing(reader)
            return listed(g for g in self._all() if on.same_as(g.on))
        user = self._known("USER", reader.name()) if reader.take("TO USER") else self.access.user
        return roles(g for g in self._all() if _to(g) == ("USER", user))

    def _show_future(self, reader: Reader) -> Answer:
        """Show the future grants TO ROLE, or IN a schema or database."""
        if reader.take("TO ROLE"):
            role = self._known("ROLE", reader.name())
            self._allow_look(role)
            return future(g for g in self._of_future() if _to(g) == ("ROLE", role))
        reader.expect("IN")
        place = self._existing(reader)
        return future(g for g in self._of_future() if g.on.name.rpartition(".")[0] == place.name)

    def _role(self, reader: Reader, giving: bool) -> list[Grant]:
        role = self._known("ROLE", reader.name())
        grant = Grant(USAGE, Securable("ROLE", role), *self._grantee(reader, giving))
        self._allow(grant)
        below = self.access.account.inherited({role})
        if giving and grant.granted_to == "ROLE" and grant.grantee in below:
            raise error(
                3005, "42501", f"SQL access control error:\nGranting {role} would make a cycle."
            )
        return [replace(grant, granted_by=self.access.granted_by)]

    def _some(self, reader: Reader, giving: bool) -> list[Grant]:
        wanted = _privileges(reader)
        securables = self._securables(reader)
        to = self._grantee(reader, giving)
        grantable = reader.take("WITH GRANT OPTION")
        return [
            Grant(privilege, on, *to, grantable, self.access.granted_by)
            for on in securables
            for privilege in expanded(wanted, on.kind)
        ]

    def _securables(self, reader: Reader) -> list[Securable]:
        for every in ("FUTURE", "ALL"):
            if reader.take(every):
                kind = _kind(reader, plural=True)
                reader.take("IN")
                place = self._existing(reader)
                if every == "FUTURE":
                    return [to_come(kind, place)]
                return self.inventory.inside(place, kind)
        return [self._existing(reader)]

    def _existing(self, reader: Reader) -> Securable:
        kind = _kind(reader)
        if kind == "ACCOUNT":
            return ACCOUNT
        written = reader.name()
        on = self.names.securable(kind, written)
        manages = self.access.has("MANAGE GRANTS", ACCOUNT) or any(
            self.access.has(OWNERSHIP, place) for place in self._managed(on)
        )
        seen = self.access.sees(on) or manages
        if not (self.inventory.has(on) and seen):
            raise missing(kind.capitalize(), written)
        return on

    def _grantee(self, reader: Reader, giving: bool) -> tuple[str, str]:
        if not reader.take("TO" if giving else "FROM"):
            raise syntax_error("GRANT … TO, REVOKE … FROM.")
        kind = "USER" if reader.take("USER") else "ROLE"
        if kind == "ROLE":
            reader.take("ROLE")
        return kind, self._known(kind, reader.name())

    def _known(self, kind: str, name: str) -> str:
        return self.access.account.get(kind, name).name

    def _allow(self, grant: Grant) -> None:
        """Raise unless the session has OWNERSHIP, WITH GRANT OPTION or MANAGE GRANTS.

        In a schema with managed access it is the OWNERSHIP of the schema.
        """
        access, managed = self.access, self._managed(grant.on)
        may_pass = any(
            held.privilege == OWNERSHIP
            or (held.privilege == grant.privilege and held.grant_option and not managed)
            for held in access.grants_on(managed[0] if managed else grant.on)
        )
        if not (may_pass or access.has("MANAGE GRANTS", ACCOUNT)):
            raise not_allowed(grant.on.kind, grant.on.name.split(".")[-1])

    def _managed(self, on: Securable) -> list[Securable]:
        """Return the schema that the object is in, if it has managed access."""
        return [place for place in on.parents() if is_managed(self.access.account, place)]

    def _allow_look(self, role: str) -> None:
        access = self.access
        if not (
            role in access.roles()
            or access.sees(Securable("ROLE", role))
            or access.has("MANAGE GRANTS", ACCOUNT)
        ):
            raise not_allowed("ROLE", role)

    def _all(self) -> tuple[Grant, ...]:
        return tuple(g for g in self.access.account.grants() if not is_to_come(g.on))

    def _of_future(self) -> tuple[Grant, ...]:
        return tuple(g for g in self.access.account.grants() if is_to_come(g.on))


def _privileges(reader: Reader) -> list[str]:
    """Return the words up to ON, cut at commas."""
    privileges = [reader.words_until("ON", ",")]
    while reader.take(","):
        privileges.append(reader.words_until("ON", ","))
    if not reader.take("ON"):
        raise syntax_error("unexpected end of the statement, ON expected.")
    return privileges


def _kind(reader: Reader, *, plural: bool = False) -> str:
    ending = "S" if plural else ""
    reader.take("STORAGE") or reader.take("EXTERNAL")
    for kind in PRIVILEGES:
        if reader.take(f"{kind}{ending}"):
            return kind
    raise syntax_error("unexpected kind of object.")


def _to(grant: Grant) -> tuple[str, str]:
    return grant.granted_to, grant.grantee
