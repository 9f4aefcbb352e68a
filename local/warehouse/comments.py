"""Comments on columns, which DuckDB stores; comments on tables and views are fakesnow's.

They come with CREATE VIEW, or as ALTER … ALTER COLUMN … COMMENT, of several columns at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from duckdb import DuckDBPyConnection
from fakesnow.dialect import parse_one
from sqlglot import Expr, exp
from sqlglot.tokenizer_core import TokenType

from local.warehouse.access.names import Names
from local.warehouse.access.needs import target_of
from local.warehouse.statements import Statement

SEPARATORS = {TokenType.L_PAREN: 1, TokenType.R_PAREN: -1}
ALTERING = ("ALTER", "MODIFY")


@dataclass(frozen=True)
class ColumnComment:
    """A comment on one column."""

    table: exp.Table
    column: str
    text: str

    def keep(self, duck: DuckDBPyConnection, names: Names) -> None:
        """Store the comment; the column has to exist."""
        parts = names.of_table(self.table).name.split(".")
        column = exp.column(self.column, *reversed(parts), quoted=True).sql("duckdb")
        text = exp.Literal.string(self.text).sql("duckdb")
        duck.execute(f"comment on column {column} is {text}").fetchall()


def altered(statement: Statement) -> list[exp.Alter]:
    """Return a tree for each column of a statement that only comments on columns."""
    words = [token.text.upper() for token in statement.tokens]
    if words[:2] not in (["ALTER", "TABLE"], ["ALTER", "VIEW"]) or "COMMENT" not in words:
        return []
    trees = [parse_one(text) for text in _one_by_one(statement)]
    found = [tree for tree in trees if isinstance(tree, exp.Alter) and list(of_tree(tree))]
    return found if len(found) == len(trees) else []


def of_tree(tree: Expr) -> Iterator[ColumnComment]:
    """Yield the comments on columns in an ALTER, COMMENT ON COLUMN or CREATE."""
    if isinstance(tree, exp.Alter):
        for action in tree.args["actions"]:
            if isinstance(action, exp.AlterColumn) and action.args.get("comment"):
                yield ColumnComment(tree.this, _folded(action.this), action.args["comment"].name)
    elif isinstance(tree, exp.Create) and isinstance(tree.this, exp.Schema):
        for column in tree.this.find_all(exp.ColumnDef):
            if comment := column.find(exp.CommentColumnConstraint):
                yield ColumnComment(target_of(tree), _folded(column.this), comment.name)


def without(tree: Expr) -> Expr:
    """Return a CREATE without the comments on its columns, which DuckDB does not understand."""
    for constraint in list(tree.find_all(exp.CommentColumnConstraint)):
        definition = constraint.find_ancestor(exp.ColumnDef)
        (constraint.parent or constraint).pop()
        if definition and not (definition.args.get("kind") or definition.args.get("constraints")):
            definition.replace(definition.this)
    return tree


def _one_by_one(statement: Statement) -> Iterator[str]:
    """Yield `alter table t alter a …, b …` as a statement for each column."""
    start = next(
        (at for at, token in enumerate(statement.tokens[2:], 2) if token.text.upper() in ALTERING),
        len(statement.tokens),
    )
    head = statement.text[: statement.tokens[start - 1].end + 1]
    for first, last in _pieces(statement, start):
        piece = statement.text[statement.tokens[first].start : statement.tokens[last].end + 1]
        verb = "" if statement.tokens[first].text.upper() in ALTERING else "alter "
        yield f"{head} {verb}{piece}"


def _pieces(statement: Statement, start: int) -> Iterator[tuple[int, int]]:
    """Yield the first and last token of each action."""
    depth, first = 0, start
    for at, token in enumerate(statement.tokens[start:], start):
        depth += SEPARATORS.get(token.token_type, 0)
        if token.token_type is TokenType.COMMA and not depth:
            yield first, at - 1
            first = at + 1
    yield first, len(statement.tokens) - 1


def _folded(name: Expr) -> str:
    quoted = isinstance(name, exp.Identifier) and name.quoted
    return name.name if quoted else name.name.upper()
