"""The resolution of a name in a statement to an object, in a session."""

from __future__ import annotations

from dataclasses import dataclass

from sqlglot import exp

from local.warehouse.access.privileges import ACCOUNT, IN_ACCOUNT, Securable
from local.warehouse.errors import nowhere


@dataclass(frozen=True)
class Names:
    """The session's current database and schema."""

    database: str | None
    schema: str | None

    def securable(self, kind: str, name: str) -> Securable:
        """Return the object; raise 90105 or 90106 if the name needs a database or schema."""
        if kind == "ACCOUNT":
            return ACCOUNT
        parts = name.split(".")
        if kind in IN_ACCOUNT:
            return Securable(kind, parts[-1])
        depth = 2 if kind == "SCHEMA" else 3
        if len(parts) < depth - 1:
            parts = [self._known(self.schema, "schema"), *parts]
        if len(parts) < depth:
            parts = [self._known(self.database, "database"), *parts]
        return Securable(kind, ".".join(parts))

    def of_table(self, table: exp.Table, kind: str = "TABLE") -> Securable:
        """Return the same for a name in a statement's tree."""
        return self.securable(kind, written(table))

    @staticmethod
    def _known(place: str | None, what: str) -> str:
        if not place:
            raise nowhere(what)
        return place


def written(table: exp.Table) -> str:
    """Return the name as the statement has it, unquoted parts in capitals."""
    return ".".join(_folded(part) for part in table.parts)


def _folded(part: exp.Expr) -> str:
    quoted = isinstance(part, exp.Identifier) and part.quoted
    return part.name if quoted else part.name.upper()
