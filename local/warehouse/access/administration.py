"""CREATE, ALTER, DROP, DESC and SHOW of roles, users and warehouses, and USE of two of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from local.warehouse.access import users, warehouses
from local.warehouse.access.account import SYSTEM_ROLES, Account, AccountObject
from local.warehouse.access.privileges import ACCOUNT, OWNERSHIP, USAGE, Securable
from local.warehouse.access.session import Access, Need
from local.warehouse.errors import COMPILATION, error, not_allowed, syntax_error
from local.warehouse.properties import Reader
from local.warehouse.results import Answer, done, exists, is_like, missing_object

KINDS = ("ROLE", "USER", "WAREHOUSE")


@dataclass(frozen=True)
class Administration:
    """The statements on roles, users and warehouses in one session."""

    access: Access

    @property
    def account(self) -> Account:
        """Return the account."""
        return self.access.account

    def run(self, reader: Reader) -> Answer:
        """Run a statement, from its first word."""
        if reader.take("USE"):
            return self._use(reader)
        if reader.take("SHOW"):
            return self._show(reader)
        verb = _verb(reader)
        kind = next(kind for kind in KINDS if reader.take(kind))
        tolerant = reader.take("IF NOT EXISTS") or reader.take("IF EXISTS")
        name = reader.name()
        if verb.startswith("CREATE"):
            return self._create(verb, kind, name, tolerant, reader)
        if tolerant and self.account.find(kind, name) is None:
            return missing_object(name) if verb == "DROP" else done()
        self._allow(verb, kind, name)
        found = self.account.get(kind, name)
        match verb:
            case "DROP":
                return self._drop(found)
            case "ALTER":
                return self._alter(found, reader)
        return _described(found)

    def _create(self, verb: str, kind: str, name: str, tolerant: bool, reader: Reader) -> Answer:
        self.access.require(Need(f"CREATE {kind}", ACCOUNT))
        there = self.account.find(kind, name)
        if there and verb == "CREATE":
            return exists(kind.capitalize(), name, tolerant=tolerant)
        if there:
            self.access.require(Need(OWNERSHIP, Securable(kind, name)))
            self.account.drop(kind, name)
        reader.take("WITH")
        given = reader.properties()
        made = AccountObject(kind, name, datetime.now(UTC), {})
        self.account.keep(kind, name, _changed(made, given))
        self.access.created(Securable(kind, name))
        return done(f"{kind.capitalize()} {name} successfully created.")

    def _drop(self, found: AccountObject) -> Answer:
        if found.kind == "ROLE" and found.name in SYSTEM_ROLES:
            raise not_allowed("ROLE", found.name)
        self.account.drop(found.kind, found.name)
        return done(f"{found.name} successfully dropped.")

    def _alter(self, found: AccountObject, reader: Reader) -> Answer:
        properties = found.properties
        if reader.take("SET"):
            properties = _changed(found, reader.properties())
        elif reader.take("UNSET"):
            names = [name.upper() for name in reader.rest() if name != ","]
            properties = {key: value for key, value in properties.items() if key not in names}
        elif found.kind == "WAREHOUSE" and reader.take("SUSPEND"):
            properties = properties | {warehouses.STATE: warehouses.SUSPENDED}
        elif found.kind == "WAREHOUSE" and reader.take("RESUME"):
            properties = properties | {warehouses.STATE: warehouses.STARTED}
        else:
            raise syntax_error("only SET and UNSET are offered after ALTER … of this object.")
        self.account.keep(found.kind, found.name, properties)
        return done()

    def _use(self, reader: Reader) -> Answer:
        if reader.take("SECONDARY ROLES"):
            self._use_secondary_roles(reader)
        elif reader.take("ROLE"):
            self.access.use_role(reader.name())
        elif reader.take("WAREHOUSE"):
            self.access.use_warehouse(reader.name())
        return done()

    def _use_secondary_roles(self, reader: Reader) -> None:
        if reader.take("ALL"):
            self.access.use_secondary_roles(None)
        elif reader.take("NONE"):
            self.access.use_secondary_roles([])
        else:
            names = [reader.name()]
            while reader.take(","):
                names.append(reader.name())
            self.access.use_secondary_roles(names)

    def _show(self, reader: Reader) -> Answer:
        reader.take("TERSE")
        kind = next(kind for kind in KINDS if reader.take(f"{kind}S"))
        pattern = reader.text() if reader.take("LIKE") else None
        seen = [
            one
            for one in self.account.all(kind)
            if is_like(pattern, one.name)
            and (kind == "ROLE" or self.access.sees(Securable(kind, one.name)))
        ]
        return _shown(kind, [(one, self.account.owner(Securable(kind, one.name))) for one in seen])

    def _allow(self, verb: str, kind: str, name: str) -> None:
        """Raise unless the role owns it; users can see themselves, MODIFY alters a warehouse."""
        if verb.startswith("DESC") and kind == "USER" and name == self.access.user:
            return
        on = Securable(kind, name)
        lesser = {"ALTER": "MODIFY", "DESC": USAGE, "DESCRIBE": USAGE}.get(verb)
        enough = lesser if kind == "WAREHOUSE" and lesser else OWNERSHIP
        self.access.require(Need(enough, on))


def _verb(reader: Reader) -> str:
    for verb in ("CREATE OR REPLACE", "CREATE", "ALTER", "DESCRIBE", "DESC", "DROP"):
        if reader.take(verb):
            return verb
    raise syntax_error("unexpected verb")


def _changed(one: AccountObject, given: dict[str, Any]) -> dict[str, str]:
    match one.kind:
        case "USER":
            return users.changed(one, given)
        case "WAREHOUSE":
            return warehouses.changed(one, given)
    for name in given.keys() - {"COMMENT"}:
        raise error(1420, "42601", f"{COMPILATION}invalid property '{name}' for 'ROLE'")
    return one.properties | given


def _described(found: AccountObject) -> Answer:
    """Return the description of a role or warehouse: when it was created, and its kind."""
    if found.kind == "USER":
        return users.described(found)
    row = (found.created_on, found.name, found.kind)
    return Answer(("created_on", "name", "kind"), [row])


def _shown(kind: str, rows: list[tuple[AccountObject, str]]) -> Answer:
    if kind == "WAREHOUSE":
        return Answer(warehouses.SHOWN, [warehouses.shown(one, owner) for one, owner in rows])
    if kind == "USER":
        return Answer(users.SHOWN, [users.shown(one, owner) for one, owner in rows])
    roles = [(r.created_on, r.name, owner, r.properties.get("COMMENT")) for r, owner in rows]
    return Answer(("created_on", "name", "owner", "comment"), roles)
