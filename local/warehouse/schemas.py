"""Schemas with managed access, and SHOW SCHEMAS.

In such a schema the owner of a table cannot grant on it: docs.snowflake.com, "ALTER SCHEMA".
"""

from __future__ import annotations

from dataclasses import dataclass

from local.warehouse.access.account import LONG_AGO, Account
from local.warehouse.access.names import Names
from local.warehouse.access.privileges import ACCOUNT, OWNERSHIP, Securable
from local.warehouse.access.session import Access, Need
from local.warehouse.errors import missing, unusable
from local.warehouse.inventory import Inventory
from local.warehouse.properties import Reader
from local.warehouse.results import Answer, done, is_like

SCHEMA = "SCHEMA"
MANAGED = "MANAGED ACCESS"
SHOWN = ("created_on", "name", "is_default", "is_current", "database_name", "owner", "comment",
         "options", "retention_time")  # fmt: skip


@dataclass(frozen=True)
class Schemas:
    """The statements on schemas in one session."""

    access: Access
    names: Names
    inventory: Inventory

    def run(self, reader: Reader) -> Answer:
        """Run a statement, from its first word."""
        if reader.take("SHOW SCHEMAS"):
            return self._show(reader)
        reader.expect("ALTER SCHEMA")
        reader.take("IF EXISTS")
        on = self.names.securable(SCHEMA, reader.name())
        if not (self.inventory.has(on) and self.access.sees(on)):
            raise missing("Schema", on.name)
        self.access.require(Need(OWNERSHIP, on))
        managed = reader.take("ENABLE")
        if not managed:
            reader.expect("DISABLE")
        reader.expect(MANAGED)
        # The owner alone is not enough.
        self.access.require(Need("MANAGE GRANTS", ACCOUNT))
        self.access.account.keep(SCHEMA, on.name, {MANAGED: "true"} if managed else {})
        return done()

    def _show(self, reader: Reader) -> Answer:
        pattern = reader.text() if reader.take("LIKE") else None
        place = self.names.database or ""
        if reader.take("IN"):
            reader.take("DATABASE")
            place = reader.name()
        database = Securable("DATABASE", place)
        if not (self.inventory.has(database) and self.access.sees(database)):
            raise unusable()
        seen = [
            one
            for one in sorted(self.inventory.inside(database, SCHEMA))
            if is_like(pattern, one.name.partition(".")[2]) and self.access.sees(one)
        ]
        return Answer(SHOWN, [self._row(one) for one in seen])

    def _row(self, one: Securable) -> tuple[object, ...]:
        database, _, name = one.name.partition(".")
        account = self.access.account
        options = MANAGED if is_managed(account, one) else ""
        current = "Y" if (database, name) == (self.names.database, self.names.schema) else "N"
        return (LONG_AGO, name, "N", current, database, account.owner(one), "", options, "1")


def is_managed(account: Account, schema: Securable) -> bool:
    """Return whether the schema has managed access."""
    found = account.find(*schema)
    return found is not None and MANAGED in found.properties
