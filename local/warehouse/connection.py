"""One session: each statement goes to the module that runs it, in the session's transaction."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from duckdb import DuckDBPyConnection
from fakesnow.conn import FakeSnowflakeConnection
from fakesnow.cursor import FakeSnowflakeCursor
from snowflake.connector.cursor import SnowflakeCursor
from sqlglot import Expr, exp

from local.warehouse import comments, context, databases
from local.warehouse.access.names import Names
from local.warehouse.access.needs import Needs, uses_warehouse
from local.warehouse.access.privileges import Securable
from local.warehouse.access.session import Access
from local.warehouse.administration import administer
from local.warehouse.catalogue import Catalogue, Stage
from local.warehouse.context import inline_session_values
from local.warehouse.copy_into import CopyInto, Target
from local.warehouse.copy_plan import plan, stage_reference
from local.warehouse.definitions import Definition, check_use
from local.warehouse.errors import as_snowflake, syntax_error
from local.warehouse.faults import struck
from local.warehouse.inventory import Inventory
from local.warehouse.locks import TableLocks
from local.warehouse.merge import merge
from local.warehouse.parsing import parse_one
from local.warehouse.results import Answer, done
from local.warehouse.s3_files import S3Files
from local.warehouse.settings import Settings
from local.warehouse.sql.rewrite import after, before, without_temporary
from local.warehouse.staged import select, staged_tables
from local.warehouse.statements import Kind, Statement
from local.warehouse.transactions import Transactions
from local.warehouse.trust import Trust
from local.warehouse.variables import QuotedVariables

ADMINISTERED = (
    Kind.SESSION, Kind.ACCOUNT, Kind.DATABASE, Kind.SCHEMA, Kind.GRANTS, Kind.FORMAT, Kind.OBJECT
)  # fmt: skip


class Connection(FakeSnowflakeConnection):
    """A session. fakesnow's own autocommit stays on: transactions are begun and ended here."""

    def __init__(
        self,
        duck: DuckDBPyConnection,
        locks: TableLocks,
        trust: Trust,
        access: Access,
        *args: Any,
        **kwargs: Any,
    ) -> None:
        self.settings = Settings({"AUTOCOMMIT": kwargs.pop("autocommit", True)})
        self.transactions = Transactions(duck, locks, self.settings)
        self.trust = trust
        self.access = access
        self.variables_set: dict[str, str | list[str]] = {}
        super().__init__(duck, *args, **kwargs)
        self.variables = QuotedVariables()

    def cursor(self, cursor_class: type[SnowflakeCursor] = SnowflakeCursor) -> Cursor:
        """Return a cursor, one for each statement of the client."""
        return Cursor(self, self._duck_conn)

    def close(self, retry: bool = True) -> None:
        """Close the session and roll back its open transaction."""
        self.transactions.close()
        super().close()

    def catalogue(self) -> Catalogue:
        """Return the stages and integrations; names resolve in the session's current schema."""
        return Catalogue(self._duck_conn, self.database, self.schema)

    def names(self) -> Names:
        """Return the resolver of the session's unqualified names."""
        return Names(self.database, self.schema)

    def inventory(self) -> Inventory:
        """Return the inventory of objects, as the session's transaction sees it."""
        return Inventory(self._duck_conn, self.access.account)

    def visible(self) -> tuple[str | None, str | None]:
        """Return the current database and schema, each None if the role has no privilege on it."""
        database, schema = self.database, self.schema
        if not (database and self.access.sees(Securable("DATABASE", database))):
            return None, None
        seen = schema and self.access.sees(Securable("SCHEMA", f"{database}.{schema}"))
        return database, schema if seen else None


class Cursor(FakeSnowflakeCursor):
    """The runner of one statement; every failure is raised as Snowflake's."""

    _conn: Connection

    def execute(self, command: str, *args: Any, **kwargs: Any) -> Cursor:
        """Run a statement, one at a time in a session; raise nothing but ProgrammingError."""
        with self._conn.transactions.turn, self._conn.transactions.presence.at_work():
            self._conn.transactions.cancelled = False
            try:
                self._dispatch(command, *args, **kwargs)
            except Exception as failure:
                raise as_snowflake(failure) from failure
        return self

    def _dispatch(self, command: str, *args: Any, **kwargs: Any) -> None:
        statement = Statement.read(command)
        transactions = self._conn.transactions
        if fault := struck("refuse"):
            with transactions.statement():
                raise fault.refusal()
        if statement.kind is Kind.COMMIT:
            transactions.commit()
        elif statement.kind is Kind.ROLLBACK:
            transactions.rollback()
        else:
            with transactions.statement():
                context.keep(self._conn, self._duck_conn)
                self._run(statement, *args, **kwargs)
            return
        self._answer(done())

    def _run(self, statement: Statement, *args: Any, **kwargs: Any) -> None:
        match statement.kind:
            case Kind.BEGIN:
                self._conn.transactions.begin()
                self._answer(done())
            case Kind.IGNORED:
                self._answer(done())
            case kind if kind in ADMINISTERED:
                self._administer(statement, *args, **kwargs)
            case Kind.WRITE | Kind.LOCK:
                self._write(statement, *args, **kwargs)
            case Kind.BROKEN:
                raise syntax_error("unexpected '<EOF>'.")
            case Kind.DEFINE:
                self._define(statement, *args, **kwargs)
            case _:
                self._check(tree := self._parsed(statement))
                if any(staged_tables(tree)):
                    self._select_staged(tree)
                    return
                super().execute(statement.text, *args, **kwargs)

    def _administer(self, statement: Statement, *args: Any, **kwargs: Any) -> None:
        if statement.defines():
            self._conn.transactions.commit()
        answer = administer(statement, self._conn, self._duck_conn)
        if answer is None:
            super().execute(statement.text, *args, **kwargs)
        else:
            self._answer(answer)

    def _define(self, statement: Statement, *args: Any, **kwargs: Any) -> None:
        self._conn.transactions.commit()
        if altered := comments.altered(statement):
            self._comment(altered)
            return
        tree = self._parsed(statement)
        definition = Definition.of(tree, self._conn.names(), self._conn.inventory())
        if definition and (answer := definition.nothing_to_drop()):
            self._answer(answer)
            return
        self._check(tree)
        if definition is None:
            super().execute(statement.text, *args, **kwargs)
        elif answer := definition.already_there():
            self._answer(answer)
        else:
            self._make(definition, statement, *args, **kwargs)

    def _make(
        self, definition: Definition, statement: Statement, *args: Any, **kwargs: Any
    ) -> None:
        definition.refuse_default_if_not_exists()
        for need in definition.replaces():
            self._conn.access.require(need)
        account = self._conn.access.account
        if database := definition.drops_database():
            self._answer(databases.drop(database, self._duck_conn, self._conn.db_path, account))
        else:
            super().execute(statement.text, *args, **kwargs)
        definition.remember(self._conn.access, self._duck_conn)
        for comment in comments.of_tree(definition.tree):
            comment.keep(self._duck_conn, self._conn.names())
        if database := definition.makes_database():
            databases.keep_comment(account, database, databases.comment_of(definition.tree))
            self._define(Statement.read(f'create schema "{database}".public'), **kwargs)
            self._answer(done(f"Database {database} successfully created."))

    def _comment(self, altered: list[exp.Alter]) -> None:
        for tree in altered:
            self._check(tree)
            for comment in comments.of_tree(tree):
                comment.keep(self._duck_conn, self._conn.names())
        self._answer(done())

    def _parsed(self, statement: Statement) -> Expr:
        return without_temporary(parse_one(self._inline_variables(statement.text)))

    def _check(self, tree: Expr) -> None:
        """Raise if the session's role lacks a right to the statement, or a warehouse for it."""
        access, names = self._conn.access, self._conn.names()
        if isinstance(tree, exp.Use):
            check_use(tree, names, self._conn.inventory(), access)
        if not access.is_administrator():
            for need in Needs(names).of(tree):
                access.require(need)
        if uses_warehouse(tree):
            access.require_warehouse()

    def _write(self, statement: Statement, *args: Any, **kwargs: Any) -> None:
        expression = self._parsed(statement)
        self._check(expression)
        locked = self._full_name(expression) if statement.kind is Kind.LOCK else None
        with self._conn.transactions.writing(locked):
            if isinstance(expression, exp.Merge):
                self._answer(merge(expression, self._duck_conn, self._translated))
            elif not (isinstance(expression, exp.Copy) and self._copy(expression)):
                super().execute(statement.text, *args, **kwargs)

    def _copy(self, copy: exp.Copy) -> bool:
        """Run a COPY; return False for a COPY that is not from an S3 stage, which is fakesnow's."""
        reference = stage_reference(copy)
        if not reference.startswith("@"):
            return False
        stage, path = self._stage(reference)
        if not stage.url.startswith("s3://"):
            return False
        files = self._files(stage)
        planned = plan(copy, stage, path, self._duck_conn, files)
        if struck("copies_nothing"):
            planned = replace(planned, urls=[])
        target = Target(*self._full_name(copy).split("."))
        copy_into = CopyInto(planned, target, self._duck_conn, self._translated)
        self._answer(copy_into.run(files, lose=1 if struck("fewer_rows") else 0))
        return True

    def _select_staged(self, tree: Expr) -> None:
        stage, _ = self._stage(next(staged_tables(tree)).name)
        files = self._files(stage)
        self._answer(select(tree, stage, files, self._duck_conn, self._translated))

    def _files(self, stage: Stage) -> S3Files:
        self._conn.access.require_integration(stage.storage_integration)
        return self._conn.trust.files(stage, self._conn.catalogue())

    def _stage(self, reference: str) -> tuple[Stage, str]:
        """Return the stage and the path of `@stage/path`."""
        name, _, path = reference.removeprefix("@").partition("/")
        return self._conn.catalogue().stage(name), path

    def _full_name(self, expression: Expr) -> str:
        table = expression.find(exp.Table)
        return self._conn.names().of_table(table).name if table else ""

    def _transform(self, expression: Expr, params: Any) -> Expr:
        inlined = comments.without(inline_session_values(expression, self._conn))
        return after(super()._transform(before(inlined), params))

    def _describe_last_sql(self) -> list[tuple[Any, ...]]:
        """Return the columns of the last result; fakesnow would parse DuckDB's own SQL for it."""
        try:
            duck = self._duck_conn.execute(f"describe {self._last_sql}", self._last_params)
            return duck.fetchall()
        except Exception as failure:
            raise as_snowflake(failure) from failure

    def _translated(self, expression: Expr) -> str:
        return self._transform(expression, None).sql(dialect="duckdb")

    def _answer(self, answer: Answer) -> None:
        rows = answer.rows or [("",) * len(answer.columns)]
        values = exp.values(rows, alias="answer", columns=answer.columns)
        self._execute(exp.select("*").from_(values).limit(len(answer.rows)))
