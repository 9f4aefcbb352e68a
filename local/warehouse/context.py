"""`current_role()` and the like: values of the session that DuckDB does not know.

In a view the role, its roles and the user are those of the querying session: DuckDB's variables,
which every session sets for itself.
"""

from __future__ import annotations

import json
from typing import Protocol

from duckdb import DuckDBPyConnection
from sqlglot import Expr, exp

from local.warehouse.access.session import Access

ACCOUNT_NAME = "LOCAL"
FUNCTIONS = {
    exp.CurrentAccount: "CURRENT_ACCOUNT()",
    exp.CurrentDatabase: "CURRENT_DATABASE()",
    exp.CurrentRole: "CURRENT_ROLE()",
    exp.CurrentSchema: "CURRENT_SCHEMA()",
    exp.CurrentSecondaryRoles: "CURRENT_SECONDARY_ROLES()",
    exp.CurrentUser: "CURRENT_USER()",
    exp.CurrentWarehouse: "CURRENT_WAREHOUSE()",
}

# Variables of a session's DuckDB connection.
ROLES = "ROLES_IN_SESSION"
OF_QUERYING_SESSION = {exp.CurrentRole: "CURRENT_ROLE", exp.CurrentUser: "CURRENT_USER"}


class Session(Protocol):
    """The session's values."""

    access: Access
    # The variables that its DuckDB connection has.
    variables_set: dict[str, str | list[str]]

    def visible(self) -> tuple[str | None, str | None]:
        """Return the current database and schema that its role can see."""
        ...


def inline_session_values(statement: Expr, session: Session) -> Expr:
    """Return the statement with the session's own values in place of the functions."""
    in_view = isinstance(statement, exp.Create) and str(statement.args["kind"]).upper() == "VIEW"
    found = list(statement.find_all(*FUNCTIONS))
    values = _values(session) if found else {}
    for function in found:
        kind = type(function)
        late = in_view and kind in OF_QUERYING_SESSION
        value = _variable(OF_QUERYING_SESSION[kind]) if late else exp.convert(values[kind])
        value = exp.cast(value, "text")
        if isinstance(function.parent, exp.Select) and function.arg_key == "expressions":
            value = exp.alias_(value, FUNCTIONS[kind], quoted=True)
        function.replace(value)
    for call in list(statement.find_all(exp.Anonymous)):
        if call.name.upper() == "IS_ROLE_IN_SESSION":
            call.replace(exp.func("list_contains", _variable(ROLES), *call.expressions))
    return statement


def keep(session: Session, duck: DuckDBPyConnection) -> None:
    """Set the variables that views read."""
    access = session.access
    wanted: dict[str, str | list[str]] = {
        "CURRENT_ROLE": access.granted_by,
        "CURRENT_USER": access.user,
        ROLES: sorted(access.roles()),
    }
    if session.variables_set == wanted:
        return
    for name, value in wanted.items():
        duck.execute(f"set variable {name} = {exp.convert(value).sql('duckdb')}").fetchall()
    session.variables_set = wanted


def _variable(name: str) -> Expr:
    return exp.Anonymous(this="getvariable", expressions=[exp.Literal.string(name)])


def _values(session: Session) -> dict[type[Expr], str | None]:
    database, schema = session.visible()
    return {
        exp.CurrentAccount: ACCOUNT_NAME,
        exp.CurrentDatabase: database,
        exp.CurrentRole: session.access.granted_by,
        exp.CurrentSchema: schema,
        exp.CurrentSecondaryRoles: _secondary_roles(session.access),
        exp.CurrentUser: session.access.user,
        exp.CurrentWarehouse: session.access.warehouse,
    }


def _secondary_roles(access: Access) -> str:
    """Return the active secondary roles as Snowflake's JSON; `value` is how they were chosen."""
    roles = ",".join(sorted(access.secondary_roles()))
    chosen = "ALL" if access.secondary is None else ",".join(access.secondary)
    return json.dumps({"roles": roles, "value": chosen})
