"""One session: a statement goes to the room that knows it, within the session's transaction."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from duckdb import DuckDBPyConnection
from fakesnow.conn import FakeSnowflakeConnection
from fakesnow.cursor import FakeSnowflakeCursor
from fakesnow.dialect import parse_one
from snowflake.connector.cursor import SnowflakeCursor
from sqlglot import Expr, exp

from local.warehouse import objects
from local.warehouse.catalogue import Catalogue
from local.warehouse.copy_into import CopyInto, Target
from local.warehouse.copy_plan import check_location, plan, stage_reference
from local.warehouse.errors import as_snowflake, syntax_error
from local.warehouse.faults import struck
from local.warehouse.locks import TableLocks
from local.warehouse.merge import merge
from local.warehouse.properties import Reader
from local.warehouse.s3_files import S3Files
from local.warehouse.settings import Settings
from local.warehouse.statements import Kind, Statement
from local.warehouse.transactions import Transactions
from local.warehouse.variables import QuotedVariables


class Connection(FakeSnowflakeConnection):
    """A session. fakesnow's own autocommit stays on: transactions are begun and ended here."""

    def __init__(
        self, duck: DuckDBPyConnection, locks: TableLocks, s3: S3Files, *args: Any, **kwargs: Any
    ) -> None:
        self.settings = Settings({"AUTOCOMMIT": kwargs.pop("autocommit", True)})
        self.transactions = Transactions(duck, locks, self.settings)
        self.s3 = s3
        super().__init__(duck, *args, **kwargs)
        self.variables = QuotedVariables()

    def cursor(self, cursor_class: type[SnowflakeCursor] = SnowflakeCursor) -> Cursor:
        """One for each statement of the client."""
        return Cursor(self, self._duck_conn)

    def close(self, retry: bool = True) -> None:
        """What was not committed is rolled back."""
        self.transactions.close()
        super().close()

    def catalogue(self) -> Catalogue:
        """The stages and integrations, as the session's current schema resolves their names."""
        return Catalogue(self._duck_conn, self.database, self.schema)


class Cursor(FakeSnowflakeCursor):
    """Runs one statement. Whatever goes wrong is raised as Snowflake would say it."""

    _conn: Connection

    def execute(self, command: str, *args: Any, **kwargs: Any) -> Cursor:
        """One statement at a time in a session; raises nothing but ProgrammingError."""
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
                self._run(statement, *args, **kwargs)
            return
        self._answer(objects.done())

    def _run(self, statement: Statement, *args: Any, **kwargs: Any) -> None:
        match statement.kind:
            case Kind.BEGIN:
                self._conn.transactions.begin()
                self._answer(objects.done())
            case Kind.SESSION:
                self._alter_session(statement)
            case Kind.IGNORED:
                self._answer(objects.done())
            case Kind.OBJECT:
                self._object(statement, *args, **kwargs)
            case Kind.WRITE | Kind.LOCK:
                self._write(statement, *args, **kwargs)
            case Kind.BROKEN:
                raise syntax_error("unexpected '<EOF>'.")
            case Kind.DEFINE:
                self._conn.transactions.commit()
                super().execute(statement.text, *args, **kwargs)
            case _:
                super().execute(statement.text, *args, **kwargs)

    def _write(self, statement: Statement, *args: Any, **kwargs: Any) -> None:
        expression = parse_one(self._inline_variables(statement.text))
        locked = self._full_name(expression) if statement.kind is Kind.LOCK else None
        with self._conn.transactions.writing(locked):
            if isinstance(expression, exp.Merge):
                self._answer(merge(expression, self._duck_conn, self._translated))
            elif not (isinstance(expression, exp.Copy) and self._copy(expression)):
                super().execute(statement.text, *args, **kwargs)

    def _copy(self, copy: exp.Copy) -> bool:
        """False for a COPY from anything but an S3 stage: that is fakesnow's."""
        reference = stage_reference(copy)
        if not reference.startswith("@"):
            return False
        name, _, path = reference.removeprefix("@").partition("/")
        catalogue = self._conn.catalogue()
        stage = catalogue.stage(name)
        if not stage.url.startswith("s3://"):
            return False
        check_location(stage, catalogue)
        planned = plan(copy, stage, path, self._duck_conn, self._conn.s3)
        if struck("copies_nothing"):
            planned = replace(planned, urls=[])
        target = Target(*self._full_name(copy).split("."))
        copy_into = CopyInto(planned, target, self._duck_conn, self._translated)
        self._answer(copy_into.run(self._conn.s3, lose=1 if struck("fewer_rows") else 0))
        return True

    def _object(self, statement: Statement, *args: Any, **kwargs: Any) -> None:
        if statement.tokens[0].text.upper() in ("CREATE", "ALTER", "DROP"):
            self._conn.transactions.commit()
        answer = objects.run(
            statement.tokens, statement.text, self._conn.catalogue(), self._conn.s3
        )
        if answer is None:
            super().execute(statement.text, *args, **kwargs)
        else:
            self._answer(answer)

    def _alter_session(self, statement: Statement) -> None:
        reader = Reader(statement.tokens)
        reader.take("ALTER SESSION")
        if reader.take("UNSET"):
            self._conn.settings.unset([token.text for token in statement.tokens[3:]])
        elif reader.take("SET"):
            given = reader.properties()
            self._conn.settings.update(given)
            if given.get("AUTOCOMMIT") is True:
                self._conn.transactions.commit()
        self._answer(objects.done())

    def _full_name(self, expression: Expr) -> str:
        table = expression.find(exp.Table)
        if table is None:
            return ""
        parts = [_folded(part) for part in table.parts]
        known = [self._conn.database or "", self._conn.schema or ""]
        return ".".join([*known[: 3 - len(parts)], *parts])

    def _translated(self, expression: Expr) -> str:
        return self._transform(expression, None).sql(dialect="duckdb")

    def _answer(self, answer: objects.Answer) -> None:
        rows = answer.rows or [("",) * len(answer.columns)]
        values = exp.values(rows, alias="answer", columns=answer.columns)
        self._execute(exp.select("*").from_(values).limit(len(answer.rows)))


def _folded(part: Expr) -> str:
    quoted = isinstance(part, exp.Identifier) and part.quoted
    return part.name if quoted else part.name.upper()
