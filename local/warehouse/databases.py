"""Databases: their comments, SHOW and DROP.

DuckDB has no comments on databases: they are kept with the account's objects.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from duckdb import DuckDBPyConnection
from sqlglot import exp

from local.warehouse.access.account import LONG_AGO, Account
from local.warehouse.access.privileges import OWNERSHIP, Securable
from local.warehouse.access.session import Access, Need
from local.warehouse.errors import missing
from local.warehouse.inventory import Inventory
from local.warehouse.properties import Reader
from local.warehouse.results import Answer, done, is_like

DATABASE = "DATABASE"
SHOWN = ("created_on", "name", "is_default", "is_current", "origin", "owner", "comment", "options",
         "retention_time", "kind")  # fmt: skip


@dataclass(frozen=True)
class Databases:
    """The statements on databases in one session."""

    access: Access
    inventory: Inventory
    current: str | None

    def run(self, reader: Reader) -> Answer:
        """Run a statement, from its first word."""
        if reader.take("SHOW"):
            reader.words_until("LIKE")
            return self._show(reader.text() if reader.take("LIKE") else None)
        reader.expect("ALTER DATABASE")
        reader.take("IF EXISTS")
        on = Securable(DATABASE, reader.name())
        if not (self.inventory.has(on) and self.access.sees(on)):
            raise missing("Database", on.name)
        self.access.require(Need(OWNERSHIP, on))
        reader.expect("SET")
        keep_comment(self.access.account, on.name, str(reader.properties()["COMMENT"]))
        return done()

    def _show(self, pattern: str | None) -> Answer:
        seen = [
            name
            for name in sorted(self.inventory.names(DATABASE))
            if is_like(pattern, name) and self.access.sees(Securable(DATABASE, name))
        ]
        return Answer(SHOWN, [self._row(name) for name in seen])

    def _row(self, name: str) -> tuple[object, ...]:
        found = self.access.account.find(DATABASE, name)
        created_on = found.created_on if found else LONG_AGO
        comment = found.properties["COMMENT"] if found else ""
        current = "Y" if name == self.current else "N"
        owner = self.access.account.owner(Securable(DATABASE, name))
        return (created_on, name, "N", current, "", owner, comment, "", "1", "STANDARD")


def keep_comment(account: Account, name: str, comment: str) -> None:
    """Store the comment on a database, or an empty one."""
    account.keep(DATABASE, name, {"COMMENT": comment})


def comment_of(create: exp.Expr) -> str:
    """Return the comment in a CREATE, or an empty text."""
    found = create.find(exp.SchemaCommentProperty)
    return str(found.this.name) if found else ""


def drop(name: str, duck: DuckDBPyConnection, folder: Path | None, account: Account) -> Answer:
    """Drop a database, which is a file; it cannot be the session's own."""
    duck.execute(f'detach "{name}"')
    if folder:
        (folder / f"{name}.db").unlink()
    account.drop(DATABASE, name)
    return done(f"{name} successfully dropped.")
