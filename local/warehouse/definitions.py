"""CREATE, DROP and RENAME of databases, schemas, tables and so on, around fakesnow's work.

Before it: existing and missing objects get Snowflake's results. After it: the session's role owns
the objects that it created, and the grants on dropped ones are dropped.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from duckdb import DuckDBPyConnection
from sqlglot import Expr, exp

from local.warehouse.access.names import Names, written
from local.warehouse.access.needs import INFORMATION_SCHEMA, kind_of, target_of
from local.warehouse.access.privileges import OWNERSHIP, RELATIONS, Securable
from local.warehouse.access.session import Access, Need
from local.warehouse.catalogue import STAGES
from local.warehouse.errors import syntax_error, unusable
from local.warehouse.file_formats import FORMATS
from local.warehouse.inventory import SOURCES, Inventory
from local.warehouse.results import Answer, exists, missing_object


@dataclass(frozen=True)
class Definition:
    """A CREATE, DROP or ALTER … RENAME."""

    tree: exp.Create | exp.Drop | exp.Alter
    names: Names
    inventory: Inventory

    @classmethod
    def of(cls, tree: Expr, names: Names, inventory: Inventory) -> Definition | None:
        """Return the definition, or None for a statement that defines nothing grantable."""
        if isinstance(tree, (exp.Create, exp.Drop, exp.Alter)) and kind_of(tree) in SOURCES:
            return cls(tree, names, inventory)
        return None

    def nothing_to_drop(self) -> Answer | None:
        """Return the result of DROP … IF EXISTS for a missing object, or None."""
        if not isinstance(self.tree, exp.Drop):
            return None
        if self.tree.args.get("exists"):
            for table in self._tables():
                if not self._is_there(self._securable(table)):
                    return missing_object(table.parts[-1].name.upper())
        return None

    def already_there(self) -> Answer | None:
        """Return the result of CREATE for an existing object; error 2002 without IF NOT EXISTS."""
        if not isinstance(self.tree, exp.Create) or self._temporary():
            return None
        table = target_of(self.tree)
        if self.tree.args.get("replace") or not self._is_there(self._securable(table)):
            return None
        tolerant = bool(self.tree.args.get("exists"))
        return exists("Object", table.parts[-1].name.upper(), tolerant=tolerant)

    def refuse_default_if_not_exists(self) -> None:
        """Raise for ADD COLUMN IF NOT EXISTS with a default, which Snowflake does not combine."""
        for column in self.tree.find_all(exp.ColumnDef):
            if column.args.get("exists") and column.find(exp.DefaultColumnConstraint):
                raise syntax_error(f"IF NOT EXISTS and DEFAULT of the column '{column.name}'.")

    def replaces(self) -> Iterator[Need]:
        """Yield the ownership of each object that it replaces."""
        if isinstance(self.tree, exp.Create) and self.tree.args.get("replace"):
            for table in self._tables():
                on = self._securable(table)
                if self._is_there(on):
                    yield Need(OWNERSHIP, on, written(table))

    def remember(self, access: Access, duck: DuckDBPyConnection) -> None:
        """Record the new owner, once the statement is done."""
        for table in self._tables():
            on = self._securable(table)
            if isinstance(self.tree, exp.Drop):
                access.account.drop(on.kind, on.name)
                _forget_inside(on, duck)
            elif isinstance(self.tree, exp.Alter):
                if renamed := self.tree.find(exp.AlterRename):
                    access.account.rename(on, self._securable(renamed.this))
            elif self._temporary():
                access.temporary.add(on.name)
            else:
                kept = self.tree.find(exp.CopyGrantsProperty) is not None
                access.created(on, keep_grants=kept)

    def makes_database(self) -> str:
        """Return the name of the database that a CREATE DATABASE creates; empty for all else."""
        makes = isinstance(self.tree, exp.Create) and kind_of(self.tree) == "DATABASE"
        return written(target_of(self.tree)) if makes else ""

    def drops_database(self) -> str:
        """Return the name of the database that a DROP DATABASE drops; empty for all else."""
        drops = isinstance(self.tree, exp.Drop) and kind_of(self.tree) == "DATABASE"
        return self._securable(self._tables()[0]).name if drops else ""

    def _tables(self) -> list[exp.Table]:
        if isinstance(self.tree, exp.Drop):
            return list(self.tree.args["tables"])
        return [target_of(self.tree)]

    def _securable(self, table: exp.Table) -> Securable:
        return self.names.of_table(table, kind_of(self.tree))

    def _is_there(self, on: Securable) -> bool:
        """Return whether it exists; a table's name can be a view's already."""
        kinds = RELATIONS if on.kind in RELATIONS else (on.kind,)
        return any(self.inventory.has(Securable(kind, on.name)) for kind in kinds)

    def _temporary(self) -> bool:
        return self.tree.find(exp.TemporaryProperty) is not None


def check_use(use: exp.Use, names: Names, inventory: Inventory, access: Access) -> None:
    """Raise error 2043 if USE names a missing or invisible database or schema."""
    kind = use.args["kind"].name.upper() if use.args.get("kind") else "DATABASE"
    on = names.of_table(use.this, kind)
    hidden = on.name.endswith(f".{INFORMATION_SCHEMA}")
    seen = all(access.sees(place) for place in (*on.parents(), on))
    if not hidden and not (inventory.has(on) and seen):
        raise unusable()


def _forget_inside(gone_place: Securable, duck: DuckDBPyConnection) -> None:
    """Delete the stages and file formats, which are stored apart from their database."""
    if gone_place.kind not in ("DATABASE", "SCHEMA"):
        return
    database, _, schema = gone_place.name.partition(".")
    for kept in (STAGES, FORMATS):
        duck.execute(
            f"delete from {kept} where database_name = ? and ? in ('', schema_name)",  # noqa: S608
            [database, schema],
        )
