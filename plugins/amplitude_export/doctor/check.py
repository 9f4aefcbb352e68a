"""One line of the doctor's."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class State(StrEnum):
    """How a check ended."""

    OK = "ok"
    FAILED = "failed"
    SKIPPED = "skipped"


_MARKS = {State.OK: "✓", State.FAILED: "✗", State.SKIPPED: "–"}
# The longest name has 22 characters.
_NAME_WIDTH = 22


class Check(msgspec.Struct, frozen=True):
    """What was `found` and, of a failed check, what to `do`; `found` of a skipped one says why.

    `name` is for machines and stays the same: `<area>.<what>`.
    """

    name: str
    state: State
    found: str
    do: str = ""

    @property
    def line(self) -> str:
        """For people."""
        said = f"{_MARKS[self.state]} {self.name:<{_NAME_WIDTH}} {self.found}"
        return f"{said.rstrip('.')}. What to do: {self.do}" if self.do else said
