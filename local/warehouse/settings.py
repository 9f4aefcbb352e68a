"""The session parameters that change what the stand-in does; all others are only kept."""

from __future__ import annotations

from typing import Any


class Settings:
    """Session parameters by name, with Snowflake's defaults."""

    def __init__(self, given: dict[str, Any] | None = None) -> None:
        self._values: dict[str, Any] = {}
        self.update(given or {})

    def update(self, given: dict[str, Any]) -> None:
        """Names in any case of their letters."""
        self._values |= {name.upper(): value for name, value in given.items()}

    def unset(self, names: list[str]) -> None:
        """Back to the defaults."""
        for name in names:
            self._values.pop(name.upper(), None)

    @property
    def autocommit(self) -> bool:
        """Without it, the first write begins a transaction."""
        return self._is_true("AUTOCOMMIT", default=True)

    @property
    def abort_on_error(self) -> bool:
        """TRANSACTION_ABORT_ON_ERROR: one failed statement ends the whole transaction."""
        return self._is_true("TRANSACTION_ABORT_ON_ERROR", default=False)

    @property
    def lock_timeout(self) -> float:
        """Seconds."""
        return float(self._values.get("LOCK_TIMEOUT", 43200))

    @property
    def statement_timeout(self) -> float:
        """Seconds. Only a statement that a fault makes slow can run into it."""
        return float(self._values.get("STATEMENT_TIMEOUT_IN_SECONDS", 172800))

    def _is_true(self, name: str, *, default: bool) -> bool:
        return str(self._values.get(name, default)).upper() == "TRUE"
