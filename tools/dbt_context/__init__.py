"""Names that dbt gives to Jinja, for sqlfluff, which renders the models without a warehouse.

sqlfluff has `ref`, `source`, `this` and `is_incremental` built in (true: it lints the incremental
query). These are the others that the project uses.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import yaml

_PROJECT = Path(__file__).resolve().parents[2] / "include" / "dbt" / "dbt_project.yml"
_VARIABLES = yaml.safe_load(_PROJECT.read_text())["vars"]


# dbt renders twice, and runs queries only in the second pass, which is the one to lint.
execute = True
target = SimpleNamespace(database="database", schema="silver")


def var(name: str, default: Any = None) -> Any:
    """Return a variable as dbt_project.yml sets it."""
    return _VARIABLES.get(name, default)


def should_full_refresh() -> bool:
    """Return False: an incremental run is linted, as by `is_incremental`."""
    return False


def has_finished_run() -> bool:
    """Return True, for the same reason."""
    return True


def run_query(_query: str) -> Any:
    """Return one row with a project and a day."""
    columns = (["default"], [date(2026, 11, 20)])
    return SimpleNamespace(columns=[SimpleNamespace(values=lambda it=it: it) for it in columns])


def get_quoted_csv(names: Iterable[str]) -> str:
    """Return a list of columns."""
    return ", ".join(names)


class _Config:
    """dbt's `config`: called in a model, read in a test."""

    def __call__(self, **_: Any) -> str:
        """Render as nothing, as dbt does."""
        return ""

    def get(self, _name: str, default: Any = None) -> Any:
        """Return the default: nothing is set."""
        return default


config = _Config()


class adapter:  # noqa: N801  (the name is dbt's)
    """The two methods of dbt's adapter that the macros call."""

    @staticmethod
    def get_relation(database: str, schema: str, identifier: str) -> str:
        """Return the relation, as if an earlier run had built it."""
        return f"{schema}.{identifier}"

    @staticmethod
    def get_columns_in_relation(_relation: str) -> list[Any]:
        """Return the columns that the macros look for."""
        return [SimpleNamespace(name="project"), SimpleNamespace(name="device_key")]
