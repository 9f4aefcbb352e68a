"""The privileges that a statement needs, read from its tree.

docs.snowflake.com/en/user-guide/security-access-control-privileges: a table that is only written
needs no SELECT, one that is read anywhere in the statement does.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from fakesnow.dialect import parse_one
from sqlglot import Expr, exp

from local.warehouse.access.names import Names, written
from local.warehouse.access.privileges import ACCOUNT, ANY, OWNERSHIP, USAGE
from local.warehouse.access.session import Need
from local.warehouse.copy_plan import named_format, stage_named, stage_reference
from local.warehouse.staged import format_of, staged_tables

WRITES = (exp.Insert, exp.Update, exp.Delete, exp.Merge, exp.Copy)
# These statements do not read the tables that they name.
NO_READERS = (exp.Use, exp.Drop, exp.Alter, exp.Comment, exp.Show, exp.Copy, exp.TruncateTable)
INFORMATION_SCHEMA = "INFORMATION_SCHEMA"


@dataclass(frozen=True)
class Needs:
    """A reader of trees, with the session's resolver of names."""

    names: Names

    def of(self, tree: Expr) -> Iterator[Need]:
        """Yield the needs in the order in which Snowflake would find them missing."""
        if isinstance(tree, exp.Command):
            if str(tree.this).upper() == "EXPLAIN":
                yield from self.of(parse_one(tree.expression.name))
            return
        yield from self._of_itself(tree)
        for staged in staged_tables(tree):
            yield from self._stage(staged.name, format_of(staged))
        for table in tables_read(tree):
            yield self._read(table)

    def _of_itself(self, tree: Expr) -> Iterator[Need]:
        match tree:
            case exp.Insert() | exp.Update() | exp.Delete() | exp.Merge():
                for privilege in _written_by(tree):
                    yield self._on(target_of(tree), privilege)
            case exp.Copy():
                yield from self._copy(tree)
            case exp.TruncateTable():
                for table in tree.expressions:
                    yield self._on(table, "TRUNCATE")
            case exp.Create():
                yield from self._create(tree)
            case exp.Drop():
                for table in tree.args["tables"]:
                    yield self._on(table, OWNERSHIP, kind_of(tree))
            case exp.Alter() | exp.Comment() | exp.Undrop():
                yield self._on(target_of(tree), OWNERSHIP, kind_of(tree))
            case exp.Describe():
                if isinstance(tree.this, exp.Table) and not _is_information(tree.this):
                    yield self._on(tree.this, ANY, kind_of(tree))

    def _create(self, create: exp.Create) -> Iterator[Need]:
        kind, table = kind_of(create), target_of(create)
        if kind == "DATABASE":
            yield Need("CREATE DATABASE", ACCOUNT)
            return
        made = self.names.of_table(table, kind)
        place = made.parents()[-1]
        yield Need(USAGE, place)
        if not create.find(exp.TemporaryProperty):
            yield Need(f"CREATE {kind}", place)

    def _copy(self, copy: exp.Copy) -> Iterator[Need]:
        if not copy.args.get("kind"):
            return
        yield self._on(target_of(copy), "INSERT")
        yield from self._stage(stage_reference(copy), named_format(copy).upper())

    def _stage(self, reference: str, file_format: str) -> Iterator[Need]:
        for kind, name in (("STAGE", stage_named(reference)), ("FILE FORMAT", file_format)):
            if name:
                yield Need(USAGE, self.names.securable(kind, name), name)

    def _read(self, table: exp.Table) -> Need:
        if _is_information(table):
            place = table.catalog or self.names.database or ""
            return Need(USAGE, self.names.securable("DATABASE", place.upper()))
        return self._on(table, "SELECT")

    def _on(self, table: exp.Table, privilege: str, kind: str = "TABLE") -> Need:
        return Need(privilege, self.names.of_table(table, kind), written(table))


def uses_warehouse(tree: Expr) -> bool:
    """Return whether it needs a virtual warehouse: writes, and all that reads a table."""
    if isinstance(tree, exp.Create):
        return tree.expression is not None and kind_of(tree) == "TABLE"
    tables = (*tables_read(tree), *staged_tables(tree))
    reads = isinstance(tree, exp.Query) and bool(tables)
    return reads or isinstance(tree, WRITES)


def tables_read(tree: Expr) -> Iterator[exp.Table]:
    """Yield all tables and views but the statement's target and names that its WITH defines."""
    if isinstance(tree, NO_READERS):
        return
    target = target_of(tree) if not isinstance(tree, exp.Query) else None
    for table in tree.find_all(exp.Table):
        named = isinstance(table.this, exp.Identifier)
        if named and table is not target and not _is_defined_by_with(table):
            yield table


def _is_defined_by_with(table: exp.Table) -> bool:
    """Return whether a WITH defines the name: each of its expressions sees those before it."""
    if table.db:
        return False
    inside: Expr = table
    while inside.parent is not None:
        above = inside.parent
        if isinstance(above, exp.With):
            seen = above.expressions[: above.expressions.index(inside) + bool(above.recursive)]
        elif inside.arg_key == "with_":
            seen = []
        else:
            found = above.args.get("with_")
            seen = found.expressions if found else []
        if table.name.upper() in [one.alias.upper() for one in seen]:
            return True
        inside = above
    return False


def target_of(tree: Expr) -> exp.Table:
    """Return the table, or other object, that the statement writes, creates or changes."""
    found: exp.Table = tree.this
    while isinstance(found, (exp.Schema, exp.Subquery, exp.UserDefinedFunction)):
        found = found.this
    return found


def _written_by(tree: Expr) -> list[str]:
    if isinstance(tree, exp.Merge):
        # DELETE has no clauses here, and is a plain word in the tree.
        then = [when.args["then"] for when in tree.args["whens"].expressions]
        words = {one.name if isinstance(one, exp.Var) else one.key for one in then}
        return ["SELECT", *sorted(word.upper() for word in words)]
    privileges = [tree.key.upper()]
    return [*privileges, "DELETE"] if tree.args.get("overwrite") else privileges


def kind_of(tree: Expr) -> str:
    """Return TABLE, DATABASE and so on, of a statement that names the object's kind."""
    return str(tree.args.get("kind") or "TABLE").upper()


def _is_information(table: exp.Table) -> bool:
    return table.db.upper() == INFORMATION_SCHEMA
