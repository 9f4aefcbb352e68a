"""One check: the line of a report."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class State(StrEnum):
    """The outcome of a check."""

    OK = "ok"
    FAILED = "failed"
    SKIPPED = "skipped"


_MARKS = {State.OK: "✓", State.FAILED: "✗", State.SKIPPED: "–"}
# One more than the longest name has.
_NAME_WIDTH = 22


class Check(msgspec.Struct, frozen=True):
    """The result of one check.

    `found` is the finding, or the reason why the check was skipped; `do` is the advice of a failed
    check. `name` is for machines and never changes: `<area>.<what>`.
    """

    name: str
    state: State
    found: str
    do: str = ""

    @property
    def line(self) -> str:
        """The line of the report."""
        text = f"{_MARKS[self.state]} {self.name:<{_NAME_WIDTH}} {self.found}"
        return f"{text.rstrip('.')}. What to do: {self.do}" if self.do else text
