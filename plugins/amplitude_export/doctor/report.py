"""All checks together: as text, as a record, and as an error that names the failed ones."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from amplitude_export.deployment import DEFAULT
from amplitude_export.doctor.check import Check, State
from amplitude_export.errors import ChecksFailed


class Report(msgspec.Struct, frozen=True):
    """The checks in the order in which the data flows; `ok` is True when none of them failed.

    `deployment` is the value of the Variable, or `default`.
    """

    checks: Sequence[Check]
    ok: bool = True
    deployment: str = DEFAULT

    def __post_init__(self) -> None:
        """Derive `ok`."""
        msgspec.structs.force_setattr(self, "ok", not self.failed)

    @property
    def failed(self) -> list[Check]:
        """The failed checks, in order."""
        return [check for check in self.checks if check.state is State.FAILED]

    @property
    def lines(self) -> str:
        """The deployment, a line for each check, and a summary that repeats the failed ones."""
        counts = {state: sum(check.state is state for check in self.checks) for state in State}
        summary = (
            f"{counts[State.OK]} of {len(self.checks)} checks passed, "
            f"{counts[State.FAILED]} failed, {counts[State.SKIPPED]} skipped."
        )
        lines = [check.line for check in self.checks]
        failed = [check.line for check in self.failed]
        return "\n".join([f"Deployment: {self.deployment}", *lines, summary, *failed])

    def require_ok(self) -> None:
        """Raise ChecksFailed with the names of the failed checks, if there are any."""
        if self.failed:
            names = ", ".join(check.name for check in self.failed)
            raise ChecksFailed(
                f"{len(self.failed)} of {len(self.checks)} checks failed: {names}.",
                "the lines above have the finding and the fix of each; fix the first one first, "
                "and run the doctor again.",
            )
