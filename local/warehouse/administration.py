"""Dispatch of all statements but those on rows to the module that runs them."""

from __future__ import annotations

from typing import Protocol

from duckdb import DuckDBPyConnection

from local.warehouse import objects, parameters
from local.warehouse.access.administration import Administration
from local.warehouse.access.granting import Granting
from local.warehouse.access.names import Names
from local.warehouse.access.session import Access
from local.warehouse.catalogue import Catalogue
from local.warehouse.databases import Databases
from local.warehouse.file_formats import FileFormats
from local.warehouse.inventory import Inventory
from local.warehouse.properties import Reader
from local.warehouse.results import Answer
from local.warehouse.schemas import Schemas
from local.warehouse.settings import Settings
from local.warehouse.stages import Stages
from local.warehouse.statements import Kind, Statement
from local.warehouse.transactions import Transactions
from local.warehouse.trust import Trust


class Session(Protocol):
    """The parts of a session that these statements need."""

    access: Access
    settings: Settings
    transactions: Transactions
    trust: Trust
    database: str | None

    def catalogue(self) -> Catalogue:
        """Return the stages and integrations."""
        ...

    def inventory(self) -> Inventory:
        """Return the inventory of objects."""
        ...

    def names(self) -> Names:
        """Return the session's resolver of names."""
        ...


def administer(statement: Statement, session: Session, duck: DuckDBPyConnection) -> Answer | None:
    """Return the statement's result, or None for a statement that fakesnow runs."""
    reader = Reader(statement.tokens)
    match statement.kind:
        case Kind.SESSION:
            return parameters.run(reader, session.settings, session.transactions)
        case Kind.ACCOUNT:
            return Administration(session.access).run(reader)
        case Kind.DATABASE:
            return Databases(session.access, session.inventory(), session.database).run(reader)
        case Kind.SCHEMA:
            return Schemas(session.access, session.names(), session.inventory()).run(reader)
        case Kind.GRANTS:
            return Granting(session.access, session.names(), session.inventory()).run(reader)
        case Kind.FORMAT:
            return FileFormats(duck, session.names(), session.access).run(reader)
    return objects.run(statement, Stages(session.catalogue(), session.access, session.trust))
