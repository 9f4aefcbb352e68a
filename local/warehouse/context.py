"""What `current_role()` and its like answer: the session knows, DuckDB would not."""

from __future__ import annotations

from typing import Protocol

from sqlglot import Expr, exp

from local.warehouse.access.session import Access

ACCOUNT_NAME = "LOCAL"
FUNCTIONS = {
    exp.CurrentAccount: "CURRENT_ACCOUNT()",
    exp.CurrentDatabase: "CURRENT_DATABASE()",
    exp.CurrentRole: "CURRENT_ROLE()",
    exp.CurrentSchema: "CURRENT_SCHEMA()",
    exp.CurrentUser: "CURRENT_USER()",
    exp.CurrentWarehouse: "CURRENT_WAREHOUSE()",
}


class Session(Protocol):
    """What a session knows of itself."""

    access: Access

    def visible(self) -> tuple[str | None, str | None]:
        """The current database and schema that its role may see."""
        ...


def told(statement: Expr, session: Session) -> Expr:
    """The statement with the session's own values in place of the functions."""
    found = list(statement.find_all(*FUNCTIONS))
    values = _values(session) if found else {}
    for function in found:
        value: Expr = exp.cast(exp.convert(values[type(function)]), "text")
        if isinstance(function.parent, exp.Select) and function.arg_key == "expressions":
            value = exp.alias_(value, FUNCTIONS[type(function)], quoted=True)
        function.replace(value)
    return statement


def _values(session: Session) -> dict[type[Expr], str | None]:
    database, schema = session.visible()
    return {
        exp.CurrentAccount: ACCOUNT_NAME,
        exp.CurrentDatabase: database,
        exp.CurrentRole: session.access.granted_by,
        exp.CurrentSchema: schema,
        exp.CurrentUser: session.access.user,
        exp.CurrentWarehouse: session.access.warehouse,
    }
