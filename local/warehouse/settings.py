"""The session parameters: some change the stand-in's behaviour, others are only stored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Parameter:
    """A session parameter of Snowflake, with its default.

    docs.snowflake.com/en/sql-reference/parameters
    """

    name: str
    default: Any
    description: str = ""

    @property
    def type(self) -> str:
        """Return the type as in SHOW PARAMETERS."""
        return {bool: "BOOLEAN", int: "NUMBER"}.get(type(self.default), "STRING")

    def text(self, value: Any) -> str:
        """Return a value as in SHOW PARAMETERS."""
        return str(value).lower() if self.type == "BOOLEAN" else str(value)


PARAMETERS = (
    Parameter("ABORT_DETACHED_QUERY", False, "abort the query of a client that is gone"),
    Parameter("AUTOCOMMIT", True, "each statement commits itself"),
    Parameter("LOCK_TIMEOUT", 43200, "seconds to wait for a lock"),
    Parameter("QUERY_TAG", "", "what a query's history shows of where it came from"),
    Parameter("QUOTED_IDENTIFIERS_IGNORE_CASE", False, "the case of quoted identifiers is ignored"),
    Parameter("STATEMENT_TIMEOUT_IN_SECONDS", 172800, "seconds until a statement is cancelled"),
    Parameter("TIMEZONE", "UTC", "time zone"),
    Parameter("TRANSACTION_ABORT_ON_ERROR", False, "a failed statement aborts its transaction"),
)


class Settings:
    """Session parameters by name, with Snowflake's defaults."""

    def __init__(self, given: dict[str, Any] | None = None) -> None:
        self._values: dict[str, Any] = {}
        self.update(given or {})

    def update(self, given: dict[str, Any]) -> None:
        """Set parameters; names can be in any case."""
        self._values |= {name.upper(): value for name, value in given.items()}

    def unset(self, names: list[str]) -> None:
        """Reset parameters to their defaults."""
        for name in names:
            self._values.pop(name.upper(), None)

    def parameters(self) -> list[Parameter]:
        """Return the listed parameters and the others that the session has set, by name."""
        listed = {parameter.name: parameter for parameter in PARAMETERS}
        others = {name: Parameter(name, "") for name in self._values if name not in listed}
        return sorted((listed | others).values(), key=lambda parameter: parameter.name)

    def value(self, name: str) -> Any:
        """Return the session's value, or the default."""
        defaults = {parameter.name: parameter.default for parameter in PARAMETERS}
        return self._values.get(name, defaults.get(name))

    def is_set(self, name: str) -> bool:
        """Return whether the session has its own value."""
        return name in self._values

    @property
    def autocommit(self) -> bool:
        """Return AUTOCOMMIT; without it, the first write begins a transaction."""
        return self._is_true("AUTOCOMMIT")

    @property
    def abort_on_error(self) -> bool:
        """Return TRANSACTION_ABORT_ON_ERROR: one failed statement ends the whole transaction."""
        return self._is_true("TRANSACTION_ABORT_ON_ERROR")

    @property
    def lock_timeout(self) -> float:
        """Return LOCK_TIMEOUT in seconds."""
        return float(self.value("LOCK_TIMEOUT"))

    @property
    def statement_timeout(self) -> float:
        """Return STATEMENT_TIMEOUT_IN_SECONDS, which only a fault can make a statement reach."""
        return float(self.value("STATEMENT_TIMEOUT_IN_SECONDS"))

    def _is_true(self, name: str) -> bool:
        return str(self.value(name)).upper() == "TRUE"
