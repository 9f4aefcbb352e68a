"""Check that the service user can transform: use the role, read raw tables, create its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from amplitude_export.deployment import Deployment
from amplitude_export.doctor.runner import CheckRunner, Fault
from amplitude_export.doctor.warehouse import RoleSession
from amplitude_export.errors import WarehouseRefused
from amplitude_export.warehouse.names import GOLD, SILVER

# Table, and the statement that reads the least of it.
_SOURCES = (
    ("table amplitude_raw", "load/count_hours"),
    ("table ip_networks", "ip_networks/count_networks"),
    ("view amplitude_raw_fresh", "doctor/count_fresh"),
)
_KINDS = ("table", "view")
# No table of the project has this name; the object is dropped at once.
_NAME = "{schema}.amplitude_doctor_{kind}"
_SET_UP = "run the DAG amplitude_setup, which grants it"


def check_transform(
    runner: CheckRunner, transformer: RoleSession, named: Callable[[], Deployment]
) -> None:
    """Run the checks from `transform.role` to `transform.layers`.

    `named` returns the deployment, or raises BadSetting.
    """
    for name, check, needs in (
        ("transform.role", lambda: _log_in(transformer, named), ["snowflake.login"]),
        ("transform.warehouse", transformer.use_warehouse, ["transform.role"]),
        ("transform.schema", transformer.see_schema, ["transform.role"]),
        (
            "transform.sources",
            lambda: _read(transformer),
            ["transform.warehouse", "transform.schema", "snowflake.tables"],
        ),
        ("transform.layers", lambda: _create(transformer), ["transform.schema"]),
    ):
        runner.run(name, check, needs)


def _log_in(transformer: RoleSession, named: Callable[[], Deployment]) -> str:
    role = named().transformer
    try:
        return transformer.log_in()
    except WarehouseRefused as refused:
        do = f"grant role {role} to the user of snowflake_default: {_SET_UP}."
        raise Fault(refused.what, do) from refused


def _read(transformer: RoleSession) -> str:
    rights = (
        (f"select on {source}", partial(transformer.run, statement))
        for source, statement in _SOURCES
    )
    _require(transformer.role, rights)
    return f"{transformer.role} reads {', '.join(source for source, _ in _SOURCES)}"


def _create(transformer: RoleSession) -> str:
    rights = (
        (
            f"usage and create {kind} on schema {schema}",
            partial(_create_and_drop, transformer, kind, schema),
        )
        for schema in (SILVER, GOLD)
        for kind in _KINDS
    )
    _require(transformer.role, rights)
    return f"{transformer.role} creates tables and views in {SILVER} and {GOLD} (dropped again)"


def _create_and_drop(transformer: RoleSession, kind: str, schema: str) -> None:
    named = {kind: _NAME.format(schema=schema, kind=kind)}
    for verb in ("drop", "create", "drop"):
        transformer.run(f"doctor/{verb}_{kind}", **named)


def _require(role: str, rights: Iterable[tuple[str, Callable[[], Any]]]) -> None:
    """Raise one Fault that names all missing rights."""
    refused = {}
    for right, use in rights:
        try:
            use()
        except WarehouseRefused as error:
            refused[right] = error.what
    if refused:
        words = "; ".join(f"{right} ({what})" for right, what in refused.items())
        raise Fault(
            f"The role {role} has no {words}",
            f"grant {', '.join(refused)} to role {role}: {_SET_UP}.",
        )
