"""One line of the doctor's."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class State(StrEnum):
    """How a check ended."""

    OK = "ok"
    FAILED = "failed"
    SKIPPED = "skipped"


_MARKS = {State.OK: "✓", State.FAILED: "✗", State.SKIPPED: "–"}
# The longest name has 22 characters.
_NAME_WIDTH = 22


@dataclass(frozen=True)
class Check:
    """What was `found` and, of a failed check, what to `do`; `found` of a skipped one says why.

    `name` is for machines and stays the same: `<area>.<what>`.
    """

    name: str
    state: State
    found: str
    do: str = ""

    @classmethod
    def of(cls, record: dict[str, Any]) -> Check:
        """From its record."""
        return cls(**{**record, "state": State(record["state"])})

    @property
    def record(self) -> dict[str, Any]:
        """For XCom and for machines."""
        return {**asdict(self), "state": self.state.value}

    @property
    def line(self) -> str:
        """For people."""
        said = f"{_MARKS[self.state]} {self.name:<{_NAME_WIDTH}} {self.found}"
        return f"{said.rstrip('.')}. What to do: {self.do}" if self.do else said
